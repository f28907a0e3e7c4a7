// com.microsoft GroupQueryAttention: causal attention whose query heads share key/value heads, with a cache. Query is
// [batch, seq, hidden], or holds Q, K and V beside one another. seqlens_k is the number of tokens of each sequence, less
// one; where the longest (total_sequence_length) is `seq`, this is the first step and the past is not read. Several
// tokens behind a past need a batch of 1 in onnxruntime; here every sequence has its own past. In order: per-head RMS
// norm of Q and K, rotation by positions, append to the cache, scale, soft cap, added bias, window, softmax with a sink.
// Of position_ids every element counts; onnxruntime reads only the first one on the first step. The cache has the longer
// of its past's length and the total; with `sliding_window_cache` it keeps its length. Rows not in use are zeros.
// Left out: quantised caches.
import type { Dim, ValueType } from "@waferc/ir/graph";
import { elementCount } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { flag, float, int, requiredInt, string } from "../../attr-spec.ts";
import type { AttrValues } from "../../attr-spec.ts";
import { commonDType } from "../../families/elementwise.ts";
import { attendHeads, sizeOfHeads } from "../../math/attend-heads.ts";
import type { Heads } from "../../math/attend-heads.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../../math/floats.ts";
import { groupedBias, normalizeHeads, rotateHeads } from "../../math/grouped-attention.ts";
import type { GroupedMask } from "../../math/grouped-attention.ts";
import { columnsOf, headsFirst } from "../../math/heads.ts";
import { appendRows, cacheOf, windowedRows } from "../../math/kv-cache.ts";
import { defineOp } from "../../op-definition.ts";
import type { CostContext, EvaluateContext, InferContext } from "../../op-definition.ts";
import { OpError, require } from "../../op-error.ts";
import { divideShapes, printShape } from "../../shapes.ts";

const ATTRS = {
  causal: flag(true),
  do_rotary: flag(false),
  k_quant_type: string("NONE"),
  kv_num_heads: requiredInt,
  local_window_size: int(-1),
  num_heads: requiredInt,
  qk_norm_epsilon: float(1e-6),
  qk_output: int(0),
  rotary_interleaved: flag(false),
  scale: float(0),
  sliding_window_cache: flag(false),
  smooth_softmax: flag(false),
  softcap: float(0),
  v_quant_type: string("NONE"),
};
type Attrs = typeof ATTRS;
const [QUERY, KEY, VALUE, PAST_KEY, PAST_VALUE, SEQLENS, TOTAL, COS, SIN] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const [POSITIONS, BIAS, SINK, Q_NORM, K_NORM] = [9, 10, 11, 14, 15];

function headDimOf(width: Dim, isPacked: boolean, { num_heads: heads, kv_num_heads: kvHeads }: AttrValues<Attrs>): Dim {
  require(heads > 0 && kvHeads > 0 && heads % kvHeads === 0, () =>
    `needs query heads in whole groups, but found ${heads} for ${kvHeads}`);
  return divideShapes([width], [isPacked ? heads + 2 * kvHeads : heads]);
}

function inferGrouped(ctx: InferContext<Attrs>): ValueType[] {
  const { attrs, shape, has, ints, operand } = ctx;
  const areFloat = attrs.k_quant_type === "NONE" && attrs.v_quant_type === "NONE";
  require(areFloat, "cannot read quantised caches (k_quant_type, v_quant_type)");
  require(has(KEY) === has(VALUE) && has(PAST_KEY) === has(PAST_VALUE), "needs key and value, or neither");
  require(!attrs.do_rotary || (has(COS) && has(SIN)), "needs cos_cache and sin_cache to rotate");
  const floats = [QUERY, KEY, VALUE, PAST_KEY, PAST_VALUE, COS, SIN, BIAS, SINK].filter((index) => has(index));
  const dtype = commonDType(floats.map((index) => operand(index)));
  const query = shape(QUERY);
  if (query === undefined) return [{ dtype }, { dtype }, { dtype }, { dtype }];
  if (query.length !== 3) throw new OpError(`needs a query of rank 3, but found ${printShape(query)}`);
  const [batch, seq, width] = query as [Dim, Dim, Dim];
  const headDim = headDimOf(width, !has(KEY), attrs);
  const hidden = typeof headDim === "number" ? attrs.num_heads * headDim : has(KEY) ? width : "?";
  const total = ints(TOTAL)?.[0];
  const present = [batch, attrs.kv_num_heads, presentLength(ctx, seq, total), headDim];
  return [
    { dtype, shape: [batch, seq, hidden] },
    { dtype, shape: present },
    { dtype, shape: present },
    { dtype, shape: [batch, attrs.num_heads, seq, total ?? (has(PAST_KEY) ? "?" : seq)] },
  ];
}

/** Rows of the present; unknown where it depends on how many tokens there are. */
function presentLength({ attrs, shape, has }: InferContext<Attrs>, seq: Dim, total: number | undefined): Dim {
  if (!has(PAST_KEY)) return total ?? seq;
  const past = shape(PAST_KEY)?.[2] ?? "?";
  if (attrs.sliding_window_cache) return past;
  return typeof past === "number" && total !== undefined ? Math.max(past, total) : "?";
}

/** Numbers of tokens, by sequence. */
interface Steps {
  readonly tokens: readonly number[];
  /** Those before this step. */
  readonly past: readonly number[];
  /** How many of the latter the cache holds, from row 0 on. */
  readonly held: readonly number[];
  readonly total: number;
}

function stepsOf({ attrs, operand, optional, ints }: EvaluateContext<Attrs>): Steps {
  const [batch, seq] = operand(QUERY).shape as [number, number];
  const total = ints(TOTAL)[0] ?? 0;
  const tokens = ints(SEQLENS).map((last) => last + 1);
  require(tokens.length === batch, () => `needs seqlens_k of ${batch} sequences, but found ${tokens.length}`);
  const isWithin = tokens.every((count) => count >= 0 && count <= total);
  require(isWithin, () => `needs at most ${total} tokens, the total, but found ${tokens.join(", ")}`);
  const past = tokens.map((count) => (seq === total ? 0 : count - seq));
  const capacity = optional(PAST_KEY)?.shape[2] ?? 0;
  const held = attrs.sliding_window_cache
    ? past.map((count) => windowedRows(count, capacity, attrs.local_window_size))
    : past;
  return { tokens, past, held, total };
}

/** Q, K and V of this step, heads first, normalised and turned. */
function freshHeads(ctx: EvaluateContext<Attrs>, { past }: Steps): Heads {
  const { attrs, operand, optional, has, ints } = ctx;
  const { num_heads: heads, kv_num_heads: kvHeads, qk_norm_epsilon: epsilon } = attrs;
  const query = operand(QUERY);
  const headDim = headDimOf(query.shape[2]!, !has(KEY), attrs) as number;
  const part = (index: number, from: number, count: number): Tensor => {
    const given = optional(index) ?? columnsOf(query, from * headDim, count * headDim);
    return headsFirst(given, count);
  };
  const q = headsFirst(has(KEY) ? query : columnsOf(query, 0, heads * headDim), heads);
  const k = part(KEY, heads, kvHeads);
  const v = part(VALUE, heads + kvHeads, kvHeads);
  const [qNorm, kNorm] = [optional(Q_NORM), optional(K_NORM)];
  const normal = (x: Tensor, weight: Tensor | undefined): Tensor =>
    weight === undefined ? x : normalizeHeads(x, weight, epsilon);
  if (!attrs.do_rotary) return { q: normal(q, qNorm), k: normal(k, kNorm), v };
  const seq = query.shape[1]!;
  const given = has(POSITIONS) ? ints(POSITIONS) : undefined;
  const count = query.shape[0]! * seq;
  require((given?.length ?? count) === count, () => `needs ${count} position_ids, but found ${given?.length}`);
  const positions = given ?? past.flatMap((before) => Array.from({ length: seq }, (_, i) => before + i));
  const isInterleaved = attrs.rotary_interleaved;
  const angles = { cos: operand(COS), sin: operand(SIN), isInterleaved, positions };
  return { q: rotateHeads(normal(q, qNorm), angles), k: rotateHeads(normal(k, kNorm), angles), v };
}

function sinkOf({ attrs, optional }: EvaluateContext<Attrs>): ((head: number) => number) | undefined {
  const given = optional(SINK);
  if (given === undefined) return attrs.smooth_softmax ? () => 0 : undefined;
  const sinks = floatsOf(given);
  require(sinks.length === attrs.num_heads, () => `needs ${attrs.num_heads} sinks, but found ${sinks.length}`);
  return (head) => sinks[head]!;
}

function evaluateGrouped(ctx: EvaluateContext<Attrs>): (Tensor | undefined)[] {
  const { attrs, optional, result, resultCount } = ctx;
  const steps = stepsOf(ctx);
  const { tokens, past, held, total } = steps;
  const fresh = freshHeads(ctx, steps);
  const [k, v] = [appendRows(optional(PAST_KEY), fresh.k, held), appendRows(optional(PAST_VALUE), fresh.v, held)];
  const heads = { q: fresh.q, k, v };
  const size = sizeOfHeads(heads);
  const mask: GroupedMask = {
    firstKey: past.map((count, b) => count - held[b]!),
    firstQuery: past,
    tokens,
    isCausal: attrs.causal,
    window: attrs.local_window_size,
    bias: optional(BIAS),
    total,
  };
  const rules = {
    scale: attrs.scale || 1 / Math.sqrt(size.headDim),
    softcap: attrs.softcap,
    bias: groupedBias(mask, size),
    sink: sinkOf(ctx),
  };
  const stage = attrs.qk_output === 1 ? "masked" : "weights";
  const { y, scores } = attendHeads(heads, rules, resultCount > 3 ? stage : undefined);
  const cached = (rows: Tensor, index: number): Tensor => {
    const length = result(index).shape[2]!;
    const ends = held.map((count) => count + size.queries);
    const counts = attrs.sliding_window_cache
      ? tokens.map((count) => windowedRows(count, length, attrs.local_window_size))
      : ends;
    const firsts = attrs.sliding_window_cache ? counts.map((count, b) => ends[b]! - count) : counts.map(() => 0);
    return cacheOf(rows, firsts, counts, length);
  };
  return [
    y,
    resultCount > 1 ? cached(k, 1) : undefined,
    resultCount > 2 ? cached(v, 2) : undefined,
    scores && scoresByPosition(scores, mask.firstKey, result(3).shape),
  ];
}

/** Scores with keys at their absolute positions; masked ones are zeros. */
function scoresByPosition(scores: Tensor, firstKey: readonly number[], shape: readonly number[]): Tensor {
  const [from, dtype, keys] = [floatsOf(scores), floatDType(scores.dtype), scores.shape[3]!];
  const total = shape[3]!;
  const to = newFloats(dtype, elementCount(shape));
  const perBatch = from.length / firstKey.length;
  for (let i = 0; i < from.length; i++) {
    const at = firstKey[Math.floor(i / perBatch)]! + (i % keys);
    if (from[i] !== -Infinity && at < total) to[Math.floor(i / keys) * total + at] = from[i]!;
  }
  return finishFloats(dtype, shape, to);
}

function groupedMacs({ attrs, operands, results }: CostContext<Attrs>): number {
  const [batch = 0, seq = 0, width = 0] = operands[QUERY]?.shape ?? [];
  const headDim = Number(headDimOf(width, operands[KEY] === undefined, attrs));
  const keys = results[1]?.shape[2] ?? (operands[PAST_KEY]?.shape[2] ?? 0) + seq;
  return 2 * batch * attrs.num_heads * seq * keys * headDim;
}

export const groupQueryAttentionOp = defineOp({
  domain: "com.microsoft",
  kind: "GroupQueryAttention",
  versions: [1],
  traits: ["contraction", "compound"],
  attrs: ATTRS,
  operands: [7, 16],
  results: [1, 4],
  infer: inferGrouped,
  evaluate: evaluateGrouped,
  macs: groupedMacs,
});
