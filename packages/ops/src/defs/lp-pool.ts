// LpPool: the p-norm of each window; padding is zeros.
import { elementCount } from "@waferc/numerics";
import { absolutePower, normOrder, root } from "../families/lp.ts";
import { forPoolStretches, poolFlops, POOL_ATTRS, pooledShape, poolWindows } from "../families/pooling.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import { defineOp } from "../op-definition.ts";

export const lpPoolOp = defineOp({
  kind: "LpPool",
  versions: [1, 2, 11, 18, 22],
  traits: ["reduction"],
  attrs: { ...POOL_ATTRS, p: normOrder },
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
    forPoolStretches(windows, elementCount(shape.slice(0, 2)), ({ offsets, start, count, target }) => {
      const sums = new Float64Array(count);
      for (let at = 0; at < offsets.length; at++) {
        if (offsets[at]! >= 0) sums[at % count]! += absolutePower(from[start + offsets[at]!]!, attrs.p);
      }
      for (let i = 0; i < count; i++) to[target + i] = root(sums[i]!, attrs.p);
    });
    return [finishFloats(floatDType(x.dtype), shape, to)];
  },
  flops: (ctx) => 2 * poolFlops(ctx),
});
