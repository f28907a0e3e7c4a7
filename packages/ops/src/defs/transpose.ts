// Transpose: axes in another order, reversed unless `perm` says which.
import { ints } from "../attr-spec.ts";
import { transposeTensor } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { normalAxes, printShape } from "../shapes.ts";

function permOf(perm: readonly number[] | undefined, rank: number): readonly number[] {
  if (perm === undefined) return Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  require(perm.length === rank, () => `needs ${rank} axes in perm, but found ${printShape(perm)}`);
  require(perm.every((axis) => axis >= 0), () => `needs axes from 0 in perm, but found ${printShape(perm)}`);
  return normalAxes(perm, rank);
}

export const transposeOp = defineOp({
  kind: "Transpose",
  versions: [1, 13, 21, 23, 24, 25],
  traits: ["movement"],
  attrs: { perm: ints() },
  operands: [1, 1],
  infer: ({ attrs, operand }) => {
    const { dtype, shape } = operand(0);
    if (shape === undefined) return [{ dtype, shape: attrs.perm?.map(() => "?") }];
    return [{ dtype, shape: permOf(attrs.perm, shape.length).map((axis) => shape[axis] ?? "?") }];
  },
  evaluate: ({ attrs, operand }) => {
    const x = operand(0);
    return [transposeTensor(x, permOf(attrs.perm, x.shape.length))];
  },
});
