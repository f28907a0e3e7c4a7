// Hardmax: 1 at the first maximum along an axis, 0 elsewhere. Below opset 13 the axis is 1 unless given, and the search runs over
// all axes from it on.
import { elementCount } from "@waferc/numerics";
import { int } from "../attr-spec.ts";
import { inferSameType } from "../families/elementwise.ts";
import { rowsOf } from "../families/softmax.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import { defineOp } from "../op-definition.ts";
import { normalAxis } from "../shapes.ts";

export const hardmaxOp = defineOp({
  kind: "Hardmax",
  versions: [1, 11, 13],
  traits: ["reduction"],
  attrs: { axis: int() },
  operands: [1, 1],
  infer: (ctx) => {
    const rank = ctx.shape(0)?.length;
    if (rank !== undefined && rank > 0 && ctx.version >= 13) normalAxis(ctx.attrs.axis ?? -1, rank);
    return inferSameType(ctx);
  },
  evaluate: ({ attrs, version, operand }) => {
    const x = operand(0);
    const dtype = floatDType(x.dtype);
    const [from, to] = [floatsOf(x), newFloats(dtype, elementCount(x.shape))];
    const { length, stride } = rowsOf(x.shape, attrs.axis, version);
    for (let row = 0; row < from.length / length; row++) {
      const base = Math.floor(row / stride) * length * stride + (row % stride);
      let best = 0;
      for (let i = 1; i < length; i++) if (from[base + i * stride]! > from[base + best * stride]!) best = i;
      to[base + best * stride] = 1;
    }
    return [finishFloats(dtype, x.shape, to)];
  },
});
