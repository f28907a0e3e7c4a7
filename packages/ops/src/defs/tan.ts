// Tan: tangent of radians.
import { defineUnary } from "../families/elementwise.ts";

export const tanOp = defineUnary({
  kind: "Tan",
  versions: [7, 22],
  fn: { float: Math.tan },
});
