// Caches of keys and values in buffers, as GroupQueryAttention has them: [batch, heads, rows, headDim], where each
// sequence of the batch fills rows from 0 on, and the rows behind are not defined; here they are zeros.
//
// A windowed cache keeps only the latest positions, oldest first. How many it holds follows from the number of tokens
// alone: all while they fit, and then, whenever it is full, it drops what the window has left behind
// (microsoft/onnxruntime docs/ContribOperators.md, GroupQueryAttention, "Windowed KV Cache").
import type { Tensor } from "@waferc/numerics";
import { require } from "../op-error.ts";
import { newUnits, tensorOfUnits, unitsOf } from "./views.ts";

/** Rows that a windowed cache of `capacity` rows holds after `tokens` tokens. */
export function windowedRows(tokens: number, capacity: number, window: number): number {
  require(window > 0 && window <= capacity, () => `needs a window in 1 .. ${capacity}, the cache, but found ${window}`);
  if (tokens <= capacity) return tokens;
  const dropped = capacity - window + 1;
  return tokens - dropped * Math.ceil((tokens - capacity) / dropped);
}

/** For each sequence, its first `held` rows of the past and then the fresh ones. */
export function appendRows(past: Tensor | undefined, fresh: Tensor, held: readonly number[]): Tensor {
  const [batch, heads, seq, headDim] = fresh.shape as [number, number, number, number];
  const [pastBatch, pastHeads, pastRows = 0, pastDim] = past?.shape ?? [batch, heads, 0, headDim];
  const isLegal = pastBatch === batch && pastHeads === heads && pastDim === headDim;
  require(isLegal && (past === undefined || past.dtype === fresh.dtype), () =>
    `cannot put a past of shape [${past?.shape.join(",")}] before [${fresh.shape.join(",")}]`);
  const most = Math.max(0, ...held);
  require(held.every((rows) => rows >= 0) && most <= pastRows, () =>
    `needs pasts of 0 .. ${pastRows} tokens, the cache, but found ${held.join(", ")}`);
  const rows = most + seq;
  const added = unitsOf(fresh) as Uint32Array; // one width at run time
  const kept = past === undefined ? added : (unitsOf(past) as Uint32Array);
  const to = newUnits(added, batch * heads * rows * headDim) as Uint32Array;
  for (let b = 0; b < batch; b++) {
    const count = held[b]!;
    for (let head = b * heads; head < (b + 1) * heads; head++) {
      const start = head * pastRows * headDim;
      to.set(kept.subarray(start, start + count * headDim), head * rows * headDim);
      to.set(added.subarray(head * seq * headDim, (head + 1) * seq * headDim), (head * rows + count) * headDim);
    }
  }
  return tensorOfUnits(fresh.dtype, [batch, heads, rows, headDim], to);
}

/** A cache of `length` rows: for each sequence, `counts` rows from `firsts` on of what `appendRows` gave. */
export function cacheOf(rows: Tensor, firsts: readonly number[], counts: readonly number[], length: number): Tensor {
  const [batch, heads, available, headDim] = rows.shape as [number, number, number, number];
  const from = unitsOf(rows) as Uint32Array; // one width at run time
  const to = newUnits(from, batch * heads * length * headDim) as Uint32Array;
  for (let b = 0; b < batch; b++) {
    for (let head = b * heads; head < (b + 1) * heads; head++) {
      const start = (head * available + firsts[b]!) * headDim;
      to.set(from.subarray(start, start + counts[b]! * headDim), head * length * headDim);
    }
  }
  return tensorOfUnits(rows.dtype, [batch, heads, length, headDim], to);
}
