// Sin: sine of radians.
import { defineUnary } from "../families/elementwise.ts";

export const sinOp = defineUnary({
  kind: "Sin",
  versions: [7, 22],
  fn: { float: Math.sin },
});
