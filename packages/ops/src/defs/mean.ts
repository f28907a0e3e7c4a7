// Mean: mean of the operands, with broadcasting.
import { defineVariadic } from "../families/elementwise.ts";
import { mapUnary } from "../math/elementwise.ts";

export const meanOp = defineVariadic({
  kind: "Mean",
  versions: [1, 6, 8, 13],
  fn: { float: (a, b) => a + b },
  finish: (sum, count) => mapUnary(sum, sum.dtype, { float: (x) => x / count }),
});
