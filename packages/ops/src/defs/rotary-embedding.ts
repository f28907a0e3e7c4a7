// RotaryEmbedding: x is [batch, heads, seq, headDim], or [batch, seq, heads * headDim] with `num_heads`. With position_ids
// the caches are [positions, rotaryDim / 2], else [batch, seq, rotaryDim / 2]; a batch of 1 broadcasts, as exporters
// write it.
import { elementCount } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { flag, int } from "../attr-spec.ts";
import { inferSameType } from "../families/elementwise.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import { rotate } from "../math/rotary.ts";
import type { RotaryOptions, RotarySize } from "../math/rotary.ts";
import { defineOp } from "../op-definition.ts";
import { OpError, require } from "../op-error.ts";
import { normalAxis, printShape } from "../shapes.ts";

interface Attrs {
  readonly num_heads: number | undefined;
  readonly rotary_embedding_dim: number;
}

function sizeOf(shape: readonly number[], attrs: Attrs): RotarySize {
  const rotary = (headDim: number): number => attrs.rotary_embedding_dim || headDim;
  if (shape.length === 4) {
    const [batch, heads, seq, headDim] = shape as [number, number, number, number];
    return { batch, heads, seq, headDim, rotaryDim: rotary(headDim) };
  }
  if (shape.length !== 3) throw new OpError(`needs an operand of rank 3 or 4, but found ${printShape(shape)}`);
  const [batch, seq, hidden] = shape as [number, number, number];
  const heads = attrs.num_heads;
  require(heads !== undefined && heads > 0 && hidden % heads === 0, () => `needs num_heads that divides ${hidden}`);
  return { batch, heads, seq, headDim: hidden / heads, rotaryDim: rotary(hidden / heads) };
}

/** Where a head starts, in either layout. */
function headOffsets(rank: number, { heads, seq, headDim }: RotarySize): RotaryOptions["headAt"] {
  if (rank === 4) return (b, position, head) => ((b * heads + head) * seq + position) * headDim;
  return (b, position, head) => ((b * seq + position) * heads + head) * headDim;
}

function angleOffsets(cos: Tensor, ids: readonly number[] | undefined, size: RotarySize): RotaryOptions["anglesAt"] {
  const half = size.rotaryDim / 2;
  require(cos.shape.at(-1) === half, () => `needs caches of width ${half}, but found ${printShape(cos.shape)}`);
  if (ids === undefined) {
    const isShared = cos.shape[0] === 1;
    return (b, position) => ((isShared ? 0 : b) * size.seq + position) * half;
  }
  const rows = ids.map((id) => normalAxis(id, cos.shape[0] ?? 0, "position_ids"));
  const isShared = ids.length === size.seq;
  return (b, position) => rows[(isShared ? 0 : b * size.seq) + position]! * half;
}

export const rotaryEmbeddingOp = defineOp({
  kind: "RotaryEmbedding",
  versions: [23],
  traits: ["compound"],
  attrs: { interleaved: flag(false), num_heads: int(), rotary_embedding_dim: int(0) },
  operands: [3, 4],
  infer: (ctx) => {
    const positions = ctx.has(3) ? ctx.shape(3) : undefined;
    const isMatrix = positions === undefined || positions.length === 2;
    require(isMatrix, () => `needs position_ids of rank 2, but found ${printShape(positions ?? [])}`);
    const rank = ctx.has(3) ? 2 : 3;
    for (const index of [1, 2]) {
      const shape = ctx.shape(index);
      const isFitting = shape === undefined || shape.length === rank;
      require(isFitting, () => `needs caches of rank ${rank}, but found ${printShape(shape ?? [])}`);
    }
    return inferSameType(ctx);
  },
  evaluate: ({ attrs, operand, has, ints }) => {
    const [x, cos, sin] = [operand(0), operand(1), operand(2)];
    const dtype = floatDType(x.dtype);
    const size = sizeOf(x.shape, attrs);
    const to = newFloats(dtype, elementCount(x.shape));
    rotate(floatsOf(x), to, floatsOf(cos), floatsOf(sin), size, {
      isInterleaved: attrs.interleaved,
      headAt: headOffsets(x.shape.length, size),
      anglesAt: angleOffsets(cos, has(3) ? ints(3) : undefined, size),
    });
    return [finishFloats(dtype, x.shape, to)];
  },
  // Two products and an addition.
  flops: ({ operands }) => 3 * elementCount(operands[0]?.shape ?? []),
});
