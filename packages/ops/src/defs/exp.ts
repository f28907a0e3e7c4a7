// Exp: e to the power of x.
import { defineUnary } from "../families/elementwise.ts";

export const expOp = defineUnary({
  kind: "Exp",
  versions: [1, 6, 13],
  fn: { float: Math.exp },
});
