// Acos: inverse cosine, in radians; NaN outside of -1 .. 1.
import { defineUnary } from "../families/elementwise.ts";

export const acosOp = defineUnary({
  kind: "Acos",
  versions: [7, 22],
  fn: { float: Math.acos },
});
