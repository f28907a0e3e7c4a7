// Masks of GroupQueryAttention for the standard Attention op. Causality is the op's own where it can be; lengths and windows are bool
// masks, constant if lengths are known. A sink (one more key per head that takes weight and gives nothing) is a key and a value of
// zeros behind the others, whose score is added by the mask; causality then has to be in the mask as well.
import { tensorOf, fullTensor } from "@waferc/numerics";
import type { ValueId } from "@waferc/ir/graph";
import type { Expander } from "./expander.ts";

export interface KeyMask {
  readonly isCausal: boolean;
  /** Bool, [batch or 1, 1, queries or 1, keys]; undefined if all keys count. */
  readonly keep: ValueId | undefined;
  readonly bias: ValueId | undefined;
}

export interface KnownKeys {
  readonly batch: number;
  readonly seq: number;
  readonly keys: number;
  /** Tokens less one, i64 [batch], if not every key counts. */
  readonly lengths: ValueId | undefined;
  readonly window: number | undefined;
  readonly isCausal: boolean;
  readonly bias: ValueId | undefined;
}

/** Keys are tokens in order, the last one that of the last query. */
export function knownMask(op: Expander, given: KnownKeys): KeyMask {
  const { batch, seq, keys, lengths, window, isCausal, bias } = given;
  const past = keys - seq;
  const inWindow = window === undefined ? undefined : pairs(op, seq, keys, (query, key) => key > past + query - window);
  const counts =
    lengths === undefined
      ? undefined
      : op.emit("LessOrEqual", [indices(op, keys), op.reshape(lengths, [batch, 1, 1, 1])]);
  return { isCausal, keep: both(op, counts, inWindow), bias };
}

export interface RaggedKeys {
  readonly batch: number;
  readonly seq: number;
  /** Rows of the past, of which each sequence holds its own number, i64 [batch]. */
  readonly past: number;
  readonly held: ValueId;
  readonly window: number | undefined;
  readonly isCausal: boolean;
}

/** All rows of the past are keys, and the fresh ones behind them. */
export function lengthsMask(op: Expander, given: RaggedKeys): KeyMask {
  const { batch, seq, past, window, isCausal } = given;
  const held = op.reshape(given.held, [batch, 1, 1, 1]);
  const isHeld = op.emit("Less", [indices(op, past), held]);
  if (window === undefined) {
    const fresh = op.constant(fullTensor("bool", [batch, 1, 1, seq], true));
    return { isCausal, keep: op.concat([isHeld, fresh], 3), bias: undefined };
  }
  const query = op.reshape(op.list(Array.from({ length: seq }, (_, i) => i - window)), [1, 1, seq, 1]);
  const isNear = op.emit("Greater", [indices(op, past), op.emit("Add", [held, query])]);
  const kept = op.emit("Expand", [op.emit("And", [isHeld, isNear]), op.list([batch, 1, seq, past])]);
  const near = pairs(op, seq, seq, (own, key) => key > own - window);
  const fresh = op.emit("Expand", [near ?? op.scalar("bool", true), op.list([batch, 1, seq, seq])]);
  return { isCausal, keep: op.concat([kept, fresh], 3), bias: undefined };
}

export interface SunkParts {
  readonly q: ValueId;
  readonly k: ValueId;
  readonly v: ValueId;
  readonly isCausal: boolean;
  readonly mask: ValueId | undefined;
}

interface SinkSize {
  /** [heads] */
  readonly sink: ValueId | undefined;
  readonly batch: number;
  readonly seq: number;
  readonly heads: number;
  readonly keys: number;
  /** Keys of the past. */
  readonly before: number;
}

/** One mask from bias and bool mask; with a sink, the parts with one more key. */
export function withSink(
  op: Expander,
  { isCausal, keep, bias }: KeyMask,
  { q, k, v }: { readonly q: ValueId; readonly k: ValueId; readonly v: ValueId },
  { sink, batch, seq, heads, keys, before }: SinkSize,
): SunkParts {
  const dtype = op.dtype(q);
  const none = op.scalar(dtype, -Infinity);
  if (sink === undefined) {
    const mask = bias === undefined || keep === undefined ? (bias ?? keep) : op.emit("Where", [keep, bias, none]);
    return { q, k, v, isCausal, mask };
  }
  const causal = isCausal ? pairs(op, seq, keys, (query, key) => key <= before + query) : undefined;
  const seen = both(op, keep, causal) ?? op.scalar("bool", true);
  const scores = op.emit("Where", [seen, bias ?? op.scalar(dtype, 0), none]);
  const own = op.emit("Expand", [op.reshape(sink, [1, heads, 1, 1]), op.list([batch, heads, seq, 1])]);
  const others = op.emit("Expand", [scores, op.list([batch, heads, seq, keys])]);
  const zeros = (x: ValueId): ValueId => op.constant(fullTensor(op.dtype(x), [batch, 1, op.width(x)], 0));
  return {
    q,
    k: op.concat([k, zeros(k)], 1),
    v: op.concat([v, zeros(v)], 1),
    isCausal: false,
    mask: op.concat([others, op.cast(own, dtype)], 3),
  };
}

function indices(op: Expander, count: number): ValueId {
  return op.reshape(op.list(Array.from({ length: count }, (_, i) => i)), [1, 1, 1, count]);
}

/** A constant bool mask [1, 1, queries, keys]; undefined if it holds everywhere. */
function pairs(
  op: Expander,
  queries: number,
  keys: number,
  holds: (query: number, key: number) => boolean,
): ValueId | undefined {
  const values = Array.from({ length: queries * keys }, (_, i) => holds(Math.floor(i / keys), i % keys));
  return values.every(Boolean) ? undefined : op.constant(tensorOf("bool", [1, 1, queries, keys], values));
}

function both(op: Expander, a: ValueId | undefined, b: ValueId | undefined): ValueId | undefined {
  return a === undefined || b === undefined ? (a ?? b) : op.emit("And", [a, b]);
}
