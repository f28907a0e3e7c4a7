// Atan: inverse tangent, in radians.
import { defineUnary } from "../families/elementwise.ts";

export const atanOp = defineUnary({
  kind: "Atan",
  versions: [7, 22],
  fn: { float: Math.atan },
});
