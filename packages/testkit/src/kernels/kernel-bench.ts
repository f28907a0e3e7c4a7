/**
 * Small dataflows for tests of kernel templates: host inputs, kernels in a row, host outputs, in one region that need not be at the grid's corner. The
 * layout is the obvious one, by hand: fixed colours for the channels, flows along the region's first row to the west edge.
 */
import { invariant } from "@waferc/base";
import { assembleProgram } from "@waferc/compiler";
import type {
  Dataflow,
  Flow,
  Kernel,
  MeshTensor,
  Operand,
  ParamValue,
  Sharding,
  WeightTensor,
} from "@waferc/ir/dataflow";
import type { Hop, HostPort, Layout, Route } from "@waferc/ir/layout";
import type { Program } from "@waferc/ir/program";
import { defaultSharding, findTemplate, matrixShape } from "@waferc/kernels";
import { loadMachine, type Machine } from "@waferc/machine";

const CHANNELS = { east: [0, 1], west: [2, 3], south: [4, 5], north: [6, 7], broadcast: [8] } as const;
const FIRST_FLOW_COLOR = 9;
/** The region lies here, so that nothing works only at the corner. */
const REGION = { x: 1, y: 1 };

export type WeightForm = "tile" | "turned" | "row" | "rows" | "whole";

export class KernelBench {
  readonly width: number;
  readonly height: number;
  readonly weights: Float32Array[] = [];
  private readonly weightTensors: WeightTensor[] = [];
  private readonly tensors: MeshTensor[] = [];
  private readonly kernels: Kernel[] = [];
  private readonly flows: Flow[] = [];

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
  }

  input(name: string, shape: readonly number[]): Operand {
    const flow = this.flows.push({
      name,
      from: { kind: "host", tensor: name },
      to: { kind: "group", group: 0 },
      shape: matrixShape(shape),
    });
    return this.kernel("io.ingress", [], shape, {}, flow - 1);
  }

  output(name: string, operand: Operand): void {
    invariant(operand.kind === "tensor", "only tensors leave the region");
    const shape = matrixShape(this.tensors[operand.tensor]?.shape ?? []);
    const flow = this.flows.push({
      name,
      from: { kind: "group", group: 0 },
      to: { kind: "host", tensor: name },
      shape,
    });
    this.addKernel("io.egress", [operand], [], {}, flow - 1);
  }

  /** A constant matrix: blocked like a tensor, with rows on x and columns on y, one repeated row, blocked rows only, or whole on every core. */
  weight(rows: number, cols: number, data: Float32Array, form: WeightForm): Operand {
    const name = `w${this.weights.length}`;
    this.weightTensors.push({ name, rows, cols, sha256: "0".repeat(64) });
    this.weights.push(data);
    const blocked = defaultSharding([rows, cols], this);
    const none = (extent: number) => ({ extent, block: extent, axis: "none" }) as const;
    const shardings: { readonly [F in WeightForm]: Sharding } = {
      tile: blocked,
      turned: turned([rows, cols], this),
      row: { rows: none(rows), cols: blocked.cols },
      rows: { rows: blocked.rows, cols: none(cols) },
      whole: { rows: none(rows), cols: none(cols) },
    };
    return { kind: "weight", weights: [this.weights.length - 1], sharding: shardings[form] };
  }

  /** A kernel with one result of this shape. */
  kernel(
    template: string,
    operands: readonly Operand[],
    shape: readonly number[],
    params: Readonly<Record<string, ParamValue>> = {},
    flow?: number,
  ): Operand {
    return this.kernelOf(template, operands, [shape], params, flow)[0] ?? { kind: "scalar", value: NaN };
  }

  kernelOf(
    template: string,
    operands: readonly Operand[],
    shapes: readonly (readonly number[])[],
    params: Readonly<Record<string, ParamValue>> = {},
    flow?: number,
  ): readonly Operand[] {
    const first = this.tensors.length;
    const results = shapes.map((_, index) => first + index);
    const kernel = this.addKernel(template, operands, results, params, flow);
    const given = operands.map((operand) => this.shardingOf(operand));
    const shardings = findTemplate(template)?.shardResults(kernel, given, shapes, this) ?? [];
    shapes.forEach((shape, index) => {
      const sharding = shardings[index];
      invariant(sharding !== undefined, `${template} says where its results lie`);
      this.tensors.push({ name: `t${first + index}`, shape, group: 0, sharding });
    });
    return results.map((tensor): Operand => ({ kind: "tensor", tensor }));
  }

  private shardingOf(operand: Operand): Sharding | undefined {
    if (operand.kind === "tensor") return this.tensors[operand.tensor]?.sharding;
    return operand.kind === "weight" ? operand.sharding : undefined;
  }

  private addKernel(
    template: string,
    operands: readonly Operand[],
    results: readonly number[],
    params: Readonly<Record<string, ParamValue>>,
    flow?: number,
  ): Kernel {
    const kernel: Kernel = {
      template,
      group: 0,
      operands,
      results,
      params: new Map(Object.entries(params)),
      loc: [`/${template}`],
      ...(flow === undefined ? {} : { flow }),
    };
    this.kernels.push(kernel);
    return kernel;
  }

  /** A machine a little larger than the region. */
  machine(): Machine {
    return { ...loadMachine("mesh8x8"), width: this.width + 2, height: this.height + 1 };
  }

  program(machine: Machine): Program {
    return assembleProgram(this.layout(machine), machine).program;
  }

  private layout(machine: Machine): Layout {
    const { name, sha256, width, height } = machine;
    const dataflow: Dataflow = {
      name: "bench",
      machine: { name, sha256, width, height },
      groups: [{ name: "g0", width: this.width, height: this.height }],
      tensors: this.tensors,
      weights: this.weightTensors,
      kernels: this.kernels,
      steps: this.kernels.map((_, kernel) => ({ kind: "kernel", kernel })),
      flows: this.flows,
    };
    const ports = this.flows.map((_, flow): HostPort => ({ flow, x: 0, y: REGION.y, side: "west" }));
    const routes = this.flows.map((flow, index): Route => ({
      flow: index,
      color: FIRST_FLOW_COLOR + index,
      hops: hopsOf(flow),
    }));
    return {
      dataflow,
      seed: 1,
      regions: [{ group: 0, ...REGION, width: this.width, height: this.height }],
      channels: Object.entries(CHANNELS).map(([kind, colors]) => ({
        group: 0,
        kind: kind as keyof typeof CHANNELS,
        colors,
      })),
      ports,
      routes,
    };
  }
}

/** Rows as the columns of a tensor with that many columns would lie, columns down the region. */
function turned([rows, cols]: readonly [number, number], bench: KernelBench): Sharding {
  const across = defaultSharding([1, rows], bench).cols;
  const down = defaultSharding([cols, 1], bench).rows;
  return { rows: across, cols: down };
}

function hopsOf(flow: Flow): readonly Hop[] {
  const isIn = flow.from.kind === "host";
  const hops = Array.from({ length: REGION.x }, (_, x): Hop =>
    isIn ? { x, y: REGION.y, from: "west", to: ["east"] } : { x, y: REGION.y, from: "east", to: ["west"] },
  );
  const root = { x: REGION.x, y: REGION.y };
  return [...hops, isIn ? { ...root, from: "west", to: ["ramp"] } : { ...root, from: "ramp", to: ["west"] }];
}
