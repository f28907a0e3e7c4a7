// Swish: x * sigmoid(alpha * x); SiLU for alpha 1.
import { float } from "../attr-spec.ts";
import { defineUnary } from "../families/elementwise.ts";
import { sigmoid } from "../math/special.ts";

export const swishOp = defineUnary({
  kind: "Swish",
  versions: [24],
  traits: ["compound"],
  attrs: { alpha: float(1) },
  fn: ({ alpha }) => ({ float: (x) => x * sigmoid(alpha * x) }),
});
