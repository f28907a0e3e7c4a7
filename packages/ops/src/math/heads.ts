// Layouts of attention operands: [batch, heads, seq, headDim] and [batch, seq, heads * headDim].
import { elementCount, reshapeTensor, stridesOf } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { OpError, require } from "../op-error.ts";
import { copyView, newUnits, tensorOfUnits, transposeTensor, unitsOf } from "./views.ts";

/** x as [batch, heads, seq, headDim]; `heads` is needed where x has rank 3. */
export function headsFirst(x: Tensor, heads: number | undefined): Tensor {
  if (x.shape.length === 4) return x;
  const [batch, seq, hidden] = x.shape as [number, number, number];
  require(heads !== undefined && hidden % heads === 0, () => `needs a number of heads that divides ${hidden}`);
  return transposeTensor(reshapeTensor(x, [batch, seq, heads, hidden / heads]), [0, 2, 1, 3]);
}

/** The inverse of `headsFirst`. */
export function headsLast(x: Tensor): Tensor {
  const [batch, heads, seq, headDim] = x.shape as [number, number, number, number];
  return reshapeTensor(transposeTensor(x, [0, 2, 1, 3]), [batch, seq, heads * headDim]);
}

/** `past` and then `present` along the sequence, both heads first. */
export function joinPast(past: Tensor | undefined, present: Tensor): Tensor {
  if (past === undefined) return present;
  const [batch, heads, seq, headDim] = present.shape as [number, number, number, number];
  const [pastBatch, pastHeads, pastSeq = 0, pastDim] = past.shape;
  if (pastBatch !== batch || pastHeads !== heads || pastDim !== headDim || past.dtype !== present.dtype) {
    throw new OpError(`cannot put a past of shape [${past.shape.join(",")}] before [${present.shape.join(",")}]`);
  }
  const [before, after] = [unitsOf(past) as Uint32Array, unitsOf(present) as Uint32Array]; // one width at run time
  const shape = [batch, heads, pastSeq + seq, headDim];
  const to = newUnits(after, before.length + after.length) as Uint32Array;
  for (let head = 0; head < batch * heads; head++) {
    const [start, run, pastRun] = [head * (pastSeq + seq) * headDim, seq * headDim, pastSeq * headDim];
    for (let i = 0; i < pastRun; i++) to[start + i] = before[head * pastRun + i]!;
    for (let i = 0; i < run; i++) to[start + pastRun + i] = after[head * run + i]!;
  }
  return tensorOfUnits(present.dtype, shape, to);
}

/** `count` elements of the last axis of x, from one on: how packed projections are taken apart. */
export function columnsOf(x: Tensor, from: number, count: number): Tensor {
  const shape = [...x.shape.slice(0, -1), count];
  return tensorOfUnits(x.dtype, shape, copyView(unitsOf(x), shape, stridesOf(x.shape), from));
}

/** One of the tensors that [batch, seq, heads, several, headDim] holds, heads first. */
export function unpackHeads(x: Tensor, which: number): Tensor {
  const [batch, seq, heads, several, headDim] = x.shape as [number, number, number, number, number];
  const rows = reshapeTensor(x, [batch, seq, heads, several * headDim]);
  return transposeTensor(columnsOf(rows, which * headDim, headDim), [0, 2, 1, 3]);
}

/** Keys and values, both heads first, as [2, batch, heads, seq, headDim]. */
export function stackCaches(keys: Tensor, values: Tensor): Tensor {
  const isSame = keys.shape.every((length, axis) => length === values.shape[axis]);
  if (!isSame) throw new OpError(`cannot stack [${keys.shape.join(",")}] on [${values.shape.join(",")}]`);
  const [first, second] = [unitsOf(keys) as Uint32Array, unitsOf(values) as Uint32Array]; // one width at run time
  const to = newUnits(first, 2 * elementCount(keys.shape)) as Uint32Array;
  to.set(first, 0);
  to.set(second, first.length);
  return tensorOfUnits(keys.dtype, [2, ...keys.shape], to);
}

/** Keys (0) or values (1) of [2, batch, heads, seq, headDim]. */
export function unstackCache(stacked: Tensor, which: 0 | 1): Tensor {
  const shape = stacked.shape.slice(1);
  if (stacked.shape.length !== 5 || stacked.shape[0] !== 2) {
    throw new OpError(`needs a past of shape [2,batch,heads,seq,headDim], but found [${stacked.shape.join(",")}]`);
  }
  const units = copyView(unitsOf(stacked), shape, stridesOf(shape), which * elementCount(shape));
  return tensorOfUnits(stacked.dtype, shape, units);
}
