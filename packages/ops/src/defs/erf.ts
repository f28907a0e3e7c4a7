// Erf: error function.
import { defineUnary } from "../families/elementwise.ts";
import { erf } from "../math/special.ts";

export const erfOp = defineUnary({
  kind: "Erf",
  versions: [9, 13],
  fn: { float: erf },
});
