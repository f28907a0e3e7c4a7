// SplitToSequence: pieces along an axis as a sequence. Lengths are a list, or one number for all pieces but the last, which may be
// smaller. Without lengths every piece is one position, and `keepdims` 0 takes the axis away.
import { flag, int } from "../attr-spec.ts";
import { sequenceOf } from "../data.ts";
import { integersOf } from "../math/integers.ts";
import { sequenceType } from "../math/sequences.ts";
import { pickTensor, sliceTensor } from "../math/stack.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { normalAxis, printShape } from "../shapes.ts";
import type { Tensor } from "@waferc/numerics";

function pieceLengths(split: Tensor, length: number): readonly number[] {
  const lengths = integersOf(split);
  if (split.shape.length === 0) {
    const piece = lengths[0]!;
    require(piece > 0, () => `cannot split into pieces of length ${piece}`);
    return Array.from({ length: Math.ceil(length / piece) }, (_, i) => Math.min(piece, length - i * piece));
  }
  const isWhole = lengths.every((one) => one >= 0) && lengths.reduce((a, b) => a + b, 0) === length;
  require(isWhole, () => `cannot split length ${length} as ${printShape(lengths)}`);
  return lengths;
}

export const splitToSequenceOp = defineOp({
  kind: "SplitToSequence",
  versions: [11, 24],
  traits: ["movement"],
  attrs: { axis: int(0), keepdims: flag(true) },
  operands: [1, 2],
  infer: ({ attrs, operand, has }) => {
    const { dtype, shape } = operand(0);
    if (shape === undefined) return [sequenceType({ dtype })];
    const axis = normalAxis(attrs.axis, shape.length);
    if (has(1)) return [sequenceType({ dtype, shape: shape.with(axis, "?") })];
    return [sequenceType({ dtype, shape: attrs.keepdims ? shape.with(axis, 1) : shape.toSpliced(axis, 1) })];
  },
  evaluate: ({ attrs, operand, optional }) => {
    const x = operand(0);
    const axis = normalAxis(attrs.axis, x.shape.length);
    const length = x.shape[axis]!;
    const split = optional(1);
    if (split === undefined) {
      const piece = (i: number): Tensor => (attrs.keepdims ? sliceTensor(x, axis, i, 1) : pickTensor(x, axis, i));
      return [
        sequenceOf(
          Array.from({ length }, (_, i) => piece(i)),
          x.dtype,
        ),
      ];
    }
    let start = 0;
    const pieces = pieceLengths(split, length).map((count) => {
      const piece = sliceTensor(x, axis, start, count);
      start += count;
      return piece;
    });
    return [sequenceOf(pieces, x.dtype)];
  },
});
