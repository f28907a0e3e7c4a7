// Unsqueeze: lengths of 1 put in at axes of the result. The axes were an attribute until opset 12.
import type { Dim } from "@waferc/ir/graph";
import { reshapeTensor } from "@waferc/numerics";
import { ints } from "../attr-spec.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { normalAxes } from "../shapes.ts";

export const unsqueezeOp = defineOp({
  kind: "Unsqueeze",
  versions: [1, 11, 13, 21, 23, 24, 25],
  traits: ["movement"],
  attrs: { axes: ints() },
  operands: [1, 2],
  infer: (ctx) => {
    const { dtype, shape } = ctx.operand(0);
    if (ctx.version < 13) require(ctx.attrs.axes !== undefined, 'needs attribute "axes"');
    const given = ctx.version < 13 ? ctx.attrs.axes : ctx.ints(1);
    if (shape === undefined || given === undefined) return [{ dtype }];
    const axes = new Set(normalAxes(given, shape.length + given.length));
    const rest = shape.values();
    const dims = Array.from({ length: shape.length + given.length }, (_, axis): Dim =>
      axes.has(axis) ? 1 : (rest.next().value as Dim),
    );
    return [{ dtype, shape: dims }];
  },
  evaluate: ({ operand, result }) => [reshapeTensor(operand(0), result(0).shape)],
});
