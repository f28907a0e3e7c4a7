// LpNormalization: x / its p-norm along an axis; where the norm is 0, the result is 0.
import { elementCount } from "@waferc/numerics";
import { int } from "../attr-spec.ts";
import { inferSameType } from "../families/elementwise.ts";
import { absolutePower, normOrder, root } from "../families/lp.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import { defineOp } from "../op-definition.ts";
import { normalAxis } from "../shapes.ts";

export const lpNormalizationOp = defineOp({
  kind: "LpNormalization",
  versions: [1, 22],
  traits: ["reduction", "compound"],
  attrs: { axis: int(-1), p: normOrder },
  operands: [1, 1],
  infer: inferSameType,
  evaluate: ({ attrs, operand }) => {
    const x = operand(0);
    const dtype = floatDType(x.dtype);
    const axis = normalAxis(attrs.axis, x.shape.length);
    const [length, inner] = [x.shape[axis]!, elementCount(x.shape.slice(axis + 1))];
    const [from, y] = [floatsOf(x), newFloats(dtype, x.data.length)];
    for (let line = 0; line < elementCount(x.shape.toSpliced(axis, 1)); line++) {
      const start = Math.floor(line / inner) * length * inner + (line % inner);
      let sum = 0;
      for (let i = 0; i < length; i++) sum += absolutePower(from[start + i * inner]!, attrs.p);
      const norm = root(sum, attrs.p);
      for (let i = 0; i < length; i++) y[start + i * inner] = norm === 0 ? 0 : from[start + i * inner]! / norm;
    }
    return [finishFloats(dtype, x.shape, y)];
  },
  flops: ({ operands }) => 3 * elementCount(operands[0]?.shape ?? []),
});
