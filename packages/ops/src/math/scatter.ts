// Writing updates into a copy of a tensor, with the reductions of ScatterElements and ScatterND.
import { elementCount } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { OpError } from "../op-error.ts";
import { bigintsOf, finishBigints, finishNumbers, newBigints, newNumbers, numbersOf, scalarClass } from "./scalars.ts";
import { newUnits, tensorOfUnits, unitsOf } from "./views.ts";

export type ScatterReduction = "none" | "add" | "mul" | "min" | "max";

type Combine = (old: number, update: number) => number;

/** Numbers and bigints alike: the operators mean the same on both. */
const COMBINE: Record<Exclude<ScatterReduction, "none">, Combine> = {
  add: (a, b) => a + b,
  mul: (a, b) => a * b,
  min: (a, b) => (b < a || Number.isNaN(b) ? b : a),
  max: (a, b) => (b > a || Number.isNaN(b) ? b : a),
};

/** A copy of `x` in which element `targets[i]` has met `updates[i]`, in order. Floats round after each. */
export function scatter(x: Tensor, targets: Int32Array, updates: Tensor, reduction: ScatterReduction): Tensor {
  if (x.dtype !== updates.dtype) throw new OpError(`needs equal dtypes, but found ${x.dtype} and ${updates.dtype}`);
  const given = elementCount(updates.shape);
  if (given !== targets.length) throw new OpError(`needs ${targets.length} updates, but found ${given}`);
  if (reduction === "none") return scatterUnits(x, targets, updates);
  const combine = COMBINE[reduction];
  if (scalarClass(x.dtype) === "bigint") {
    const to = newBigints(x.dtype, elementCount(x.shape));
    to.set(bigintsOf(x) as BigInt64Array & BigUint64Array);
    combineInto(to as unknown as number[], bigintsOf(updates) as unknown as number[], targets, combine);
    return finishBigints(x.dtype, x.shape, to);
  }
  const to = newNumbers(x.dtype, elementCount(x.shape));
  to.set(numbersOf(x));
  combineInto(to, numbersOf(updates), targets, combine);
  return finishNumbers(x.dtype, x.shape, to);
}

function combineInto(
  to: { [index: number]: number },
  updates: ArrayLike<number>,
  targets: Int32Array,
  combine: Combine,
): void {
  for (let i = 0; i < targets.length; i++) to[targets[i]!] = combine(to[targets[i]!]!, updates[i]!);
}

function scatterUnits(x: Tensor, targets: Int32Array, updates: Tensor): Tensor {
  const [from, source] = [unitsOf(x) as Uint32Array, unitsOf(updates) as Uint32Array]; // one width at run time
  const to = newUnits(from, from.length) as Uint32Array;
  for (let i = 0; i < from.length; i++) to[i] = from[i]!;
  for (let i = 0; i < targets.length; i++) to[targets[i]!] = source[i]!;
  return tensorOfUnits(x.dtype, x.shape, to);
}
