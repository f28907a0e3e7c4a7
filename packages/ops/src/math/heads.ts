// Layouts of attention operands: [batch, heads, seq, headDim] and [batch, seq, heads * headDim].
import { reshapeTensor } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { OpError, require } from "../op-error.ts";
import { pickTensor, sliceTensor } from "./stack.ts";
import { expandTensor, newUnits, tensorOfUnits, transposeTensor, unitsOf } from "./views.ts";

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
  return sliceTensor(x, x.shape.length - 1, from, count);
}

/** One of the tensors that [batch, seq, heads, several, headDim] holds, heads first. */
export function unpackHeads(x: Tensor, which: number): Tensor {
  return transposeTensor(pickTensor(x, 3, which), [0, 2, 1, 3]);
}

/** x, heads first, with each head `times` times, one after the other. */
export function repeatHeads(x: Tensor, times: number): Tensor {
  const [batch, heads, seq, headDim] = x.shape as [number, number, number, number];
  const grouped = expandTensor(reshapeTensor(x, [batch, heads, 1, seq, headDim]), [batch, heads, times, seq, headDim]);
  return reshapeTensor(grouped, [batch, heads * times, seq, headDim]);
}
