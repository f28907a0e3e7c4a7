// MeanVarianceNormalization: (x - mean) / (sqrt(variance) + 1e-9) over the given axes.
import { elementCount } from "@waferc/numerics";
import { ints } from "../attr-spec.ts";
import { inferSameType } from "../families/elementwise.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import { broadcastIndex } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { normalAxes } from "../shapes.ts";

const EPSILON = 1e-9;

export const meanVarianceNormalizationOp = defineOp({
  kind: "MeanVarianceNormalization",
  versions: [9, 13],
  traits: ["reduction", "compound"],
  attrs: { axes: ints() },
  operands: [1, 1],
  infer: inferSameType,
  evaluate: ({ attrs, operand }) => {
    const x = operand(0);
    const dtype = floatDType(x.dtype);
    const axes = normalAxes(attrs.axes ?? [0, 2, 3], x.shape.length);
    const kept = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
    const [from, y] = [floatsOf(x), newFloats(dtype, x.data.length)];
    const statisticAt = broadcastIndex(kept, x.shape) ?? Int32Array.from(from, (_, i) => i);
    const [means, variances] = [new Float64Array(elementCount(kept)), new Float64Array(elementCount(kept))];
    const count = from.length / means.length;
    for (let i = 0; i < from.length; i++) means[statisticAt[i]!]! += from[i]! / count;
    for (let i = 0; i < from.length; i++) {
      variances[statisticAt[i]!]! += (from[i]! - means[statisticAt[i]!]!) ** 2 / count;
    }
    for (let i = 0; i < from.length; i++) {
      const at = statisticAt[i]!;
      y[i] = (from[i]! - means[at]!) / (Math.sqrt(variances[at]!) + EPSILON);
    }
    return [finishFloats(dtype, x.shape, y)];
  },
  // Mean, difference, square, variance and division.
  flops: ({ operands }) => 5 * elementCount(operands[0]?.shape ?? []),
});
