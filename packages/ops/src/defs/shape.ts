// Shape: lengths of the operand as i64, from `start` to `end`, which are clamped.
import type { Shape } from "@waferc/ir/graph";
import { isStaticShape } from "@waferc/ir/graph";
import { tensorOf } from "@waferc/numerics";
import { int } from "../attr-spec.ts";
import { defineOp } from "../op-definition.ts";

const clampAxis = (axis: number, rank: number): number => Math.min(Math.max(axis < 0 ? axis + rank : axis, 0), rank);

function chosenDims(shape: Shape, attrs: { readonly start: number; readonly end: number | undefined }): Shape {
  const [start, end] = [clampAxis(attrs.start, shape.length), clampAxis(attrs.end ?? shape.length, shape.length)];
  return shape.slice(start, Math.max(start, end));
}

const shapeTensor = (dims: readonly number[]) => tensorOf("i64", [dims.length], dims);

export const shapeOp = defineOp({
  kind: "Shape",
  versions: [1, 13, 15, 19, 21, 23, 24, 25],
  traits: ["metadata"],
  attrs: { start: int(0), end: int() },
  operands: [1, 1],
  infer: ({ attrs, shape }) => {
    const dims = shape(0);
    return [{ dtype: "i64", shape: [dims === undefined ? "?" : chosenDims(dims, attrs).length] }];
  },
  fold: ({ attrs, shape }) => {
    const dims = shape(0);
    const chosen = dims === undefined ? undefined : chosenDims(dims, attrs);
    return chosen !== undefined && isStaticShape(chosen) ? [shapeTensor(chosen)] : undefined;
  },
  evaluate: ({ attrs, operand }) => [shapeTensor(chosenDims(operand(0).shape, attrs) as readonly number[])],
});
