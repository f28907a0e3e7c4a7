// com.microsoft MultiHeadAttention: attention behind its projections. Query is [batch, seq, hidden]; key and value are
// [batch, keys, hidden], or heads first (cross attention to a cache), or one operand [batch, keys, heads, 2, headDim];
// or one operand [batch, seq, heads, 3, headDim] holds all. A bias for Q, K and V is added first, to Q alone where key
// and value are heads first. Masks as in math/padding-mask.ts. Result 3 holds the scores.
// Left out: caches in buffers of a fixed length and beams (operands 8 and 9).
import type { Dim, Shape, ValueType } from "@waferc/ir/graph";
import type { Tensor } from "@waferc/numerics";
import { flag, float, requiredInt } from "../../attr-spec.ts";
import { commonDType } from "../../families/elementwise.ts";
import { attendHeads, sizeOfHeads } from "../../math/attend-heads.ts";
import type { Heads } from "../../math/attend-heads.ts";
import { mapBinary } from "../../math/elementwise.ts";
import { columnsOf, headsFirst, headsLast, joinPast, unpackHeads } from "../../math/heads.ts";
import { paddingBias } from "../../math/padding-mask.ts";
import { defineOp } from "../../op-definition.ts";
import type { CostContext, EvaluateContext, InferContext } from "../../op-definition.ts";
import { OpError, require } from "../../op-error.ts";
import { addDims, divideShapes, printShape } from "../../shapes.ts";

const ATTRS = {
  mask_filter_value: float(-10000),
  num_heads: requiredInt,
  scale: float(0),
  unidirectional: flag(false),
};
type Attrs = typeof ATTRS;
const [QUERY, KEY, VALUE, BIAS, MASK, ADDED, PAST_KEY, PAST_VALUE, PAST_LENGTH, BEAMS] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/** Lengths of the operands, whatever form they have. */
interface Lengths {
  readonly batch: Dim;
  readonly queries: Dim;
  /** New keys. */
  readonly keys: Dim;
  readonly past: Dim;
  readonly headDim: Dim;
  readonly valueDim: Dim;
}

function lengthsOf(heads: number, shapes: readonly (Shape | undefined)[]): Lengths | undefined {
  const [query, key, value] = [shapes[QUERY], shapes[KEY], shapes[VALUE]];
  const past = shapes[PAST_KEY]?.[2] ?? 0;
  if (query === undefined) return undefined;
  const [batch, queries] = query as [Dim, Dim];
  if (query.length === 5) {
    const headDim = query[4]!;
    return { batch, queries, keys: queries, past, headDim, valueDim: headDim };
  }
  if (query.length !== 3) throw new OpError(`needs a query of rank 3 or 5, but found ${printShape(query)}`);
  const headDim = divideShapes([query[2]!], [heads]);
  if (key === undefined) return undefined;
  if (key.length === 5) return { batch, queries, keys: key[1]!, past, headDim, valueDim: key[4]! };
  if (value === undefined) return undefined;
  if (key.length === 4) return { batch, queries, keys: key[2]!, past, headDim, valueDim: value[3]! };
  if (key.length !== 3) throw new OpError(`needs a key of rank 3, 4 or 5, but found ${printShape(key)}`);
  return { batch, queries, keys: key[1]!, past, headDim, valueDim: divideShapes([value[2]!], [heads]) };
}

function inferMultiHead({ attrs, operands, operand, has }: InferContext<Attrs>): ValueType[] {
  require(!has(PAST_LENGTH) && !has(BEAMS), "cannot keep past and present in one buffer (past_sequence_length)");
  require(has(KEY) || operand(QUERY).shape?.length !== 3, "needs a key, or a query of rank 5");
  const floats = [QUERY, KEY, VALUE, BIAS, ADDED, PAST_KEY, PAST_VALUE].filter((index) => has(index));
  const dtype = commonDType(floats.map((index) => operand(index)));
  const shapes = operands.map((type) => type?.shape);
  const lengths = lengthsOf(attrs.num_heads, shapes);
  if (lengths === undefined) return [{ dtype }, { dtype }, { dtype }, { dtype }];
  const { batch, queries, keys, past, headDim, valueDim } = lengths;
  const heads = attrs.num_heads;
  const all = addDims([past, keys]);
  return [
    { dtype, shape: [batch, queries, typeof valueDim === "number" ? heads * valueDim : (shapes[VALUE]?.[2] ?? "?")] },
    { dtype, shape: [batch, heads, all, headDim] },
    { dtype, shape: [batch, heads, all, valueDim] },
    { dtype, shape: [batch, heads, queries, all] },
  ];
}

/** Q, K and V, heads first, with their bias. */
function freshHeads({ attrs, operand, optional }: EvaluateContext<Attrs>): Heads {
  const [query, key, value, bias] = [operand(QUERY), optional(KEY), optional(VALUE), optional(BIAS)];
  const heads = attrs.num_heads;
  if (query.shape.length === 5) {
    return biased({ q: unpackHeads(query, 0), k: unpackHeads(query, 1), v: unpackHeads(query, 2) }, bias);
  }
  const q = headsFirst(query, heads);
  if (key === undefined) throw new OpError("needs a key, or a query of rank 5");
  if (key.shape.length === 5) return biased({ q, k: unpackHeads(key, 0), v: unpackHeads(key, 1) }, bias);
  if (value === undefined) throw new OpError("needs a value, or a key of rank 5");
  if (key.shape.length === 3) return biased({ q, k: headsFirst(key, heads), v: headsFirst(value, heads) }, bias);
  return { q: bias === undefined ? q : plus(q, bias, 0), k: key, v: value };
}

function biased({ q, k, v }: Heads, bias: Tensor | undefined): Heads {
  if (bias === undefined) return { q, k, v };
  const [qWidth, kWidth] = [q, k].map(({ shape }) => shape[1]! * shape[3]!) as [number, number];
  return { q: plus(q, bias, 0), k: plus(k, bias, qWidth), v: plus(v, bias, qWidth + kWidth) };
}

/** x, heads first, plus elements of the bias from one on. */
function plus(x: Tensor, bias: Tensor, from: number): Tensor {
  const rows = headsLast(x);
  const sum = mapBinary(rows, columnsOf(bias, from, rows.shape[2]!), rows, { float: (a, b) => a + b });
  return headsFirst(sum, x.shape[1]);
}

function multiHeadMacs({ attrs, operands }: CostContext<Attrs>): number {
  const lengths = lengthsOf(
    attrs.num_heads,
    operands.map((type) => type?.shape),
  );
  if (lengths === undefined) return 0;
  const { batch, queries, keys, past, headDim, valueDim } = lengths;
  const pairs = Number(batch) * attrs.num_heads * Number(queries) * (Number(past) + Number(keys));
  return pairs * (Number(headDim) + Number(valueDim));
}

export const multiHeadAttentionOp = defineOp({
  domain: "com.microsoft",
  kind: "MultiHeadAttention",
  versions: [1],
  traits: ["contraction", "compound"],
  attrs: ATTRS,
  operands: [1, 10],
  results: [1, 4],
  infer: inferMultiHead,
  evaluate: (ctx): (Tensor | undefined)[] => {
    const { attrs, optional, resultCount } = ctx;
    const fresh = freshHeads(ctx);
    const pastKey = optional(PAST_KEY);
    const [k, v] = [joinPast(pastKey, fresh.k), joinPast(optional(PAST_VALUE), fresh.v)];
    const heads = { q: fresh.q, k, v };
    const size = sizeOfHeads(heads);
    const padding = {
      mask: optional(MASK),
      filter: attrs.mask_filter_value,
      bias: optional(ADDED),
      isCausal: attrs.unidirectional,
      past: pastKey?.shape[2] ?? 0,
    };
    const scale = attrs.scale || 1 / Math.sqrt(size.headDim);
    const rules = { scale, softcap: 0, bias: paddingBias(padding, size) };
    const { y, scores } = attendHeads(heads, rules, resultCount > 3 ? "masked" : undefined);
    return [y, k, v, scores];
  },
  macs: multiHeadMacs,
});
