// GroupQueryAttention of onnxruntime: Q, K and V (perhaps beside one another), a norm of heads, rotation by positions, a cache that
// each sequence fills to its own length, a window, a bias, a soft cap and a sink. Three courses, by what is known of the lengths:
// the first step, which reads no past; equal lengths that are known, where the cache is a plain past; and lengths that are data,
// where every row of the cache is a key, masked beyond its sequence's length. The order of keys does not matter to attention, but
// rows of the present must be in place: they are gathered.
// total_sequence_length must be known. Quantised caches and scores as results are not made.
import { attr, type ValueId } from "@waferc/ir/graph";
import { attend } from "./attend.ts";
import type { Expanded, Expander } from "./expander.ts";
import { gatherPresent, placePresent, windowedRows, windowedRowsOf, type CacheRows } from "./grouped-cache.ts";
import { knownMask, lengthsMask, withSink, type KeyMask } from "./grouped-mask.ts";
import { rotate } from "./rotary-embedding.ts";

const [QUERY, KEY, VALUE, PAST_KEY, PAST_VALUE, SEQLENS, TOTAL, COS, SIN] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const [POSITIONS, BIAS, SINK, Q_NORM, K_NORM] = [9, 10, 11, 14, 15];

/** What is known of the step. */
interface Step {
  readonly batch: number;
  readonly seq: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Tokens of the longest sequence. */
  readonly total: number;
  /** Rows of the cache that is read and of the one that is written. */
  readonly rows: number;
  readonly presentRows: number;
  /** 0 or less for none. */
  readonly window: number;
  readonly isWindowed: boolean;
  /** Tokens of every sequence, if they are known and equal. */
  readonly tokens: number | undefined;
  /** Whether this is the first step: the past is not read. */
  readonly isFirst: boolean;
}

export function expandGroupQueryAttention(op: Expander): Expanded {
  const isFloat = op.string("k_quant_type", "NONE") === "NONE" && op.string("v_quant_type", "NONE") === "NONE";
  op.require(isFloat, "quantised caches");
  const step = stepOf(op);
  const parts = freshParts(op, step);
  const rows = rowsOf(op, step);
  const past = [op.optional(PAST_KEY), op.optional(PAST_VALUE)].map((cache) =>
    cache === undefined || step.isFirst ? undefined : op.slice(cache, 2, 0, "held" in rows ? rows.held : step.rows),
  );
  const [key, value] = past;
  const before = key === undefined ? 0 : (op.shape(key)[2] ?? 0);
  const mask = maskOf(op, step, rows, before);
  const sunk = withSink(op, mask, parts, { ...step, sink: sinkOf(op, step.heads), keys: before + step.seq, before });
  const attended = attend(op, {
    ...sunk,
    heads: step.heads,
    kvHeads: step.kvHeads,
    scale: op.float("scale", 0),
    softcap: op.float("softcap", 0),
    past: key === undefined || value === undefined ? undefined : { key, value },
  });
  const present = (made: ValueId, index: number): ValueId | undefined => {
    if (!op.isUsed(index)) return undefined;
    const fresh = op.slice(made, 2, 0, before + step.seq);
    if ("held" in rows) return placePresent(op, fresh, rows, step.presentRows);
    return gatherPresent(op, fresh, rows, { past: before, rows: step.presentRows });
  };
  return [attended.y, present(attended.presentKey, 1), present(attended.presentValue, 2)];
}

function stepOf(op: Expander): Step {
  const [batch = 1, seq = 1] = op.shape(op.operand(QUERY));
  const total = op.numbers(op.operand(TOTAL))?.[0];
  op.require(total !== undefined, "a total_sequence_length that is data");
  const cache = op.optional(PAST_KEY);
  const rows = cache === undefined ? 0 : (op.shape(cache)[2] ?? 0);
  const lengths = op.numbers(op.operand(SEQLENS))?.map((last) => last + 1);
  const isWindowed = op.flag("sliding_window_cache");
  return {
    batch,
    seq,
    heads: op.int("num_heads", 1),
    kvHeads: op.int("kv_num_heads", 1),
    total,
    rows,
    presentRows: cache === undefined ? total : isWindowed ? rows : Math.max(rows, total),
    window: op.int("local_window_size", -1),
    isWindowed,
    tokens: lengths?.every((length) => length === lengths[0]) === true ? lengths[0] : undefined,
    isFirst: seq === total,
  };
}

/** Rows of the cache: those read of the past, and which of all rows the present keeps. */
function rowsOf(op: Expander, step: Step): CacheRows {
  const { seq, tokens, rows, window, isWindowed, isFirst, presentRows } = step;
  if (tokens !== undefined && isWindowed) {
    const held = isFirst ? 0 : windowedRows(tokens - seq, rows, window);
    const kept = windowedRows(tokens, presentRows, window);
    return { held, first: held + seq - kept, kept };
  }
  if (isFirst && !isWindowed) return { held: 0, first: 0, kept: seq };
  if (tokens !== undefined) return { held: tokens - seq, first: 0, kept: tokens };
  const lengths = op.reshape(op.cast(op.operand(SEQLENS), "i64"), [step.batch]);
  const number = (value: number): ValueId => op.scalar("i64", value);
  const all = op.emit("Add", [lengths, number(1)]);
  const past = op.emit("Add", [lengths, number(1 - seq)]);
  if (!isWindowed) return { heldOf: past, firstOf: undefined, keptOf: all };
  const heldOf = isFirst
    ? op.emit("Expand", [number(0), op.list([step.batch])])
    : windowedRowsOf(op, past, rows, window);
  const keptOf = windowedRowsOf(op, all, presentRows, window);
  const firstOf = op.emit("Sub", [op.emit("Add", [heldOf, number(seq)]), keptOf]);
  return { heldOf, firstOf, keptOf };
}

function maskOf(op: Expander, step: Step, rows: CacheRows, before: number): KeyMask {
  const { seq, window, total, tokens, isFirst, batch } = step;
  const bias = op.optional(BIAS);
  const isCausal = op.flag("causal", true);
  const narrow = window > 0 && window < total ? window : undefined;
  if ("heldOf" in rows && !isFirst) {
    op.require(bias === undefined, "an attention_bias beside lengths that are data");
    return lengthsMask(op, { batch, seq, past: before, held: rows.heldOf, window: narrow, isCausal });
  }
  const held = "held" in rows ? rows.held : 0;
  // Keys are positions from this one on.
  const firstKey = (isFirst ? 0 : (tokens ?? 0) - seq) - held;
  const columns = bias === undefined ? undefined : op.slice(bias, -1, firstKey, firstKey + held + seq);
  const lengths = tokens === total ? undefined : op.cast(op.operand(SEQLENS), "i64");
  return knownMask(op, { batch, seq, keys: held + seq, lengths, window: narrow, isCausal, bias: columns });
}

/** Q, K and V of this step, normalised and turned, heads beside one another. */
function freshParts(op: Expander, step: Step): { readonly q: ValueId; readonly k: ValueId; readonly v: ValueId } {
  const query = op.operand(QUERY);
  const { heads, kvHeads } = step;
  const given = [query, op.optional(KEY), op.optional(VALUE)];
  const headDim = op.width(query) / (given[1] === undefined ? heads + 2 * kvHeads : heads);
  const widths = [heads, kvHeads, kvHeads].map((count) => count * headDim);
  const [q, k, v] = given[1] === undefined ? op.split(query, widths) : given;
  op.require(q !== undefined && k !== undefined && v !== undefined, "a query without a key or a value");
  const normal = (x: ValueId, weight: ValueId | undefined): ValueId =>
    weight === undefined ? x : normalizeHeads(op, x, weight, headDim);
  const [qNormal, kNormal] = [normal(q, op.optional(Q_NORM)), normal(k, op.optional(K_NORM))];
  if (!op.flag("do_rotary")) return { q: qNormal, k: kNormal, v };
  const cos = op.operand(COS);
  const rotaryDim = 2 * op.width(cos);
  const angles = {
    cos,
    sin: op.operand(SIN),
    positions: positionsOf(op, step),
    isInterleaved: op.flag("rotary_interleaved"),
    rotaryDim: rotaryDim === headDim ? 0 : rotaryDim,
  };
  return { q: rotate(op, qNormal, heads, angles), k: rotate(op, kNormal, kvHeads, angles), v };
}

function normalizeHeads(op: Expander, x: ValueId, weight: ValueId, headDim: number): ValueId {
  const shape = op.shape(x);
  const [batch = 1, seq = 1, hidden = 0] = shape;
  const attrs = { axis: attr.int(-1), epsilon: attr.float(op.float("qk_norm_epsilon", 1e-6)) };
  const headed = op.reshape(x, [batch, seq, hidden / headDim, headDim]);
  return op.reshape(op.emit("RMSNormalization", [headed, weight], attrs), shape);
}

/** [batch or 1, seq] */
function positionsOf(op: Expander, { batch, seq, isFirst, tokens }: Step): ValueId {
  const given = op.optional(POSITIONS);
  if (given !== undefined) return op.reshape(given, [batch, seq]);
  const steps = op.reshape(op.list(Array.from({ length: seq }, (_, i) => i)), [1, seq]);
  if (isFirst) return steps;
  const first = tokens === undefined ? undefined : op.scalar("i64", tokens - seq);
  if (first !== undefined) return op.emit("Add", [steps, first]);
  const lengths = op.reshape(op.cast(op.operand(SEQLENS), "i64"), [batch, 1]);
  return op.emit("Add", [op.emit("Add", [lengths, op.scalar("i64", 1 - seq)]), steps]);
}

/** Scores of the sink, [heads]. */
function sinkOf(op: Expander, heads: number): ValueId | undefined {
  const given = op.optional(SINK);
  if (given !== undefined || !op.flag("smooth_softmax")) return given;
  return op.emit("Expand", [op.scalar(op.dtype(op.operand(QUERY)), 0), op.list([heads])]);
}
