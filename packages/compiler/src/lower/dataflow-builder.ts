/**
 * Collects the tensors, weights, kernels and flows of a dataflow while a graph is lowered. Kernels are a flat list in schedule order, each
 * with the index of the graph op it belongs to; folding loops and freezing come later (`finish-dataflow.ts`).
 */
import { invariant } from "@waferc/base";
import { defaultSharding, findTemplate } from "@waferc/kernels";
import type {
  Flow,
  FlowId,
  FlowPart,
  Group,
  GroupId,
  Kernel,
  KernelId,
  MeshTensor,
  Operand,
  ParamValue,
  Sharding,
  TensorId,
  WeightId,
} from "@waferc/ir/dataflow";
import type { WeightData } from "./weight-store.ts";

export interface KernelSpec {
  readonly template: string;
  readonly operands: readonly Operand[];
  readonly params?: Readonly<Record<string, ParamValue>>;
  readonly flow?: FlowId;
}

/** A result to make: its name for dumps and its shape. */
export interface ResultSpec {
  readonly name: string;
  readonly shape: readonly number[];
}

export class DataflowBuilder {
  readonly groups: readonly Group[];
  readonly tensors: MeshTensor[] = [];
  readonly weights: WeightData[] = [];
  readonly kernels: Kernel[] = [];
  readonly flows: Flow[] = [];
  /** Kernels that only change the view of a tensor. */
  readonly viewKernels = new Set<KernelId>();
  /** Group and ONNX nodes of the kernels that are emitted next. */
  group: GroupId = 0;
  loc: readonly string[] = [];

  constructor(groups: readonly Group[]) {
    this.groups = groups;
  }

  get region(): Group {
    const group = this.groups[this.group];
    invariant(group !== undefined, `group g${this.group} exists`);
    return group;
  }

  tensor(id: TensorId): MeshTensor {
    const tensor = this.tensors[id];
    invariant(tensor !== undefined, `tensor t${id} exists`);
    return tensor;
  }

  /** Sharding of a matrix over the present group's region. */
  sharding(shape: readonly number[]): Sharding {
    return defaultSharding(shape, this.region);
  }

  weight(data: WeightData, sharding: Sharding): Operand {
    const known = this.weights.indexOf(data);
    const id: WeightId = known >= 0 ? known : this.weights.push(data) - 1;
    return { kind: "weight", weights: [id], sharding };
  }

  flow(flow: Flow): FlowId {
    return this.flows.push(flow) - 1;
  }

  /**
   * The flow between the host and a group for one more tensor. All tensors in one direction share a flow, in the order of the calls: a core has few
   * queues. `taken` names what the joined tensor must not be called.
   */
  hostFlow(flow: Flow, taken: ReadonlySet<string>): FlowId {
    const isIn = flow.from.kind === "host";
    const end = isIn ? flow.to : flow.from;
    const id = this.flows.findIndex(({ from, to }) => {
      const [host, group] = isIn ? [from, to] : [to, from];
      return host.kind === "host" && group.kind === "group" && end.kind === "group" && group.group === end.group;
    });
    const known = this.flows[id];
    if (known === undefined) return this.flow(flow);
    const parts = [...partsOf(known), ...partsOf(flow)];
    const size = parts.reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1), 0);
    let name = `${isIn ? "inputs" : "outputs"} of ${this.region.name}`;
    while (taken.has(name)) name += "'";
    const host = { kind: "host", tensor: name } as const;
    const ends = isIn ? { from: host, to: known.to } : { from: known.from, to: host };
    this.flows[id] = { name, ...ends, shape: [size], parts };
    return id;
  }

  /** Emits a kernel with one result, which the template shards. */
  emit(spec: KernelSpec, result: ResultSpec): TensorId {
    const [id] = this.#push(spec, [result]);
    invariant(id !== undefined, "a kernel with one result makes one");
    return id;
  }

  /** Emits a kernel without results. */
  emitSink(spec: KernelSpec): void {
    this.#push(spec, []);
  }

  #push({ template: name, operands, params = {}, flow }: KernelSpec, results: readonly ResultSpec[]): TensorId[] {
    const template = findTemplate(name);
    invariant(template !== undefined, `template "${name}" exists`);
    const sorted = new Map(Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1)));
    const ids = results.map((_, i) => this.tensors.length + i);
    const group = this.group;
    const kernel: Kernel = {
      template: name,
      group,
      operands,
      results: ids,
      params: sorted,
      ...(flow === undefined ? {} : { flow }),
      loc: this.loc,
    };
    const shardings = operands.map((operand) => this.#shardingOf(operand));
    const shapes = results.map(({ shape }) => shape);
    const made = template.shardResults(kernel, shardings, shapes, this.region);
    for (const [i, { name: label, shape }] of results.entries()) {
      const sharding = made[i];
      invariant(sharding !== undefined, `${name} shards result ${i}`);
      this.tensors.push({ name: label, shape, group, sharding });
    }
    this.kernels.push(kernel);
    return ids;
  }

  #shardingOf(operand: Operand): Sharding | undefined {
    if (operand.kind === "tensor") return this.tensor(operand.tensor).sharding;
    return operand.kind === "weight" ? operand.sharding : undefined;
  }
}

function partsOf({ name, shape, parts }: Flow): readonly FlowPart[] {
  return parts ?? [{ tensor: name, shape }];
}
