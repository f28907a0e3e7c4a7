// com.microsoft QuickGelu: x * sigmoid(alpha * x). onnxruntime writes SiLU as QuickGelu with alpha 1.
import { float } from "../../attr-spec.ts";
import { defineUnary } from "../../families/elementwise.ts";
import { sigmoid } from "../../math/special.ts";

export const quickGeluOp = defineUnary({
  domain: "com.microsoft",
  kind: "QuickGelu",
  versions: [1],
  traits: ["compound"],
  attrs: { alpha: float(1.702) },
  fn: ({ alpha }) => ({ float: (x) => x * sigmoid(alpha * x) }),
});
