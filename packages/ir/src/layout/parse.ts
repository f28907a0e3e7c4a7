/**
 * Reads the layout level of the text form: a layout section followed by the section of its dataflow. The reader knows the grammar only;
 * `verify.ts` judges what does not hold together, so that an edited dump is read in any case.
 */
import { DiagnosticSink, TextReader } from "@waferc/base";
import type { SourceMap } from "@waferc/base";
import type { Dataflow } from "../dataflow/dataflow.ts";
import { readDataflow, readId } from "../dataflow/parse.ts";
import type { RouterPort, Side } from "../program/program.ts";
import { channelEntity, hopEntity, LAYOUT_ENTITY, portEntity, regionEntity, routeEntity } from "./entity.ts";
import type { ChannelColors, ChannelKind, Hop, HostPort, Layout, Region, Route } from "./layout.ts";

const SIDES = ["north", "east", "south", "west"] as const satisfies readonly Side[];
const PORTS = [...SIDES, "ramp"] as const satisfies readonly RouterPort[];
export const CHANNEL_KINDS = ["east", "west", "south", "north", "broadcast"] as const satisfies readonly ChannelKind[];

export interface ParsedLayout {
  readonly layout: Layout;
  /** Line of every part, by its entity (`entity.ts`), those of the dataflow included. */
  readonly sourceMap: SourceMap;
}

/**
 * A layout from its text.
 * @throws CompileError with the first error of every statement
 */
export function parseLayout(text: string, options: { readonly file?: string } = {}): ParsedLayout {
  const diag = new DiagnosticSink();
  const reader = new TextReader(text, { file: options.file ?? "layout.dfir", diag });
  const parsed = reader.section(() => {
    reader.header(["layout"]);
    return readLayout(reader);
  });
  if (parsed !== undefined && !reader.isAtKind("end")) {
    reader.section(() => reader.failExpecting("the end of the text"));
  }
  diag.throwIfErrors();
  return parsed as ParsedLayout;
}

/** Reads both sections behind `dfir 1 layout`. Undefined if anything in them was reported as an error. */
export function readLayout(reader: TextReader): ParsedLayout | undefined {
  const errorsBefore = reader.diag.diagnostics.length;
  const { line } = reader.peek();
  const section = new LayoutReader(reader);
  section.read();
  reader.header(["dataflow"]);
  const token = reader.peek();
  const parsed = readDataflow(reader);
  if (parsed !== undefined && parsed.dataflow.name !== section.name) {
    reader.failAt(token, `Expected the dataflow of "@${section.name}", but found "@${parsed.dataflow.name}"`);
  }
  if (parsed === undefined || reader.diag.diagnostics.length > errorsBefore) return undefined;
  return {
    layout: section.layoutOf(parsed.dataflow),
    sourceMap: new Map([...parsed.sourceMap, ...reader.sourceMap, [LAYOUT_ENTITY, line]]),
  };
}

class LayoutReader {
  readonly #reader: TextReader;
  name = "";
  #seed = 0;
  readonly #regions: Region[] = [];
  readonly #channels: ChannelColors[] = [];
  readonly #ports: HostPort[] = [];
  readonly #routes: Route[] = [];

  constructor(reader: TextReader) {
    this.#reader = reader;
  }

  read(): void {
    this.name = this.#reader.symbolName();
    this.#reader.expect("seed");
    this.#seed = this.#reader.integer({ min: 0 });
    this.#reader.endStatement();
    this.#reader.statements(() => this.#statement());
  }

  layoutOf(dataflow: Dataflow): Layout {
    return {
      dataflow,
      seed: this.#seed,
      regions: this.#regions,
      channels: this.#channels,
      ports: this.#ports,
      routes: this.#routes,
    };
  }

  #statement(): void {
    switch (this.#reader.word(["region", "channel", "port", "route"])) {
      case "region":
        return this.#region();
      case "channel":
        return this.#channel();
      case "port":
        return this.#port();
      case "route":
        return this.#route();
    }
  }

  #region(): void {
    const group = readId(this.#reader, "g");
    this.#reader.expect("rect");
    const [x = 0, y = 0, width = 0, height = 0] = this.#integers(4);
    this.#reader.define(regionEntity(group));
    this.#regions.push({ group, x, y, width, height });
  }

  #channel(): void {
    const group = readId(this.#reader, "g");
    const kind = this.#reader.word(CHANNEL_KINDS);
    this.#reader.expect("colors");
    const colors = this.#reader.list("(", ")", () => this.#reader.integer());
    this.#reader.define(channelEntity(group, kind));
    this.#channels.push({ group, kind, colors });
  }

  #port(): void {
    const flow = readId(this.#reader, "f");
    const side = this.#reader.word(SIDES);
    const [x = 0, y = 0] = this.#integers(2);
    this.#reader.define(portEntity(flow));
    this.#ports.push({ flow, x, y, side });
  }

  #route(): void {
    const reader: TextReader = this.#reader;
    const flow = readId(reader, "f");
    reader.expect("color");
    const color = reader.integer();
    reader.define(routeEntity(flow));
    const hops: Hop[] = [];
    reader.block(() => {
      reader.expect("core");
      const [x = 0, y = 0] = this.#integers(2);
      const from = reader.word(PORTS);
      reader.expect("->");
      const to: RouterPort[] = [];
      do to.push(reader.word(PORTS));
      while (reader.accept(","));
      reader.define(hopEntity(flow, hops.length));
      hops.push({ x, y, from, to });
    });
    this.#routes.push({ flow, color, hops });
  }

  #integers(count: number): number[] {
    const token = this.#reader.peek();
    const numbers = this.#reader.list("(", ")", () => this.#reader.integer());
    if (numbers.length !== count) {
      this.#reader.failAt(token, `Expected ${count} integers in brackets, but found ${numbers.length}`);
    }
    return numbers;
  }
}
