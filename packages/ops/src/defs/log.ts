// Log: natural logarithm.
import { defineUnary } from "../families/elementwise.ts";

export const logOp = defineUnary({
  kind: "Log",
  versions: [1, 6, 13],
  fn: { float: Math.log },
});
