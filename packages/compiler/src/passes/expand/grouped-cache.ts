// The present cache of GroupQueryAttention: rows in the order of tokens, zeros behind them. A windowed cache keeps the latest tokens
// only, oldest first; how many follows from the number of tokens alone.
import type { ValueId } from "@waferc/ir/graph";
import { fullTensor } from "@waferc/numerics";
import type { Expander } from "./expander.ts";

/** Rows of the past that count: known, or i64 [batch]. */
export type HeldRows = { readonly count: number } | { readonly counts: ValueId };

export interface CacheRows {
  readonly held: HeldRows;
  /** Of the past's rows and the fresh ones behind them, the present has `kept` from this one on. */
  readonly first: number;
  readonly kept: number;
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

/** The present of `rows` rows, from all rows [batch, heads, held + seq, headDim]. */
export function placePresent(op: Expander, all: ValueId, { first, kept }: CacheRows, rows: number): ValueId {
  const part = op.slice(all, 2, first, first + kept);
  const [batch = 1, heads = 1, , headDim = 1] = op.shape(all);
  if (kept === rows) return part;
  return op.concat([part, op.constant(fullTensor(op.dtype(all), [batch, heads, rows - kept, headDim], 0))], 2);
}

export interface RaggedRows {
  /** [batch], i64 */
  readonly held: ValueId;
  readonly past: number;
  readonly seq: number;
}

/** The same where sequences hold different numbers of rows: of `all`, [batch, heads, past + seq, headDim], each takes its own. */
export function gatherPresent(op: Expander, all: ValueId, { held, past, seq }: RaggedRows, rows: number): ValueId {
  const [batch = 1, heads = 1, , headDim = 1] = op.shape(all);
  const row = op.reshape(op.list(Array.from({ length: rows }, (_, i) => i)), [1, rows]);
  const own = op.reshape(held, [batch, 1]);
  const fresh = op.emit("Sub", [op.emit("Add", [row, op.scalar("i64", past)]), own]);
  const chosen = op.emit("Where", [op.emit("Less", [row, own]), row, fresh]);
  const index = op.emit("Min", [chosen, op.scalar("i64", past + seq - 1)]);
  const isFilled = op.emit("Less", [row, op.emit("Add", [own, op.scalar("i64", seq)])]);
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
