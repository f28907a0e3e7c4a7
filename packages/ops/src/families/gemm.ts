// Gemm: alpha * A' B' + beta * C, where A' and B' are matrices or their transposes and C broadcasts to the result.
// Rounded once, after the addition and what onnxruntime's fused form does behind it.
import { elementCount } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import type { ValueType } from "@waferc/ir/graph";
import { flag, float } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { matMul, matMulMacs, matMulShape } from "../math/batched-matmul.ts";
import { mapBinary, mapUnary } from "../math/elementwise.ts";
import { finishFloats, floatsOf, isComputable, newFloats } from "../math/floats.ts";
import type { FloatDType } from "../math/floats.ts";
import { multiplyFloats } from "../math/matmul.ts";
import { broadcastIndex, transposeTensor } from "../math/views.ts";
import type { CostContext, EvaluateContext, InferContext } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { canBroadcastTo, printShape } from "../shapes.ts";
import { commonDType } from "./elementwise.ts";

export const GEMM_ATTRS = { alpha: float(1), beta: float(1), transA: flag(false), transB: flag(false) };
export type GemmAttrs = AttrValues<typeof GEMM_ATTRS>;

type Finish = (x: number) => number;
const identity: Finish = (x) => x;

export function inferGemm({ attrs, operand, has }: InferContext<typeof GEMM_ATTRS>): readonly ValueType[] {
  const [a, b] = [operand(0), operand(1)];
  const dtype = commonDType(has(2) ? [a, b, operand(2)] : [a, b]);
  if (a.shape === undefined || b.shape === undefined) return [{ dtype }];
  require(a.shape.length === 2 && b.shape.length === 2, "needs two matrices");
  const [left, right] = [attrs.transA ? a.shape.toReversed() : a.shape, attrs.transB ? b.shape.toReversed() : b.shape];
  const shape = matMulShape(left, right);
  const bias = has(2) ? operand(2).shape : undefined;
  const isLegal = bias === undefined || canBroadcastTo(bias, shape);
  require(isLegal, () => `cannot broadcast C of shape ${printShape(bias ?? [])} to ${printShape(shape)}`);
  return [{ dtype, shape }];
}

/** The result, with `finish` applied to every element before the rounding; integers take none. */
export function evaluateGemm(
  { attrs, operand, optional }: EvaluateContext<typeof GEMM_ATTRS>,
  finish: Finish = identity,
): Tensor {
  const a = attrs.transA ? transposeTensor(operand(0), [1, 0]) : operand(0);
  const b = attrs.transB ? transposeTensor(operand(1), [1, 0]) : operand(1);
  if (!isComputable(a.dtype)) return integerGemm(a, b, optional(2), attrs);
  const sums = gemmSums(a, b, optional(2), attrs);
  const to = newFloats(a.dtype as FloatDType, sums.length);
  for (let i = 0; i < to.length; i++) to[i] = finish(sums[i]!);
  return finishFloats(a.dtype, [a.shape[0]!, b.shape[1]!], to);
}

export function gemmMacs({ attrs, operands, results }: CostContext<typeof GEMM_ATTRS>): number {
  const shape = operands[0]?.shape ?? [];
  return matMulMacs(attrs.transA ? shape.toReversed() : shape, results[0]?.shape ?? []);
}

function gemmSums(a: Tensor, b: Tensor, c: Tensor | undefined, { alpha, beta }: GemmAttrs): Float64Array {
  const [m, k] = a.shape as [number, number];
  const n = b.shape[1]!;
  const sums = new Float64Array(m * n);
  multiplyFloats(floatsOf(a), floatsOf(b), sums, { m, k, n }, { a: 0, b: 0, to: 0 }, new Float64Array(n));
  const bias = c === undefined ? undefined : floatsOf(c);
  const at = c === undefined ? undefined : broadcastIndex(c.shape, [m, n]);
  for (let i = 0; i < sums.length; i++) {
    sums[i] = alpha * sums[i]! + (bias === undefined ? 0 : beta * bias[at?.[i] ?? i]!);
  }
  return sums;
}

function integerGemm(a: Tensor, b: Tensor, c: Tensor | undefined, { alpha, beta }: GemmAttrs): Tensor {
  const isWhole = Number.isInteger(alpha) && Number.isInteger(beta);
  require(isWhole, "needs whole alpha and beta for integers");
  const product = scaled(matMul(a, b), alpha);
  if (c === undefined || elementCount(product.shape) === 0) return product;
  const add = { int: (x: number, y: number) => x + y, bigint: (x: bigint, y: bigint) => x + y };
  return mapBinary(product, scaled(c, beta), product, add);
}

function scaled(x: Tensor, factor: number): Tensor {
  return mapUnary(x, x.dtype, { int: (value) => Math.imul(value, factor), bigint: (value) => value * BigInt(factor) });
}
