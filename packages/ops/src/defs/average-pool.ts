// AveragePool: the mean of each window, of the elements in the plane or, with count_include_pad, of the padding (zeros) too.
// What a window of ceil_mode has beyond the padding never counts.
import { elementCount } from "@waferc/numerics";
import { flag } from "../attr-spec.ts";
import { forPoolStretches, poolFlops, POOL_ATTRS, pooledShape, poolWindows } from "../families/pooling.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import { paddedTapCounts } from "../math/windows.ts";
import { defineOp } from "../op-definition.ts";

export const averagePoolOp = defineOp({
  kind: "AveragePool",
  versions: [1, 7, 10, 11, 19, 22],
  traits: ["reduction"],
  attrs: { ...POOL_ATTRS, count_include_pad: flag(false) },
  operands: [1, 1],
  infer: ({ attrs, operand }) => {
    const { dtype, shape } = operand(0);
    return [{ dtype, shape: shape && pooledShape(attrs, shape) }];
  },
  evaluate: ({ attrs, operand, result }) => {
    const x = operand(0);
    const { shape } = result(0);
    const windows = poolWindows(attrs, x.shape, shape);
    const [from, to] = [floatsOf(x), newFloats(floatDType(x.dtype), elementCount(shape))];
    const padded = attrs.count_include_pad ? paddedTapCounts(windows) : undefined;
    forPoolStretches(windows, elementCount(shape.slice(0, 2)), (stretch) => {
      const { offsets, start, count, target } = stretch;
      const [sums, counts] = [new Float64Array(count), new Float64Array(count)];
      for (let at = 0; at < offsets.length; at++) {
        if (offsets[at]! < 0) continue;
        sums[at % count]! += from[start + offsets[at]!]!;
        counts[at % count]!++;
      }
      for (let i = 0; i < count; i++) to[target + i] = sums[i]! / (padded?.[stretch.from + i] ?? counts[i]!);
    });
    return [finishFloats(floatDType(x.dtype), shape, to)];
  },
  flops: poolFlops,
});
