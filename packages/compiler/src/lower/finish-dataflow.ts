/**
 * From a flat schedule to a dataflow: views of what has just come in move to the front of their group, so that all layers share them; repeated
 * layers are folded; everything is numbered densely in the order of the schedule, and what nobody uses is dropped.
 */
import { invariant } from "@waferc/base";
import type { Dataflow, Kernel, KernelId, MeshTensor, Operand, Step, TensorId, WeightId } from "@waferc/ir/dataflow";
import type { Machine } from "@waferc/machine";
import type { FlatDataflow } from "./lower-graph.ts";
import { chooseProducts } from "./choose-products.ts";
import { foldLoops } from "./fold-loops.ts";
import type { FoldedSchedule } from "./fold-loops.ts";
import { shareGathers } from "./share-gathers.ts";
import type { WeightData } from "./weight-store.ts";

/** Kernels of a flat schedule that must stay in a loop or out of it: where it may be cut. */
export interface FinishedDataflow {
  readonly dataflow: Dataflow;
  readonly weights: readonly WeightData[];
  /** For each kernel of the dataflow, the scheduled ops that it was made for: one, or in a loop one for each iteration. */
  readonly opsOf: readonly (readonly number[])[];
}

/** `products`: whether products take the template with the fewest cycles, or the one with the smallest buffers. */
export function finishDataflow(
  name: string,
  flat: FlatDataflow,
  machine: Machine,
  products: "quickest" | "smallest",
): FinishedDataflow {
  const { builder } = flat;
  const order = hoistedOrder(builder.kernels, builder.viewKernels);
  const { kernels: shared, opOf } = shareGathers({
    kernels: order.map((k) => builder.kernels[k] as Kernel),
    opOf: order.map((k) => flat.opOf[k] ?? -1),
  });
  const kernels = products === "smallest" ? shared : chooseProducts(shared, builder.tensors, builder.groups, machine);
  const folded = foldLoops({ tensors: builder.tensors, kernels });
  const numbering = new Numbering(folded, builder.weights);
  const { name: machineName, sha256, width, height } = machine;
  const dataflow: Dataflow = {
    name,
    machine: { name: machineName, sha256, width, height },
    groups: builder.groups,
    tensors: numbering.tensors,
    weights: numbering.weights.map(({ name: label, rows, cols, sha256: digest }) => ({
      name: label,
      rows,
      cols,
      sha256: digest,
    })),
    kernels: numbering.kernels,
    steps: numbering.steps,
    flows: builder.flows,
  };
  return { dataflow, weights: numbering.weights, opsOf: opsByKernel(folded, opOf) };
}

/**
 * Kernels in schedule order, but those that only look at what has come in (no operand made by work of the group) right behind the last
 * that takes something in.
 */
function hoistedOrder(kernels: readonly Kernel[], views: ReadonlySet<KernelId>): number[] {
  const early = new Set<TensorId>();
  const isEarly = kernels.map((kernel, k) => {
    const reads = kernel.operands.flatMap((operand) => (operand.kind === "tensor" ? [operand.tensor] : []));
    const isView = views.has(k) && reads.every((id) => early.has(id));
    const isEntry = kernel.flow !== undefined && kernel.operands.length === 0;
    if (isView || isEntry) for (const id of kernel.results) early.add(id);
    return isView;
  });
  const order: number[] = [];
  const lastEntry = new Map<number, number>();
  for (const [k, kernel] of kernels.entries()) {
    if (kernel.flow !== undefined && kernel.operands.length === 0) lastEntry.set(kernel.group, k);
  }
  for (const [k, kernel] of kernels.entries()) {
    if (isEarly[k] === true) continue;
    order.push(k);
    if (lastEntry.get(kernel.group) !== k) continue;
    order.push(...[...kernels.keys()].filter((e) => isEarly[e] === true && kernels[e]?.group === kernel.group));
  }
  return order;
}

function opsByKernel(folded: FoldedSchedule, opOf: readonly number[]): number[][] {
  const result: number[][] = [];
  for (const step of folded.steps) {
    if (step.kind === "kernel") result.push([opOf[step.kernel] ?? -1]);
    else {
      const period = step.body.length;
      for (const k of step.body) result.push(Array.from({ length: step.count }, (_, i) => opOf[k + i * period] ?? -1));
    }
  }
  return result;
}

/** Dense numbers in schedule order. */
class Numbering {
  readonly tensors: MeshTensor[] = [];
  readonly weights: WeightData[] = [];
  readonly kernels: Kernel[] = [];
  readonly steps: Step[] = [];
  readonly #folded: FoldedSchedule;
  readonly #allWeights: readonly WeightData[];
  readonly #tensorIds = new Map<TensorId, TensorId>();
  readonly #weightIds = new Map<WeightId, WeightId>();

  constructor(folded: FoldedSchedule, weights: readonly WeightData[]) {
    this.#folded = folded;
    this.#allWeights = weights;
    for (const step of folded.steps) {
      if (step.kind === "kernel") this.steps.push({ kind: "kernel", kernel: this.#kernel(step.kernel) });
      else {
        for (const { into } of step.carried) this.#tensor(into);
        const body = step.body.map((k) => this.#kernel(k));
        const carried = step.carried.map(({ into, initial, next }) => ({
          into: this.#tensor(into),
          initial: this.#tensor(initial),
          next: this.#tensor(next),
        }));
        this.steps.push({ ...step, body, carried });
      }
    }
  }

  #kernel(k: KernelId): KernelId {
    const kernel = this.#folded.kernels.get(k);
    invariant(kernel !== undefined, `kernel ${k} is in the schedule`);
    const operands = kernel.operands.map((operand): Operand => {
      if (operand.kind === "tensor") return { kind: "tensor", tensor: this.#tensor(operand.tensor) };
      if (operand.kind === "weight") return { ...operand, weights: operand.weights.map((id) => this.#weight(id)) };
      return operand;
    });
    const results = kernel.results.map((id) => this.#tensor(id));
    return this.kernels.push({ ...kernel, operands, results }) - 1;
  }

  #tensor(id: TensorId): TensorId {
    const known = this.#tensorIds.get(id);
    if (known !== undefined) return known;
    const tensor = this.#folded.tensors[id];
    invariant(tensor !== undefined, `tensor ${id} exists`);
    const number = this.tensors.push(tensor) - 1;
    this.#tensorIds.set(id, number);
    return number;
  }

  #weight(id: WeightId): WeightId {
    const known = this.#weightIds.get(id);
    if (known !== undefined) return known;
    const weight = this.#allWeights[id];
    invariant(weight !== undefined, `weight ${id} exists`);
    const number = this.weights.push(weight) - 1;
    this.#weightIds.set(id, number);
    return number;
  }
}
