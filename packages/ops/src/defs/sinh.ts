// Sinh: hyperbolic sine.
import { defineUnary } from "../families/elementwise.ts";

export const sinhOp = defineUnary({
  kind: "Sinh",
  versions: [9, 22],
  fn: { float: Math.sinh },
});
