// Attention: scaled dot-product attention. Q, K and V are [batch, heads, seq, headDim], or [batch, seq, heads * headDim]
// with the numbers of heads as attributes. Query heads share key/value heads in groups. Operands may give a mask (bool
// keeps, float adds; a short one masks the keys beyond it), a past to put before K and V, or, from version 24 on, the
// number of keys that are not padding. Causal masking aligns the last query with the last key that counts.
// Version 25 adds a window around that diagonal.
import type { Dim, Shape, ValueType } from "@waferc/ir/graph";
import { elementCount } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { flag, float, int } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { attend } from "../math/attention.ts";
import type { AttentionRules, AttentionSize, ScoreStage } from "../math/attention.ts";
import { headsFirst, headsLast, joinPast } from "../math/heads.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import { maskBias } from "../math/attention-mask.ts";
import { defineOp } from "../op-definition.ts";
import type { CostContext, EvaluateContext, InferContext } from "../op-definition.ts";
import { OpError, require } from "../op-error.ts";
import { addDims, divideShapes, printShape } from "../shapes.ts";

const ATTRS = {
  is_causal: flag(false),
  kv_num_heads: int(),
  left_window_size: int(-1),
  q_num_heads: int(),
  qk_matmul_output_mode: int(0),
  right_window_size: int(-1),
  scale: float(),
  softcap: float(0),
  softmax_precision: int(),
};
type Attrs = typeof ATTRS;

/** Stage by `qk_matmul_output_mode`. */
const STAGES: readonly ScoreStage[] = ["scaled", "capped", "masked", "weights"];

/** Lengths of an operand, in either layout. */
interface HeadDims {
  readonly batch: Dim;
  readonly heads: Dim;
  readonly seq: Dim;
  readonly headDim: Dim;
}

function headDims(shape: Shape, heads: number | undefined, which: string): HeadDims {
  if (shape.length === 4) {
    const [batch, count, seq, headDim] = shape as [Dim, Dim, Dim, Dim];
    return { batch, heads: count, seq, headDim };
  }
  if (shape.length !== 3) throw new OpError(`needs ${which} of rank 3 or 4, but found ${printShape(shape)}`);
  require(heads !== undefined, () => `needs the number of heads for ${which} of rank 3`);
  const [batch, seq, hidden] = shape as [Dim, Dim, Dim];
  return { batch, heads, seq, headDim: divideShapes([hidden], [heads]) };
}

function inferAttention(ctx: InferContext<Attrs>): ValueType[] {
  const { attrs, operand } = ctx;
  const [dtype, valueType] = [operand(0).dtype, operand(2).dtype];
  const [qShape, kShape, vShape] = [ctx.shape(0), ctx.shape(1), ctx.shape(2)];
  if (!qShape || !kShape || !vShape) return [{ dtype }, { dtype: operand(1).dtype }, { dtype: valueType }, { dtype }];
  const q = headDims(qShape, attrs.q_num_heads, "Q");
  const [k, v] = [headDims(kShape, attrs.kv_num_heads, "K"), headDims(vShape, attrs.kv_num_heads, "V")];
  const isGrouped = typeof q.heads !== "number" || typeof k.heads !== "number" || q.heads % k.heads === 0;
  require(isGrouped, () => `needs query heads in whole groups, but found ${q.heads} for ${k.heads}`);
  const past = ctx.has(4) ? (ctx.shape(4)?.[2] ?? "?") : 0;
  const keys = addDims([past, k.seq]);
  const width = ctx.has(3) ? ctx.shape(3)?.at(-1) : undefined;
  const isCovering = typeof width !== "number" || typeof keys !== "number" || width <= keys;
  require(isCovering, () => `needs a mask for at most ${keys} keys, but found ${String(width)}`);
  const hidden = typeof q.heads === "number" && typeof v.headDim === "number" ? q.heads * v.headDim : "?";
  const y = qShape.length === 4 ? [q.batch, q.heads, q.seq, v.headDim] : [q.batch, q.seq, hidden];
  return [
    { dtype, shape: y },
    { dtype: operand(1).dtype, shape: [k.batch, k.heads, keys, k.headDim] },
    { dtype: valueType, shape: [v.batch, v.heads, keys, v.headDim] },
    { dtype, shape: [q.batch, q.heads, q.seq, keys] },
  ];
}

function evaluateAttention(ctx: EvaluateContext<Attrs>): (Tensor | undefined)[] {
  const { attrs, operand, optional, result, resultCount } = ctx;
  const q = headsFirst(operand(0), attrs.q_num_heads);
  const k = joinPast(optional(4), headsFirst(operand(1), attrs.kv_num_heads));
  const v = joinPast(optional(5), headsFirst(operand(2), attrs.kv_num_heads));
  const size = sizeOf(q, k, v);
  const dtype = floatDType(q.dtype);
  const to = newFloats(dtype, size.batch * size.heads * size.queries * size.valueDim);
  const stage = STAGES[attrs.qk_matmul_output_mode];
  require(stage !== undefined, "needs qk_matmul_output_mode in 0 .. 3");
  const tap = resultCount > 3 ? { stage, to: newFloats(dtype, elementCount(result(3).shape)) } : undefined;
  attend({ q: floatsOf(q), k: floatsOf(k), v: floatsOf(v), to }, size, rulesOf(ctx, size), tap);
  const y = finishFloats(dtype, [size.batch, size.heads, size.queries, size.valueDim], to);
  return [
    operand(0).shape.length === 4 ? y : headsLast(y),
    k,
    v,
    tap === undefined ? undefined : finishFloats(dtype, result(3).shape, tap.to),
  ];
}

function sizeOf(q: Tensor, k: Tensor, v: Tensor): AttentionSize {
  const [batch, heads, queries, headDim] = q.shape as [number, number, number, number];
  const [, kvHeads, keys] = k.shape as [number, number, number];
  return { batch, heads, kvHeads, queries, keys, headDim, valueDim: v.shape[3] ?? 0 };
}

function rulesOf(ctx: EvaluateContext<Attrs>, size: AttentionSize): AttentionRules {
  const { attrs, optional, has, ints } = ctx;
  const past = optional(4)?.shape[2] ?? 0;
  const counted = has(6) ? ints(6) : undefined;
  return {
    scale: attrs.scale ?? 1 / Math.sqrt(size.headDim),
    softcap: attrs.softcap,
    bias: maskBias(optional(3), size, {
      counted,
      offset: (batch) => (counted === undefined ? past : counted[batch]! - size.queries),
      ...windowOf(attrs),
    }),
  };
}

/** Keys that a query sees before and after the diagonal. */
function windowOf(attrs: AttrValues<Attrs>): { readonly before: number; readonly after: number } {
  const after = attrs.right_window_size < 0 ? Infinity : attrs.right_window_size;
  return { before: attrs.left_window_size < 0 ? Infinity : attrs.left_window_size, after: attrs.is_causal ? 0 : after };
}

function attentionMacs({ attrs, operands }: CostContext<Attrs>): number {
  const [q, k, v] = [operands[0]?.shape ?? [], operands[1]?.shape ?? [], operands[2]?.shape ?? []];
  const [query, key] = [headDims(q, attrs.q_num_heads, "Q"), headDims(k, attrs.kv_num_heads, "K")];
  const value = headDims(v, attrs.kv_num_heads, "V");
  const keys = Number(key.seq) + (operands[4]?.shape[2] ?? 0);
  return (
    Number(query.batch) *
    Number(query.heads) *
    Number(query.seq) *
    keys *
    (Number(query.headDim) + Number(value.headDim))
  );
}

export const attentionOp = defineOp({
  kind: "Attention",
  versions: [23, 24, 25],
  traits: ["contraction", "compound"],
  attrs: ATTRS,
  operands: [3, 7],
  results: [1, 4],
  infer: inferAttention,
  evaluate: evaluateAttention,
  macs: attentionMacs,
});
