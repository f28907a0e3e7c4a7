// com.microsoft QAttention: Attention whose x and weights are 8-bit integers with scales and zero points, which may
// differ by column for the weights. The product of integers is exact; what follows it is float.
import { makeTensor } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { commonDType } from "../../families/elementwise.ts";
import { attendPacked, inferPacked, PACKED_ATTRS, packedMacs } from "../../families/packed-attention.ts";
import { finishFloats, floatDType, floatsOf } from "../../math/floats.ts";
import { projectRows } from "../../math/projection.ts";
import { numbersOf } from "../../math/scalars.ts";
import { defineOp } from "../../op-definition.ts";
import type { EvaluateContext } from "../../op-definition.ts";
import { require } from "../../op-error.ts";

const [X, WEIGHTS, BIAS, X_SCALE, WEIGHT_SCALE, MASK, X_ZERO, WEIGHT_ZERO, PAST] = [0, 1, 2, 3, 4, 5, 6, 7, 8];

/** Integers less a zero point, which may differ by column. */
function centered(x: Tensor, zero: Tensor | undefined): Float64Array {
  const [values, zeros] = [numbersOf(x), numbersOf(zero ?? makeTensor("u8", [1], Uint8Array.of(0)))];
  return Float64Array.from(values, (value, i) => value - zeros[i % zeros.length]!);
}

function project({ operand, optional }: EvaluateContext<typeof PACKED_ATTRS>): Tensor {
  const [batch, seq, k] = operand(X).shape as [number, number, number];
  const n = operand(WEIGHTS).shape[1]!;
  const [x, weights] = [centered(operand(X), optional(X_ZERO)), centered(operand(WEIGHTS), optional(WEIGHT_ZERO))];
  const [xScale, scales] = [floatsOf(operand(X_SCALE))[0]!, floatsOf(operand(WEIGHT_SCALE))];
  require(scales.length === 1 || scales.length === n, () => `needs 1 or ${n} weight scales, but has ${scales.length}`);
  const scale = (column: number): number => xScale * scales[column % scales.length]!;
  const sums = projectRows({ x, weights, scale, bias: floatsOf(operand(BIAS)) }, { m: batch * seq, k, n });
  return finishFloats(floatDType(operand(BIAS).dtype), [batch, seq, n], sums);
}

export const qAttentionOp = defineOp({
  domain: "com.microsoft",
  kind: "QAttention",
  versions: [1],
  traits: ["contraction", "compound"],
  attrs: PACKED_ATTRS,
  operands: [5, 9],
  results: [1, 2],
  infer: (ctx) => {
    const floats = [BIAS, X_SCALE, WEIGHT_SCALE, PAST].filter((index) => ctx.has(index));
    return inferPacked(ctx, commonDType(floats.map((index) => ctx.operand(index))), PAST);
  },
  evaluate: (ctx): (Tensor | undefined)[] => {
    const { y, present } = attendPacked(ctx.attrs, {
      projected: project(ctx),
      mask: ctx.optional(MASK),
      past: ctx.optional(PAST),
      bias: undefined,
    });
    return [y, ctx.resultCount > 1 ? present() : undefined];
  },
  macs: (ctx) => packedMacs(ctx, PAST),
});
