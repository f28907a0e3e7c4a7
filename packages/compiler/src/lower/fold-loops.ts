/**
 * Finds layers that repeat in a flat schedule and folds them into loops, so that their code exists once. A run of n times p kernels is a loop
 * if kernel j of each iteration has the template, parameters, shardings and weight sizes of kernel j of the others, and if each operand is
 * the same tensor in all iterations, or one that this iteration has made, or one that the previous iteration has made (for the
 * first: one from before the loop), which the loop carries. Of all runs the one that saves most kernels wins, then the one that carries least;
 * what lies before and after it is searched again. Loops do not nest.
 */
import { invariant } from "@waferc/base";
import type { Kernel, KernelId, LoopStep, MeshTensor, Operand, Step, TensorId, WeightId } from "@waferc/ir/dataflow";
import { printSharding } from "@waferc/ir/dataflow";

/** Shorter bodies are not worth the copies of what they carry. */
const MIN_BODY = 4;

export interface FlatSchedule {
  readonly tensors: readonly MeshTensor[];
  /** In schedule order. */
  readonly kernels: readonly Kernel[];
}

export interface FoldedSchedule {
  readonly tensors: readonly MeshTensor[];
  /** Kernels that are left, by their number in the flat schedule. */
  readonly kernels: ReadonlyMap<KernelId, Kernel>;
  readonly steps: readonly Step[];
}

/** Kernels `start` .. `start + count * period - 1`. */
interface Run {
  readonly start: number;
  readonly period: number;
  readonly count: number;
  readonly carried: readonly Carried[];
}

interface Carried {
  readonly initial: TensorId;
  /** What the first iteration makes of it; stands for that of every iteration. */
  readonly next: TensorId;
}

export function foldLoops(flat: FlatSchedule): FoldedSchedule {
  return new Folder(flat).fold();
}

class Folder {
  readonly #flat: FlatSchedule;
  readonly #signatures: readonly number[];
  readonly #producers = new Map<TensorId, { readonly kernel: number; readonly result: number }>();
  readonly #lastUse = new Map<TensorId, number>();
  readonly #tensors: MeshTensor[];
  readonly #kernels = new Map<KernelId, Kernel>();
  readonly #steps: Step[] = [];
  /** Results of later iterations, as the body calls them. */
  readonly #names = new Map<TensorId, TensorId>();

  constructor(flat: FlatSchedule) {
    this.#flat = flat;
    this.#tensors = [...flat.tensors];
    const numbers = new Map<string, number>();
    this.#signatures = flat.kernels.map((kernel) => {
      const text = signatureOf(flat, kernel);
      const number = numbers.get(text) ?? numbers.size;
      numbers.set(text, number);
      return number;
    });
    for (const [k, kernel] of flat.kernels.entries()) {
      for (const [result, id] of kernel.results.entries()) this.#producers.set(id, { kernel: k, result });
      for (const id of tensorsOf(kernel)) this.#lastUse.set(id, k);
    }
  }

  fold(): FoldedSchedule {
    this.#foldRange(0, this.#flat.kernels.length);
    return { tensors: this.#tensors, kernels: this.#kernels, steps: this.#steps };
  }

  #foldRange(from: number, to: number): void {
    const run = this.#bestRun(from, to);
    if (run === undefined) {
      for (let k = from; k < to; k++) this.#keep(k);
      return;
    }
    this.#foldRange(from, run.start);
    this.#emitLoop(run);
    this.#foldRange(run.start + run.count * run.period, to);
  }

  #keep(k: number): void {
    this.#kernels.set(k, this.#renamed(this.#kernel(k), new Map()));
    this.#steps.push({ kind: "kernel", kernel: k });
  }

  // Search

  #bestRun(from: number, to: number): Run | undefined {
    let best: Run | undefined;
    for (let period = MIN_BODY; period * 2 <= to - from; period++) {
      for (let start = from; start + period < to;) {
        let end = start;
        while (end + period < to && this.#signatures[end] === this.#signatures[end + period]) end++;
        const found = this.#bestOfStretch(start, end, period, best);
        if (found !== undefined) best = found;
        start = end + 1;
      }
    }
    return best;
  }

  /** The best loop among kernels start .. end + period - 1, each of which equals the one a period on. */
  #bestOfStretch(start: number, end: number, period: number, best: Run | undefined): Run | undefined {
    let champion = best;
    for (let count = Math.floor((end - start) / period) + 1; count >= 2; count--) {
      if (champion !== undefined && saving({ period, count }) < saving(champion)) break;
      for (let first = start; first + (count - 1) * period <= end; first++) {
        const carried = this.#carriedBy(first, period, count);
        if (carried === undefined) continue;
        const run: Run = { start: first, period, count, carried };
        if (champion === undefined || this.#isBetter(run, champion)) champion = run;
      }
    }
    return champion === best ? undefined : champion;
  }

  #isBetter(a: Run, b: Run): boolean {
    const weight = (run: Run) => run.carried.reduce((sum, { next }) => sum + this.#elements(next), 0);
    return saving(a) - saving(b) > 0 || (saving(a) === saving(b) && weight(a) < weight(b));
  }

  #elements(id: TensorId): number {
    return (this.#tensors[id]?.shape ?? []).reduce((product, length) => product * length, 1);
  }

  /** What the loop would carry; undefined if it is no loop. */
  #carriedBy(start: number, period: number, count: number): Carried[] | undefined {
    const end = start + count * period;
    for (let k = start; k < end - period; k++) {
      for (const id of this.#kernel(k).results) {
        // Only the last iteration's results outlive the loop.
        if ((this.#lastUse.get(id) ?? -1) >= end) return undefined;
      }
    }
    const carried = new Map<string, Carried>();
    for (let j = 0; j < period; j++) {
      const operands = this.#kernel(start + j).operands;
      for (const [o, operand] of operands.entries()) {
        if (operand.kind !== "tensor") continue;
        const ids = Array.from({ length: count }, (_, i) => tensorAt(this.#kernel(start + i * period + j), o));
        const link = this.#linkOf(ids, { start, period, j });
        if (link === undefined) return undefined;
        if (link !== "plain") carried.set(`${link.initial} ${link.next}`, link);
      }
    }
    return [...carried.values()];
  }

  /** How the operands of one kernel in all iterations hang together; "plain" if the loop need not carry them. */
  #linkOf(
    ids: readonly TensorId[],
    { start, period, j }: { readonly start: number; readonly period: number; readonly j: number },
  ): Carried | "plain" | undefined {
    const positions = ids.map((id) => this.#producers.get(id) ?? { kernel: -1, result: 0 });
    const [first, second] = positions;
    const [initial] = ids;
    if (first === undefined || initial === undefined) return undefined;
    const isShifted = (from: number) =>
      positions
        .slice(from + 1)
        .every(
          ({ kernel, result }, i) =>
            kernel === (positions[from]?.kernel ?? 0) + (i + 1) * period && result === positions[from]?.result,
        );
    if (first.kernel >= start) return first.kernel < start + j && isShifted(0) ? "plain" : undefined;
    if (ids.every((id) => id === initial)) return "plain";
    const isFromPrevious = second !== undefined && second.kernel >= start && second.kernel < start + period;
    if (!isFromPrevious || !isShifted(1)) return undefined;
    const next = ids[1] ?? initial;
    const shardings = [initial, next].map((id) => this.#flat.tensors[id]?.sharding);
    const [a, b] = shardings.map((sharding) => (sharding === undefined ? "" : printSharding(sharding)));
    return a === b ? { initial, next } : undefined;
  }

  // Emission

  #emitLoop({ start, period, count, carried }: Run): void {
    const group = this.#kernel(start).group;
    const intoOf = new Map<string, TensorId>();
    const steps: LoopStep["carried"][number][] = carried.map(({ initial, next }) => {
      const tensor = this.#tensors[next];
      invariant(tensor !== undefined, "a carried tensor exists");
      const into = this.#tensors.push({ ...tensor, name: `${tensor.name}/carried` }) - 1;
      intoOf.set(`${initial} ${next}`, into);
      return { into, initial: this.#names.get(initial) ?? initial, next };
    });
    for (let i = 1; i < count; i++) {
      for (let j = 0; j < period; j++) {
        const canonical = this.#kernel(start + j).results;
        for (const [r, id] of this.#kernel(start + i * period + j).results.entries()) {
          this.#names.set(id, canonical[r] ?? id);
        }
      }
    }
    const body = Array.from({ length: period }, (_, j) => start + j);
    for (const k of body) {
      const iterations = Array.from({ length: count }, (_, i) => this.#kernel(k + i * period));
      this.#kernels.set(k, this.#bodyKernel(iterations, intoOf));
    }
    this.#steps.push({ kind: "loop", count, body, carried: steps, group });
  }

  #bodyKernel(iterations: readonly Kernel[], intoOf: ReadonlyMap<string, TensorId>): Kernel {
    const [first, second] = iterations;
    invariant(first !== undefined && second !== undefined, "a loop has two iterations or more");
    const renames = new Map<number, TensorId>();
    for (const [o, operand] of first.operands.entries()) {
      if (operand.kind !== "tensor") continue;
      const next = tensorAt(second, o);
      const into = intoOf.get(`${operand.tensor} ${next}`);
      if (into !== undefined && operand.tensor !== next) renames.set(o, into);
    }
    const kernel = this.#renamed(first, renames);
    const operands = kernel.operands.map((operand, o) =>
      operand.kind === "weight" ? { ...operand, weights: weightsOf(iterations, o) } : operand,
    );
    return { ...kernel, operands, loc: [...new Set(iterations.flatMap(({ loc }) => loc))] };
  }

  #renamed(kernel: Kernel, renames: ReadonlyMap<number, TensorId>): Kernel {
    const operands = kernel.operands.map((operand, o): Operand => {
      if (operand.kind !== "tensor") return operand;
      return { kind: "tensor", tensor: renames.get(o) ?? this.#names.get(operand.tensor) ?? operand.tensor };
    });
    return { ...kernel, operands };
  }

  #kernel(k: number): Kernel {
    const kernel = this.#flat.kernels[k];
    invariant(kernel !== undefined, `kernel ${k} is in the schedule`);
    return kernel;
  }
}

/** Kernels that need no code of their own. */
function saving({ period, count }: Pick<Run, "period" | "count">): number {
  return period * (count - 1);
}

function tensorsOf(kernel: Kernel): TensorId[] {
  return kernel.operands.flatMap((operand) => (operand.kind === "tensor" ? [operand.tensor] : []));
}

function tensorAt(kernel: Kernel, index: number): TensorId {
  const operand = kernel.operands[index];
  invariant(operand?.kind === "tensor", "kernels with equal signatures have operands of equal kinds");
  return operand.tensor;
}

/** The operand's weight in each iteration; one if it is the same in all. */
function weightsOf(iterations: readonly Kernel[], index: number): WeightId[] {
  const weights = iterations.flatMap((kernel) => {
    const operand = kernel.operands[index];
    return operand?.kind === "weight" ? operand.weights : [];
  });
  return new Set(weights).size === 1 ? weights.slice(0, 1) : weights;
}

/** Everything that must agree between the iterations of a kernel, but for the identity of its tensors and weights. */
function signatureOf({ tensors }: FlatSchedule, kernel: Kernel): string {
  const sharding = (id: TensorId) => {
    const tensor = tensors[id];
    return tensor === undefined ? "?" : printSharding(tensor.sharding);
  };
  const operands = kernel.operands.map((operand) => {
    if (operand.kind === "tensor") return `tensor ${sharding(operand.tensor)}`;
    return operand.kind === "weight" ? `weight ${printSharding(operand.sharding)}` : `scalar ${operand.value}`;
  });
  const results = kernel.results.map((id) => `${String(tensors[id]?.shape)} ${sharding(id)}`);
  const params = [...kernel.params].map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  // Every tensor passes a flow once, so that nothing repeats there.
  const passing = kernel.flow === undefined ? [] : [kernel.results, kernel.operands];
  return JSON.stringify([kernel.template, kernel.group, passing, operands, results, params]);
}
