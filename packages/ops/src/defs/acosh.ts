// Acosh: inverse hyperbolic cosine; NaN below 1.
import { defineUnary } from "../families/elementwise.ts";

export const acoshOp = defineUnary({
  kind: "Acosh",
  versions: [9, 22],
  fn: { float: Math.acosh },
});
