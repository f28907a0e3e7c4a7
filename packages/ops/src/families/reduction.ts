// Reductions along axes. Axes were an attribute until opset 17 (ReduceSum: 12) and are an operand since; no axes means
// all, or none if `noop_with_empty_axes` says so. Floats are accumulated in double precision and rounded once.
import type { Dim, Shape, ValueType } from "@waferc/ir/graph";
import { elementCount } from "@waferc/numerics";
import type { DType, Tensor } from "@waferc/numerics";
import { flag, ints } from "../attr-spec.ts";
import { finishFloats } from "../math/floats.ts";
import {
  bigintsOf,
  finishBigints,
  finishNumbers,
  newBigints,
  newNumbers,
  numbersOf,
  scalarClass,
} from "../math/scalars.ts";
import { broadcastIndex } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import type { AnyOpDefinition, EvaluateContext, InferContext } from "../op-definition.ts";
import { OpError } from "../op-error.ts";
import { normalAxes } from "../shapes.ts";

export interface ReductionFunction {
  /** Value of an empty reduction, by dtype. */
  readonly start: (dtype: DType) => number;
  /** Takes one more element. */
  readonly step: (sum: number, x: number) => number;
  /** Makes the result of the accumulated value and the number of elements. */
  readonly finish?: (sum: number, count: number) => number;
  /** 64-bit integers. */
  readonly bigintStep?: (sum: bigint, x: bigint) => bigint;
  readonly bigintFinish?: (sum: bigint, count: bigint) => bigint;
}

const ATTRS = { axes: ints(), keepdims: flag(true), noop_with_empty_axes: flag(false) };
type Attrs = typeof ATTRS;

/** Defines a Reduce op. `axesOperandSince` is the version in which the axes became an operand. */
export function defineReduction(op: {
  readonly kind: string;
  readonly versions: readonly [number, ...number[]];
  readonly axesOperandSince: number;
  readonly fn: ReductionFunction;
}): AnyOpDefinition {
  const { kind, versions, axesOperandSince, fn } = op;
  return defineOp({
    kind,
    versions,
    traits: ["reduction"],
    attrs: ATTRS,
    operands: [1, 2],
    infer: (ctx) => [inferReduction(ctx, axesOperandSince)],
    evaluate: (ctx) => [evaluateReduction(ctx, axesOperandSince, fn)],
  });
}

/** The axes to reduce; undefined if they are not known yet. */
function axesOf(
  ctx: Pick<InferContext<Attrs>, "attrs" | "version" | "has" | "ints">,
  axesOperandSince: number,
  rank: number,
): number[] | undefined {
  const { attrs, version } = ctx;
  const isOperand = version >= axesOperandSince && ctx.has(1);
  const axes = isOperand ? ctx.ints(1) : (attrs.axes ?? []);
  if (axes === undefined) return undefined;
  if (axes.length > 0) return normalAxes(axes, rank);
  return attrs.noop_with_empty_axes ? [] : Array.from({ length: rank }, (_, axis) => axis);
}

function inferReduction(ctx: InferContext<Attrs>, axesOperandSince: number): ValueType {
  const { dtype, shape } = ctx.operand(0);
  if (shape === undefined) return { dtype };
  const axes = axesOf(ctx, axesOperandSince, shape.length);
  if (axes !== undefined) return { dtype, shape: reducedShape(shape, axes, ctx.attrs.keepdims) };
  // The number of axes is still known where the operand's shape is.
  return { dtype, ...(ctx.attrs.keepdims ? { shape: shape.map((): Dim => "?") } : {}) };
}

export function reducedShape<D extends Dim>(
  shape: readonly D[],
  axes: readonly number[],
  keepDims: boolean,
): (D | 1)[] {
  if (keepDims) return shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return shape.filter((_, axis) => !axes.includes(axis));
}

function evaluateReduction(ctx: EvaluateContext<Attrs>, axesOperandSince: number, fn: ReductionFunction): Tensor {
  const x = ctx.operand(0);
  const axes = axesOf(ctx, axesOperandSince, x.shape.length) ?? [];
  const isNothingReduced = axes.length === 0 && ctx.attrs.noop_with_empty_axes;
  if (isNothingReduced && fn.finish === undefined) return x;
  return reduce(x, axes, ctx.result(0).shape, fn);
}

/** Reduces `x` along `axes` into `shape`, which has or lacks the reduced axes. */
export function reduce(x: Tensor, axes: readonly number[], shape: readonly number[], fn: ReductionFunction): Tensor {
  const kept = reducedShape(x.shape, axes, true);
  const at = broadcastIndex(kept, x.shape);
  const count = elementCount(shape);
  const perResult = elementCount(axes.map((axis) => x.shape[axis]!));
  const kind = scalarClass(x.dtype);
  if (kind === "bigint") return reduceBigints(x, at, shape, perResult, fn);
  const sums = new Float64Array(count).fill(fn.start(x.dtype));
  const from = numbersOf(x);
  for (let i = 0; i < from.length; i++) {
    const to = at === undefined ? i : at[i]!;
    sums[to] = fn.step(sums[to]!, from[i]!);
  }
  if (fn.finish !== undefined) for (let i = 0; i < count; i++) sums[i] = fn.finish(sums[i]!, perResult);
  if (kind === "float") return finishFloats(x.dtype as "f64", shape, sums);
  const numbers = newNumbers(x.dtype, count);
  for (let i = 0; i < count; i++) numbers[i] = sums[i]!;
  return finishNumbers(x.dtype, shape, numbers);
}

function reduceBigints(
  x: Tensor,
  at: Int32Array | undefined,
  shape: Shape,
  perResult: number,
  { start, bigintStep, bigintFinish }: ReductionFunction,
): Tensor {
  if (bigintStep === undefined) throw new OpError(`cannot compute with ${x.dtype}`);
  const from = bigintsOf(x);
  const sums = newBigints(x.dtype, elementCount(shape as readonly number[]));
  sums.fill(extremeBigint(x.dtype, start(x.dtype)));
  for (let i = 0; i < from.length; i++) {
    const to = at === undefined ? i : at[i]!;
    sums[to] = bigintStep(sums[to]!, from[i]!);
  }
  if (bigintFinish !== undefined)
    for (let i = 0; i < sums.length; i++) sums[i] = bigintFinish(sums[i]!, BigInt(perResult));
  return finishBigints(x.dtype, shape as readonly number[], sums);
}

/** A start value as a bigint: the infinities stand for the ends of the type's range. */
function extremeBigint(dtype: DType, start: number): bigint {
  if (Number.isFinite(start)) return BigInt(start);
  if (dtype === "u64") return start > 0 ? 2n ** 64n - 1n : 0n;
  return start > 0 ? 2n ** 63n - 1n : -(2n ** 63n);
}

/** The start of a maximum: the smallest value of the type. */
export function lowest(dtype: DType): number {
  return -highestOf(dtype, LOWEST);
}

/** The start of a minimum: the largest value of the type. */
export function highest(dtype: DType): number {
  return highestOf(dtype, HIGHEST);
}

const HIGHEST: Partial<Record<DType, number>> = {
  i32: 2 ** 31 - 1,
  i16: 2 ** 15 - 1,
  i8: 127,
  u32: 2 ** 32 - 1,
  u16: 2 ** 16 - 1,
  u8: 255,
  bool: 1,
};
const LOWEST: Partial<Record<DType, number>> = { i32: 2 ** 31, i16: 2 ** 15, i8: 128, u32: 0, u16: 0, u8: 0, bool: 0 };

function highestOf(dtype: DType, table: Partial<Record<DType, number>>): number {
  return table[dtype] ?? Infinity;
}
