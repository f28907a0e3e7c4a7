// Cos: cosine of radians.
import { defineUnary } from "../families/elementwise.ts";

export const cosOp = defineUnary({
  kind: "Cos",
  versions: [7, 22],
  fn: { float: Math.cos },
});
