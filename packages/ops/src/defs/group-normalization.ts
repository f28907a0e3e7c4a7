// GroupNormalization: (x - mean) / sqrt(variance + epsilon) * scale + bias over groups of channels and their planes. Scale
// and bias have one number for each group in version 18, for each channel since 21. The first stage computes in the stash
// type, and its result is cast to x's type before the scale.
import { elementCount } from "@waferc/numerics";
import { float, int, requiredInt } from "../attr-spec.ts";
import { inferSameType } from "../families/elementwise.ts";
import { finishFloats, floatDType, floatsOf, newFloats, roundFloats } from "../math/floats.ts";
import { normalizeRows } from "../math/normalize.ts";
import { dtypeAttr } from "../onnx-dtype.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";

export const groupNormalizationOp = defineOp({
  kind: "GroupNormalization",
  versions: [18, 21],
  traits: ["reduction", "compound"],
  attrs: { epsilon: float(1e-5), num_groups: requiredInt, stash_type: int(1) },
  operands: [3, 3],
  infer: (ctx) => {
    const [groups, channels] = [ctx.attrs.num_groups, ctx.shape(0)?.[1]];
    const isWhole = groups >= 1 && (typeof channels !== "number" || channels % groups === 0);
    require(isWhole, () => `needs channels in ${groups} equal groups, but found ${channels}`);
    return inferSameType(ctx);
  },
  evaluate: ({ version, attrs, operand }) => {
    const x = operand(0);
    const dtype = floatDType(x.dtype);
    const stash = floatDType(version < 21 ? x.dtype : dtypeAttr(attrs.stash_type));
    const [channels, groups, width] = [x.shape[1] ?? 1, attrs.num_groups, elementCount(x.shape.slice(2))];
    const [scale, bias] = [floatsOf(operand(1)), floatsOf(operand(2))];
    const needed = version < 21 ? groups : channels;
    const areFitting = scale.length === needed && bias.length === needed;
    require(areFitting, () => `needs ${needed} scales and biases, but found ${scale.length} and ${bias.length}`);
    const { normal } = normalizeRows(floatsOf(x), (channels / groups) * width, attrs.epsilon, true);
    const staged = dtype === stash ? normal : roundFloats(dtype, normal);
    const y = newFloats(dtype, staged.length);
    const share = (channels / needed) * width;
    for (let i = 0; i < y.length; i++) {
      const at = Math.floor(i / share) % needed;
      y[i] = staged[i]! * scale[at]! + bias[at]!;
    }
    return [finishFloats(dtype, x.shape, y)];
  },
  // Mean, difference, square, variance, division, scale and bias.
  flops: ({ operands }) => 7 * elementCount(operands[0]?.shape ?? []),
});
