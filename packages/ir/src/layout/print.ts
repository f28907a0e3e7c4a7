/**
 * The text form of layouts (`docs/dfir.md`): a layout section, then the section of its dataflow, so that the file is complete. Any layout
 * prints, also one that does not verify.
 */
import { DFIR_VERSION, printSymbolName, TextWriter } from "@waferc/base";
import { writeDataflow } from "../dataflow/print.ts";
import type { ChannelColors, HostPort, Layout, Region, Route } from "./layout.ts";

export function printLayout(layout: Layout): string {
  const writer = new TextWriter();
  writeLayout(writer, layout);
  return writer.toString();
}

/** Writes both sections, header lines included. */
export function writeLayout(writer: TextWriter, layout: Layout): void {
  writer.line(`dfir ${DFIR_VERSION} layout ${printSymbolName(layout.dataflow.name)} seed ${layout.seed}`);
  writer.indented(() => {
    for (const region of layout.regions) writer.line(printRegion(region));
    for (const channel of layout.channels) writer.line(printChannel(channel));
    for (const port of layout.ports) writer.line(printPort(port));
    for (const route of layout.routes) writeRoute(writer, route);
  });
  writeDataflow(writer, layout.dataflow);
}

function printRegion({ group, x, y, width, height }: Region): string {
  return `region g${group} rect(${x}, ${y}, ${width}, ${height})`;
}

function printChannel({ group, kind, colors }: ChannelColors): string {
  return `channel g${group} ${kind} colors(${colors.join(", ")})`;
}

function printPort({ flow, x, y, side }: HostPort): string {
  return `port f${flow} ${side}(${x}, ${y})`;
}

function writeRoute(writer: TextWriter, { flow, color, hops }: Route): void {
  writer.block(`route f${flow} color ${color}`, () => {
    for (const { x, y, from, to } of hops) writer.line(`core(${x}, ${y}) ${from} -> ${to.join(", ")}`);
  });
}
