// The present cache of GroupQueryAttention: rows in the order of tokens, zeros behind them. A windowed cache keeps the latest tokens
// only, oldest first; how many follows from the number of tokens alone.
import type { ValueId } from "@waferc/ir/graph";
import { fullTensor } from "@waferc/numerics";
import type { Expander } from "./expander.ts";

/** Rows of the cache, all of one number, or with numbers that are data, i64 [batch]. */
export type CacheRows = KnownRows | RaggedRows;

export interface KnownRows {
  /** Rows of the past that count. */
  readonly held: number;
  /** Of those and the fresh ones behind them, the present has `kept` from this one on. */
  readonly first: number;
  readonly kept: number;
}

export interface RaggedRows {
  readonly heldOf: ValueId;
  /** Undefined for 0. */
  readonly firstOf: ValueId | undefined;
  readonly keptOf: ValueId;
}

/**
 * Rows that a windowed cache of `capacity` rows holds after `tokens` tokens: all while they fit, and then, whenever it is full, it
 * drops what the window has left behind.
 */
export function windowedRows(tokens: number, capacity: number, window: number): number {
  if (tokens <= capacity) return tokens;
  const dropped = capacity - window + 1;
  return tokens - dropped * Math.ceil((tokens - capacity) / dropped);
}

/** The same for numbers that are data. */
export function windowedRowsOf(op: Expander, tokens: ValueId, capacity: number, window: number): ValueId {
  const number = (value: number): ValueId => op.scalar("i64", value);
  const dropped = capacity - window + 1;
  const excess = op.emit("Add", [tokens, number(dropped - 1 - capacity)]);
  const times = op.emit("Max", [op.emit("Div", [excess, number(dropped)]), number(0)]);
  return op.emit("Sub", [tokens, op.emit("Mul", [times, number(dropped)])]);
}

/** The present of `rows` rows, from all rows [batch, heads, held + seq, headDim]. */
export function placePresent(op: Expander, all: ValueId, { first, kept }: KnownRows, rows: number): ValueId {
  const part = op.slice(all, 2, first, first + kept);
  const [batch = 1, heads = 1, , headDim = 1] = op.shape(all);
  if (kept === rows) return part;
  return op.concat([part, op.constant(fullTensor(op.dtype(all), [batch, heads, rows - kept, headDim], 0))], 2);
}

/** The same where sequences have their own numbers: of `all`, [batch, heads, past + seq, headDim], each takes its own. */
export function gatherPresent(
  op: Expander,
  all: ValueId,
  { heldOf, firstOf, keptOf }: RaggedRows,
  { past, rows }: { readonly past: number; readonly rows: number },
): ValueId {
  const [batch = 1, heads = 1, available = 1, headDim = 1] = op.shape(all);
  const row = op.reshape(op.list(Array.from({ length: rows }, (_, i) => i)), [1, rows]);
  const [own, kept] = [heldOf, keptOf].map((id) => op.reshape(id, [batch, 1])) as [ValueId, ValueId];
  const at = op.plus(row, firstOf && op.reshape(firstOf, [batch, 1]));
  const fresh = op.emit("Sub", [op.emit("Add", [at, op.scalar("i64", past)]), own]);
  const chosen = op.emit("Where", [op.emit("Less", [at, own]), at, fresh]);
  const index = op.emit("Min", [chosen, op.scalar("i64", available - 1)]);
  const isFilled = op.emit("Less", [row, kept]);
  const taken =
    batch === 1
      ? op.gather(all, op.reshape(index, [rows]), 2)
      : op.emit(
          "GatherElements",
          [all, op.emit("Expand", [op.reshape(index, [batch, 1, rows, 1]), op.list([batch, heads, rows, headDim])])],
          { axis: { type: "int", value: 2n } },
        );
  return op.emit("Where", [op.reshape(isFilled, [batch, 1, rows, 1]), taken, op.scalar(op.dtype(all), 0)]);
}
