// Neg: opposite sign.
import { defineUnary } from "../families/elementwise.ts";

export const negOp = defineUnary({
  kind: "Neg",
  versions: [1, 6, 13],
  fn: { float: (x) => -x, int: (x) => -x, bigint: (x) => -x },
});
