// Gemm: alpha * A' B' + beta * C, where A' and B' are matrices or their transposes and C broadcasts to the result.
// Rounded once, after the addition.
import { elementCount } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { flag, float } from "../attr-spec.ts";
import { commonDType } from "../families/elementwise.ts";
import { matMul, matMulMacs, matMulShape } from "../math/batched-matmul.ts";
import { finishFloats, floatsOf, newFloats } from "../math/floats.ts";
import type { Floats } from "../math/floats.ts";
import { mapBinary, mapUnary } from "../math/elementwise.ts";
import { multiplyFloats } from "../math/matmul.ts";
import { isComputable } from "../math/floats.ts";
import type { FloatDType } from "../math/floats.ts";
import { broadcastIndex, transposeTensor } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { canBroadcastTo, printShape } from "../shapes.ts";

interface Scales {
  readonly alpha: number;
  readonly beta: number;
}

export const gemmOp = defineOp({
  kind: "Gemm",
  versions: [1, 6, 7, 9, 11, 13],
  traits: ["contraction"],
  attrs: { alpha: float(1), beta: float(1), transA: flag(false), transB: flag(false) },
  operands: [2, 3],
  infer: ({ attrs, operand, has }) => {
    const [a, b] = [operand(0), operand(1)];
    const dtype = commonDType(has(2) ? [a, b, operand(2)] : [a, b]);
    if (a.shape === undefined || b.shape === undefined) return [{ dtype }];
    require(a.shape.length === 2 && b.shape.length === 2, "needs two matrices");
    const [left, right] = [
      attrs.transA ? a.shape.toReversed() : a.shape,
      attrs.transB ? b.shape.toReversed() : b.shape,
    ];
    const shape = matMulShape(left, right);
    const bias = has(2) ? operand(2).shape : undefined;
    const isLegal = bias === undefined || canBroadcastTo(bias, shape);
    require(isLegal, () => `cannot broadcast C of shape ${printShape(bias ?? [])} to ${printShape(shape)}`);
    return [{ dtype, shape }];
  },
  evaluate: ({ attrs, operand, operands }) => {
    const a = attrs.transA ? transposeTensor(operand(0), [1, 0]) : operand(0);
    const b = attrs.transB ? transposeTensor(operand(1), [1, 0]) : operand(1);
    if (!isComputable(a.dtype)) return [integerGemm(a, b, operands[2], attrs)];
    return [floatGemm(a.dtype, a, b, operands[2], attrs)];
  },
  macs: ({ attrs, operands, results }) => {
    const shape = operands[0]?.shape ?? [];
    return matMulMacs(attrs.transA ? shape.toReversed() : shape, results[0]?.shape ?? []);
  },
});

function floatGemm(dtype: FloatDType, a: Tensor, b: Tensor, c: Tensor | undefined, { alpha, beta }: Scales): Tensor {
  const [m, k] = a.shape as [number, number];
  const n = b.shape[1]!;
  const product = new Float64Array(m * n);
  multiplyFloats(floatsOf(a), floatsOf(b), product, { m, k, n }, { a: 0, b: 0, to: 0 }, new Float64Array(n));
  const to: Floats = newFloats(dtype, m * n);
  const bias = c === undefined ? undefined : floatsOf(c);
  const at = c === undefined ? undefined : broadcastIndex(c.shape, [m, n]);
  for (let i = 0; i < to.length; i++)
    to[i] = alpha * product[i]! + (bias === undefined ? 0 : beta * bias[at?.[i] ?? i]!);
  return finishFloats(dtype, [m, n], to);
}

function integerGemm(a: Tensor, b: Tensor, c: Tensor | undefined, { alpha, beta }: Scales): Tensor {
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
