// RMSNormalization: x / sqrt(mean(x^2) + epsilon) * scale over the axes from `axis` on, computed in the stash type and
// cast to x's type before the scale.
import { elementCount } from "@waferc/numerics";
import { float, int } from "../attr-spec.ts";
import { rmsNormalize } from "../families/rms-normalization.ts";
import { defineOp } from "../op-definition.ts";

export const rmsNormalizationOp = defineOp({
  kind: "RMSNormalization",
  versions: [23],
  traits: ["reduction", "compound"],
  attrs: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
  operands: [2, 2],
  infer: ({ operand, shape }) => [{ dtype: operand(1).dtype, shape: shape(0) }],
  evaluate: ({ attrs, operand }) => [rmsNormalize(operand(0), operand(1), attrs).y],
  // Square, sum, division and scale.
  flops: ({ operands }) => 4 * elementCount(operands[0]?.shape ?? []),
});
