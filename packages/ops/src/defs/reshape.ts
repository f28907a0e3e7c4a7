// Reshape: the same elements under another shape. A 0 copies the operand's length unless `allowzero`; one -1 takes what
// is left.
import type { Dim, Shape } from "@waferc/ir/graph";
import { elementCount } from "@waferc/ir/graph";
import { reshapeTensor } from "@waferc/numerics";
import { flag } from "../attr-spec.ts";
import { defineOp } from "../op-definition.ts";
import { OpError, require } from "../op-error.ts";
import { divideShapes, printShape, unknownShape } from "../shapes.ts";

function copyDim(shape: Shape | undefined, axis: number): Dim {
  if (shape === undefined) return "?";
  const dim = shape[axis];
  if (dim === undefined) throw new OpError(`cannot copy length ${axis} of ${printShape(shape)}`);
  return dim;
}

function targetShape(shape: Shape | undefined, target: readonly number[], isZeroKept: boolean): Shape {
  require(target.filter((dim) => dim === -1).length <= 1, () => `needs at most one -1 in ${printShape(target)}`);
  require(target.every((dim) => dim >= -1), () => `needs lengths from -1, but found ${printShape(target)}`);
  const isAmbiguous = isZeroKept && target.includes(0) && target.includes(-1);
  require(!isAmbiguous, () => `cannot find -1 beside 0 in ${printShape(target)} with allowzero`);
  const dims = target.map((dim, axis): Dim => (dim === 0 && !isZeroKept ? copyDim(shape, axis) : dim));
  const free = target.indexOf(-1);
  if (free >= 0) dims[free] = shape === undefined ? "?" : divideShapes(shape, dims.toSpliced(free, 1));
  const [before, after] = [shape && elementCount(shape), elementCount(dims)];
  const isCountKept = before === undefined || after === undefined || before === after;
  require(isCountKept, () => `cannot give ${printShape(shape ?? [])} the shape ${printShape(target)}`);
  return dims;
}

export const reshapeOp = defineOp({
  kind: "Reshape",
  versions: [5, 13, 14, 19, 21, 23, 24, 25],
  missing: [1],
  traits: ["movement"],
  attrs: { allowzero: flag(false) },
  operands: [2, 2],
  infer: (ctx) => {
    const { dtype, shape } = ctx.operand(0);
    const target = ctx.ints(1);
    if (target !== undefined) return [{ dtype, shape: targetShape(shape, target, ctx.attrs.allowzero) }];
    const rank = ctx.shape(1)?.[0];
    return [{ dtype, shape: typeof rank === "number" ? unknownShape(rank) : undefined }];
  },
  evaluate: ({ operand, result }) => [reshapeTensor(operand(0), result(0).shape)],
});
