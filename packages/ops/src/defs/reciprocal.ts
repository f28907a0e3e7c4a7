// Reciprocal: 1 / x.
import { defineUnary } from "../families/elementwise.ts";

export const reciprocalOp = defineUnary({
  kind: "Reciprocal",
  versions: [1, 6, 13],
  fn: { float: (x) => 1 / x },
});
