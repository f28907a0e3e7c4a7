// com.microsoft Gelu: x times the normal distribution function of x, by erf.
import { defineUnary } from "../../families/elementwise.ts";
import { geluErf } from "../../math/special.ts";

export const microsoftGeluOp = defineUnary({
  domain: "com.microsoft",
  kind: "Gelu",
  versions: [1],
  traits: ["compound"],
  fn: { float: geluErf },
});
