// onnxruntime's Attention and QAttention behind their projection: Q, K and V of one length beside one another in
// [batch, seq, hidden], an optional past [2, batch, heads, past, headDim], and a present of the same form.
import type { Dim, Shape, ValueType } from "@waferc/ir/graph";
import type { Tensor } from "@waferc/numerics";
import { flag, float, int, ints, requiredInt } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { attendHeads, sizeOfHeads } from "../math/attend-heads.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import { columnsOf, headsFirst, joinPast } from "../math/heads.ts";
import { paddingBias } from "../math/padding-mask.ts";
import { computedAngles, rotate } from "../math/rotary.ts";
import { pickTensor, stackTensors } from "../math/stack.ts";
import type { CostContext, InferContext } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { addDims, divideShapes, printShape } from "../shapes.ts";

export const PACKED_ATTRS = {
  do_rotary: flag(false),
  mask_filter_value: float(-10000),
  num_heads: requiredInt,
  past_present_share_buffer: flag(false),
  qkv_hidden_sizes: ints(),
  rotary_embedding_dim: int(0),
  scale: float(0),
  unidirectional: flag(false),
};
export type PackedAttrs = AttrValues<typeof PACKED_ATTRS>;

/** Widths of Q, K and V in a projection of `width` columns. */
export function packedWidths(width: number, { num_heads, qkv_hidden_sizes }: PackedAttrs): readonly number[] {
  const widths = qkv_hidden_sizes ?? [width / 3, width / 3, width / 3];
  const sum = widths.reduce((total, part) => total + part, 0);
  require(widths.length === 3 && sum === width && widths[0] === widths[1], () =>
    `cannot divide ${width} columns into Q, K and V of ${printShape(widths)}`);
  const isWhole = widths.every((part) => Number.isInteger(part / num_heads));
  require(isWhole, () => `cannot divide ${width} columns into Q, K and V of ${num_heads} heads`);
  return widths;
}

/** Types of the result and of the present, for operands x and weights, and the past if there is one. */
export function inferPacked(
  { attrs, shape, has }: InferContext<typeof PACKED_ATTRS>,
  dtype: ValueType["dtype"],
  past: number,
): ValueType[] {
  require(!attrs.past_present_share_buffer, "cannot keep past and present in one buffer (past_present_share_buffer)");
  const [x, weights] = [shape(0), shape(1)];
  if (x === undefined || weights === undefined) return [{ dtype }, { dtype }];
  const areLegal = x.length === 3 && weights.length === 2;
  require(areLegal, () => `needs x of rank 3 and a matrix, but found ${printShape(x)} and ${printShape(weights)}`);
  const [batch, seq] = x as [Dim, Dim];
  const width = weights[1]!;
  const widths = typeof width === "number" ? packedWidths(width, attrs) : undefined;
  const isPastLegal = !has(past) || (shape(past)?.length ?? 5) === 5;
  require(isPastLegal, () => `needs a past of rank 5, but found ${printShape(shape(past) ?? [])}`);
  const before: Dim = has(past) ? (shape(past)?.[3] ?? "?") : 0;
  const headDim: Dim =
    widths === undefined ? divideShapes([width], [3 * attrs.num_heads]) : widths[1]! / attrs.num_heads;
  const present: Shape = [2, batch, attrs.num_heads, addDims([before, seq]), headDim];
  return [
    { dtype, shape: [batch, seq, widths?.[2] ?? "?"] },
    { dtype, shape: present },
  ];
}

export interface PackedOperands {
  /** [batch, seq, hidden of Q + hidden of K + hidden of V] */
  readonly projected: Tensor;
  readonly mask: Tensor | undefined;
  readonly past: Tensor | undefined;
  readonly bias: Tensor | undefined;
}

/** The result and the present, the latter only where keys and values have one width. */
export function attendPacked(attrs: PackedAttrs, given: PackedOperands): { y: Tensor; present: () => Tensor } {
  const { projected, mask, past, bias } = given;
  const [qWidth, kWidth, vWidth] = packedWidths(projected.shape[2]!, attrs) as [number, number, number];
  const before = past?.shape[3] ?? 0;
  const part = (from: number, count: number): Tensor => headsFirst(columnsOf(projected, from, count), attrs.num_heads);
  const turned = (x: Tensor): Tensor => (attrs.do_rotary ? rotateFrom(x, before, attrs.rotary_embedding_dim) : x);
  const [fresh, values] = [turned(part(qWidth, kWidth)), part(qWidth + kWidth, vWidth)];
  const q = turned(part(0, qWidth));
  const k = past === undefined ? fresh : joinPast(pickTensor(past, 0, 0), fresh);
  const v = past === undefined ? values : joinPast(pickTensor(past, 0, 1), values);
  const size = sizeOfHeads({ q, k, v });
  const filter = attrs.mask_filter_value;
  const { y } = attendHeads(
    { q, k, v },
    {
      scale: attrs.scale || 1 / Math.sqrt(size.headDim),
      softcap: 0,
      bias: paddingBias({ mask, filter, bias, isCausal: attrs.unidirectional, past: before }, size),
    },
  );
  return { y, present: () => stackTensors([k, v], 0) };
}

/** Heads turned by their positions, from `before` on, with the frequencies of the RoFormer paper, halves apart. */
function rotateFrom(x: Tensor, before: number, rotary: number): Tensor {
  const [batch, heads, seq, headDim] = x.shape as [number, number, number, number];
  const rotaryDim = rotary || headDim;
  const dtype = floatDType(x.dtype);
  const to = newFloats(dtype, batch * heads * seq * headDim);
  const { cos, sin } = computedAngles(before, seq, rotaryDim);
  rotate(
    floatsOf(x),
    to,
    cos,
    sin,
    { batch, heads, seq, headDim, rotaryDim },
    {
      isInterleaved: false,
      headAt: (b, position, head) => ((b * heads + head) * seq + position) * headDim,
      anglesAt: (_, position) => (position * rotaryDim) / 2,
    },
  );
  return finishFloats(dtype, x.shape, to);
}

/** Multiply-accumulates of projection, scores and weighted sums. */
export function packedMacs({ attrs, operands }: CostContext<typeof PACKED_ATTRS>, past: number): number {
  const [batch = 0, seq = 0, hidden = 0] = operands[0]?.shape ?? [];
  const width = operands[1]?.shape[1] ?? 0;
  const [, kWidth = 0, vWidth = 0] = packedWidths(width, attrs);
  const keys = seq + (operands[past]?.shape[3] ?? 0);
  return batch * seq * (hidden * width + keys * (kWidth + vWidth));
}
