// placement.json: where everything is. Regions, kernels with their ONNX nodes, flows with their routes and colours, channels, and the
// classes of cores with the memory they take. For people and tools; nothing reads it back.
import type { Dataflow, Flow, Kernel } from "@waferc/ir/dataflow";
import type { Layout } from "@waferc/ir/layout";
import type { Program, StridedRect } from "@waferc/ir/program";
import type { Machine } from "@waferc/machine";
import { SCHEMA_VERSION } from "../artefacts/json.ts";
import { bytesOfCode } from "./sram.ts";

export interface PlacementRecord {
  readonly schemaVersion: string;
  readonly program: string;
  readonly machine: { readonly name: string; readonly sha256: string; readonly width: number; readonly height: number };
  readonly coordinates: { readonly origin: string; readonly x: string; readonly y: string };
  readonly seed: number;
  readonly regions: readonly RegionRecord[];
  readonly kernels: readonly KernelRecord[];
  readonly channels: readonly { readonly region: string; readonly kind: string; readonly colors: readonly number[] }[];
  readonly flows: readonly FlowRecord[];
  readonly classes: readonly ClassRecord[];
}

export interface RegionRecord {
  readonly id: string;
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly kernels: readonly string[];
}

export interface KernelRecord {
  /** As in the dataflow dump. */
  readonly id: string;
  /** As in the program and the ledger. */
  readonly name: string;
  readonly template: string;
  readonly region: string;
  readonly nodes: readonly string[];
  readonly results: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

export interface FlowRecord {
  readonly id: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly shape: readonly number[];
  readonly wavelets: number;
  readonly color: number | null;
  readonly port: { readonly x: number; readonly y: number; readonly side: string } | null;
  readonly hops: readonly {
    readonly x: number;
    readonly y: number;
    readonly from: string;
    readonly to: readonly string[];
  }[];
}

export interface ClassRecord {
  readonly name: string;
  readonly code: string;
  readonly sramBytes: number;
  readonly cores: readonly StridedRect[];
}

export function placementRecord(layout: Layout, program: Program, machine: Machine): PlacementRecord {
  const { dataflow } = layout;
  const { name, sha256, width, height } = machine;
  return {
    schemaVersion: SCHEMA_VERSION,
    program: program.name,
    machine: { name, sha256, width, height },
    coordinates: { origin: "north-west core (0,0)", x: "east", y: "south" },
    seed: layout.seed,
    regions: layout.regions.map((region) => ({
      id: `g${region.group}`,
      name: dataflow.groups[region.group]?.name ?? "",
      x: region.x,
      y: region.y,
      width: region.width,
      height: region.height,
      kernels: dataflow.kernels.flatMap((kernel, k) => (kernel.group === region.group ? [`k${k}`] : [])),
    })),
    kernels: dataflow.kernels.map((kernel, k) => kernelRecord(kernel, k, dataflow, program)),
    channels: layout.channels.map(({ group, kind, colors }) => ({ region: `g${group}`, kind, colors })),
    flows: dataflow.flows.map((flow, f) => flowRecord(flow, f, layout)),
    classes: program.entries.flatMap((entry) =>
      entry.classes.map(({ name: className, code, cores }) => ({
        name: className,
        code: entry.codes[code]?.name ?? "",
        sramBytes: entry.codes[code] === undefined ? 0 : bytesOfCode(entry.codes[code], machine),
        cores,
      })),
    ),
  };
}

function kernelRecord(kernel: Kernel, index: number, dataflow: Dataflow, program: Program): KernelRecord {
  return {
    id: `k${index}`,
    name: program.kernels[index]?.name ?? `k${index}`,
    template: kernel.template,
    region: `g${kernel.group}`,
    nodes: kernel.loc,
    results: kernel.results.map((id) => {
      const tensor = dataflow.tensors[id];
      return { name: tensor?.name ?? "", shape: tensor?.shape ?? [] };
    }),
  };
}

function flowRecord(flow: Flow, index: number, { routes, ports }: Layout): FlowRecord {
  const route = routes.find((one) => one.flow === index);
  const port = ports.find((one) => one.flow === index);
  const printEnd = (end: Flow["from"]): string => (end.kind === "host" ? `host ${end.tensor}` : `g${end.group}`);
  return {
    id: `f${index}`,
    name: flow.name,
    from: printEnd(flow.from),
    to: printEnd(flow.to),
    shape: flow.shape,
    wavelets: flow.shape.reduce((product, extent) => product * extent, 1),
    color: route?.color ?? null,
    port: port === undefined ? null : { x: port.x, y: port.y, side: port.side },
    hops: route?.hops ?? [],
  };
}
