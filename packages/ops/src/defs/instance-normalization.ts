// InstanceNormalization: (x - mean) / sqrt(variance + epsilon) * scale + bias over the plane of each channel of each batch
// element; scale and bias have one number for each channel.
import { elementCount } from "@waferc/numerics";
import { float } from "../attr-spec.ts";
import { inferSameType } from "../families/elementwise.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import { normalizeRows } from "../math/normalize.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";

export const instanceNormalizationOp = defineOp({
  kind: "InstanceNormalization",
  versions: [1, 6, 22],
  traits: ["reduction", "compound"],
  attrs: { epsilon: float(1e-5) },
  operands: [3, 3],
  infer: inferSameType,
  evaluate: ({ attrs, operand }) => {
    const x = operand(0);
    const dtype = floatDType(x.dtype);
    const [channels, width] = [x.shape[1] ?? 1, elementCount(x.shape.slice(2))];
    const [scale, bias] = [floatsOf(operand(1)), floatsOf(operand(2))];
    const areFitting = scale.length === channels && bias.length === channels;
    require(areFitting, () => `needs ${channels} scales and biases, but found ${scale.length} and ${bias.length}`);
    const { normal } = normalizeRows(floatsOf(x), width, attrs.epsilon, true);
    const y = newFloats(dtype, normal.length);
    for (let i = 0; i < y.length; i++) {
      const channel = Math.floor(i / width) % channels;
      y[i] = normal[i]! * scale[channel]! + bias[channel]!;
    }
    return [finishFloats(dtype, x.shape, y)];
  },
  // Mean, difference, square, variance, division, scale and bias.
  flops: ({ operands }) => 7 * elementCount(operands[0]?.shape ?? []),
});
