// LRN: local response normalisation across channels: x / (bias + alpha / size * sum of squares)^beta, the sum over the
// `size` channels around each, those that exist.
import { elementCount } from "@waferc/numerics";
import { float, requiredInt } from "../attr-spec.ts";
import { inferSameType } from "../families/elementwise.ts";
import { planeOf } from "../families/windows.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";

export const lrnOp = defineOp({
  kind: "LRN",
  versions: [1, 13],
  traits: ["compound"],
  attrs: { alpha: float(1e-4), beta: float(0.75), bias: float(1), size: requiredInt },
  operands: [1, 1],
  infer: (ctx) => {
    const shape = ctx.shape(0);
    if (shape !== undefined) planeOf(shape);
    require(ctx.attrs.size >= 1, () => `needs size 1 or more, but found ${ctx.attrs.size}`);
    return inferSameType(ctx);
  },
  evaluate: ({ attrs, operand }) => {
    const x = operand(0);
    const dtype = floatDType(x.dtype);
    const { alpha, beta, bias, size } = attrs;
    const [channels, width] = [x.shape[1]!, elementCount(x.shape.slice(2))];
    const [from, y] = [floatsOf(x), newFloats(dtype, x.data.length)];
    for (let i = 0; i < y.length; i++) {
      const channel = Math.floor(i / width) % channels;
      const first = Math.max(0, channel - Math.floor((size - 1) / 2));
      const last = Math.min(channels - 1, channel + Math.ceil((size - 1) / 2));
      let sum = 0;
      for (let other = first; other <= last; other++) sum += from[i + (other - channel) * width]! ** 2;
      y[i] = from[i]! / (bias + (alpha / size) * sum) ** beta;
    }
    return [finishFloats(dtype, x.shape, y)];
  },
  // Squares and their sum, then a product, a sum, a power and a division.
  flops: ({ attrs, operands }) => (2 * attrs.size + 4) * elementCount(operands[0]?.shape ?? []),
});
