// com.microsoft GatedRMSNorm: x / sqrt(mean(x^2) + epsilon) * scale * SiLU(gate), over groups of as many neighbouring
// elements as scale has. All in one go, rounded once.
import { elementCount } from "@waferc/numerics";
import { float } from "../../attr-spec.ts";
import { commonDType } from "../../families/elementwise.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../../math/floats.ts";
import { normalizeRows } from "../../math/normalize.ts";
import { sigmoid } from "../../math/special.ts";
import { defineOp } from "../../op-definition.ts";
import { require } from "../../op-error.ts";
import { printShape } from "../../shapes.ts";

export const gatedRMSNormOp = defineOp({
  domain: "com.microsoft",
  kind: "GatedRMSNorm",
  versions: [1],
  traits: ["reduction", "compound"],
  attrs: { epsilon: float(1e-5) },
  operands: [3, 3],
  infer: ({ operand, shape }) => {
    const [width, group] = [shape(0)?.at(-1), shape(1)?.[0]];
    const isWhole = typeof width !== "number" || typeof group !== "number" || width % group === 0;
    require(isWhole, () => `cannot divide rows of ${width} into groups of ${group}`);
    require((shape(1)?.length ?? 1) === 1, () => `needs a scale of rank 1, but found ${printShape(shape(1) ?? [])}`);
    return [{ dtype: commonDType([operand(0), operand(1), operand(2)]), shape: shape(0) }];
  },
  evaluate: ({ attrs, operand }) => {
    const { dtype, shape } = operand(0);
    const [scale, gate] = [floatsOf(operand(1)), floatsOf(operand(2))];
    const { normal } = normalizeRows(floatsOf(operand(0)), scale.length, attrs.epsilon, false);
    const to = newFloats(floatDType(dtype), normal.length);
    for (let i = 0; i < to.length; i++) {
      to[i] = normal[i]! * scale[i % scale.length]! * gate[i]! * sigmoid(gate[i]!);
    }
    return [finishFloats(floatDType(dtype), shape, to)];
  },
  // Square, sum, division, scale, gate, sigmoid, product.
  flops: ({ operands }) => 7 * elementCount(operands[0]?.shape ?? []),
});
