// Cosh: hyperbolic cosine.
import { defineUnary } from "../families/elementwise.ts";

export const coshOp = defineUnary({
  kind: "Cosh",
  versions: [9, 22],
  fn: { float: Math.cosh },
});
