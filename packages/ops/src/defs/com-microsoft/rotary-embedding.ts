// com.microsoft RotaryEmbedding: x is [batch, heads, seq, headDim] or [batch, seq, heads * headDim]. Position ids are
// [batch, seq], [1, seq], or one number, the position of the first element of every sequence; they choose rows of the
// caches, [positions, rotaryDim / 2]. Where the whole head is turned, the width of the caches says how wide heads are;
// with `rotary_embedding_dim`, `num_heads` is needed for x of rank 3. `scale` does nothing on onnxruntime's CPU
// either.
import { elementCount } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { float, flag, int } from "../../attr-spec.ts";
import { inferSameType } from "../../families/elementwise.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../../math/floats.ts";
import { positionRows, rotate } from "../../math/rotary.ts";
import type { RotaryOptions, RotarySize } from "../../math/rotary.ts";
import { defineOp } from "../../op-definition.ts";
import { OpError, require } from "../../op-error.ts";
import { printShape } from "../../shapes.ts";

interface Attrs {
  readonly num_heads: number;
  readonly rotary_embedding_dim: number;
}

function sizeOf(x: readonly number[], cacheWidth: number, attrs: Attrs): RotarySize {
  const rotaryDim = attrs.rotary_embedding_dim || 2 * cacheWidth;
  require(rotaryDim === 2 * cacheWidth, () => `needs caches of width ${rotaryDim / 2}, but found ${cacheWidth}`);
  if (x.length === 4) {
    const [batch, heads, seq, headDim] = x as [number, number, number, number];
    return { batch, heads, seq, headDim, rotaryDim };
  }
  if (x.length !== 3) throw new OpError(`needs an operand of rank 3 or 4, but found ${printShape(x)}`);
  const [batch, seq, hidden] = x as [number, number, number];
  const isPartial = attrs.rotary_embedding_dim > 0;
  require(!isPartial || attrs.num_heads > 0, "needs num_heads beside rotary_embedding_dim");
  const headDim = attrs.num_heads > 0 ? hidden / attrs.num_heads : rotaryDim;
  require(Number.isInteger(hidden / headDim) && Number.isInteger(headDim), () =>
    `cannot divide ${hidden} into heads of ${headDim}`);
  return { batch, heads: hidden / headDim, seq, headDim, rotaryDim };
}

/** Where a head starts, in either layout. */
function headOffsets(rank: number, { heads, seq, headDim }: RotarySize): RotaryOptions["headAt"] {
  if (rank === 4) return (b, position, head) => ((b * heads + head) * seq + position) * headDim;
  return (b, position, head) => ((b * seq + position) * heads + head) * headDim;
}

/** Position of every element: [batch, seq] whatever form the ids have. */
function positionsOf(ids: readonly number[], { batch, seq }: RotarySize): number[] {
  const [count, all] = [ids.length, batch * seq];
  require(count === 1 || count === seq || count === all, () => `needs 1, ${seq} or ${all} positions, but has ${count}`);
  return Array.from({ length: all }, (_, i) => (count === 1 ? ids[0]! + (i % seq) : ids[i % count]!));
}

export const microsoftRotaryEmbeddingOp = defineOp({
  domain: "com.microsoft",
  kind: "RotaryEmbedding",
  versions: [1],
  traits: ["compound"],
  attrs: {
    interleaved: flag(false),
    is_packed_batching: flag(false),
    num_heads: int(0),
    rotary_embedding_dim: int(0),
    scale: float(1),
  },
  operands: [4, 4],
  infer: inferSameType,
  evaluate: ({ attrs, operand, ints }): Tensor[] => {
    const [x, cos, sin] = [operand(0), operand(2), operand(3)];
    const dtype = floatDType(x.dtype);
    const size = sizeOf(x.shape, cos.shape.at(-1) ?? 0, attrs);
    const rows = positionRows(positionsOf(ints(1), size), cos.shape);
    const to = newFloats(dtype, elementCount(x.shape));
    rotate(floatsOf(x), to, floatsOf(cos), floatsOf(sin), size, {
      isInterleaved: attrs.interleaved,
      headAt: headOffsets(x.shape.length, size),
      anglesAt: (b, position) => rows[b * size.seq + position]!,
    });
    return [finishFloats(dtype, x.shape, to)];
  },
  // Two products and an addition.
  flops: ({ operands }) => 3 * elementCount(operands[0]?.shape ?? []),
});
