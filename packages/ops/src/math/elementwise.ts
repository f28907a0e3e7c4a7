// Loops over elements with broadcasting. Functions get plain numbers or bigints; what a result array holds decides the
// rounding, once, on writing.
import { elementCount } from "@waferc/numerics";
import type { DType, Tensor } from "@waferc/numerics";
import type { StaticType } from "../op-definition.ts";
import { OpError } from "../op-error.ts";
import {
  bigintsOf,
  boolTensor,
  comparablesOf,
  finishBigints,
  finishNumbers,
  newBigints,
  newNumbers,
  numbersOf,
  scalarClass,
} from "./scalars.ts";
import { broadcastIndex } from "./views.ts";

/** One function in up to three arithmetics; a missing one means that the op has no such dtypes. */
export interface UnaryFunction {
  readonly float?: (x: number) => number;
  readonly int?: (x: number) => number;
  readonly bigint?: (x: bigint) => bigint;
}

export interface BinaryFunction {
  readonly float?: (a: number, b: number) => number;
  /** Integers to 32 bits; the result wraps, so only its low 32 bits must be right. */
  readonly int?: (a: number, b: number) => number;
  readonly bigint?: (a: bigint, b: bigint) => bigint;
}

function need<T>(fn: T | undefined, dtype: DType): T {
  if (fn === undefined) throw new OpError(`cannot compute with ${dtype}`);
  return fn;
}

export function mapUnary(x: Tensor, dtype: DType, fn: UnaryFunction): Tensor {
  const kind = scalarClass(x.dtype);
  if (kind === "bigint") {
    const f = need(fn.bigint, x.dtype);
    const from = bigintsOf(x);
    const to = newBigints(dtype, from.length);
    for (let i = 0; i < from.length; i++) to[i] = f(from[i]!);
    return finishBigints(dtype, x.shape, to);
  }
  const f = need(kind === "float" ? fn.float : fn.int, x.dtype);
  const from = numbersOf(x);
  const to = newNumbers(dtype, from.length);
  for (let i = 0; i < from.length; i++) to[i] = f(from[i]!);
  return finishNumbers(dtype, x.shape, to);
}

export function mapBinary(a: Tensor, b: Tensor, { dtype, shape }: StaticType, fn: BinaryFunction): Tensor {
  const kind = scalarClass(dtype);
  if (kind === "bigint") {
    const f = need(fn.bigint, dtype);
    const to = newBigints(dtype, elementCount(shape));
    forPairs(bigintsOf(a), bigintsOf(b), a, b, shape, (x: bigint, y: bigint, i) => {
      to[i] = f(x, y);
    });
    return finishBigints(dtype, shape, to);
  }
  const f = need(kind === "float" ? fn.float : fn.int, dtype);
  const to = newNumbers(dtype, elementCount(shape));
  const [left, right] = [numbersOf(a), numbersOf(b)];
  const [leftAt, rightAt] = [broadcastIndex(a.shape, shape), broadcastIndex(b.shape, shape)];
  if (leftAt === undefined && rightAt === undefined) {
    for (let i = 0; i < to.length; i++) to[i] = f(left[i]!, right[i]!);
  } else if (leftAt === undefined && right.length === 1) {
    const y = right[0]!;
    for (let i = 0; i < to.length; i++) to[i] = f(left[i]!, y);
  } else {
    for (let i = 0; i < to.length; i++) to[i] = f(left[leftAt?.[i] ?? i]!, right[rightAt?.[i] ?? i]!);
  }
  return finishNumbers(dtype, shape, to);
}

/** Elementwise test of two tensors of one dtype, of any dtype. */
export function compareBinary(
  a: Tensor,
  b: Tensor,
  shape: readonly number[],
  test: (x: number, y: number) => boolean,
): Tensor {
  const to = new Uint8Array(elementCount(shape));
  forPairs(comparablesOf(a), comparablesOf(b), a, b, shape, (x, y, i) => {
    to[i] = test(x, y) ? 1 : 0;
  });
  return boolTensor(shape, to);
}

/** Calls `visit` with the elements of both that meet at each index of the broadcast shape. */
function forPairs<T>(
  left: ArrayLike<T>,
  right: ArrayLike<T>,
  a: Tensor,
  b: Tensor,
  shape: readonly number[],
  visit: (x: T, y: T, index: number) => void,
): void {
  const [leftAt, rightAt] = [broadcastIndex(a.shape, shape), broadcastIndex(b.shape, shape)];
  const count = elementCount(shape);
  for (let i = 0; i < count; i++) visit(left[leftAt?.[i] ?? i]!, right[rightAt?.[i] ?? i]!, i);
}
