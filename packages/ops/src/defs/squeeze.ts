// Squeeze: lengths of 1 taken out, at the given axes or everywhere. The axes were an attribute until opset 12.
import { reshapeTensor } from "@waferc/numerics";
import { ints } from "../attr-spec.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { canDimsMatch, normalAxes, printShape } from "../shapes.ts";

export const squeezeOp = defineOp({
  kind: "Squeeze",
  versions: [1, 11, 13, 21, 23, 24, 25],
  traits: ["movement"],
  attrs: { axes: ints() },
  operands: [1, 2],
  infer: (ctx) => {
    const { dtype, shape } = ctx.operand(0);
    const isAbsent = ctx.version < 13 ? ctx.attrs.axes === undefined : !ctx.has(1);
    const given = ctx.version < 13 ? ctx.attrs.axes : ctx.ints(1);
    if (shape === undefined) return [{ dtype }];
    if (isAbsent) {
      const isKnown = shape.every((dim) => typeof dim === "number");
      return [{ dtype, shape: isKnown ? shape.filter((dim) => dim !== 1) : undefined }];
    }
    if (given === undefined) return [{ dtype }];
    const axes = normalAxes(given, shape.length);
    const isLegal = axes.every((axis) => canDimsMatch(shape[axis] ?? 0, 1));
    require(isLegal, () => `needs length 1 at axes ${printShape(axes)} of ${printShape(shape)}`);
    return [{ dtype, shape: shape.filter((_, axis) => !axes.includes(axis)) }];
  },
  evaluate: ({ operand, result }) => [reshapeTensor(operand(0), result(0).shape)],
});
