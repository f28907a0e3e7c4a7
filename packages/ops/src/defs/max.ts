// Max: largest of the operands, with broadcasting; NaN wins.
import { defineVariadic } from "../families/elementwise.ts";

export const maxOp = defineVariadic({
  kind: "Max",
  versions: [1, 6, 8, 12, 13],
  fn: { float: Math.max, int: Math.max, bigint: (a, b) => (a > b ? a : b) },
});
