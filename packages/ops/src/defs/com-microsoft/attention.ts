// com.microsoft Attention: self-attention with its projection. x [batch, seq, hidden] times weights [hidden, Q + K + V]
// plus a bias; heads beside one another. Masks as in math/padding-mask.ts; the past and the present are
// [2, batch, heads, seq, headDim]. With `do_rotary` the angles are computed, base 10000.
import type { Tensor } from "@waferc/numerics";
import { commonDType } from "../../families/elementwise.ts";
import { attendPacked, inferPacked, PACKED_ATTRS, packedMacs } from "../../families/packed-attention.ts";
import { finishFloats, floatDType, floatsOf } from "../../math/floats.ts";
import { projectRows } from "../../math/projection.ts";
import { defineOp } from "../../op-definition.ts";

const [X, WEIGHTS, BIAS, MASK, PAST, ADDED] = [0, 1, 2, 3, 4, 5];

function project(x: Tensor, weights: Tensor, bias: Tensor | undefined): Tensor {
  const [batch, seq, k] = x.shape as [number, number, number];
  const n = weights.shape[1]!;
  const size = { m: batch * seq, k, n };
  const added = bias === undefined ? undefined : floatsOf(bias);
  const sums = projectRows({ x: floatsOf(x), weights: floatsOf(weights), bias: added }, size);
  return finishFloats(floatDType(x.dtype), [batch, seq, n], sums);
}

export const microsoftAttentionOp = defineOp({
  domain: "com.microsoft",
  kind: "Attention",
  versions: [1],
  traits: ["contraction", "compound"],
  attrs: PACKED_ATTRS,
  operands: [2, 7],
  results: [1, 2],
  infer: (ctx) => {
    const floats = [X, WEIGHTS, BIAS, PAST, ADDED].filter((index) => ctx.has(index));
    return inferPacked(ctx, commonDType(floats.map((index) => ctx.operand(index))), PAST);
  },
  evaluate: ({ attrs, operand, optional, resultCount }): (Tensor | undefined)[] => {
    const { y, present } = attendPacked(attrs, {
      projected: project(operand(X), operand(WEIGHTS), optional(BIAS)),
      mask: optional(MASK),
      past: optional(PAST),
      bias: optional(ADDED),
    });
    return [y, resultCount > 1 ? present() : undefined];
  },
  macs: (ctx) => packedMacs(ctx, PAST),
});
