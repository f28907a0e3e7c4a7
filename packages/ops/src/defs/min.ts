// Min: smallest of the operands, with broadcasting; NaN wins.
import { defineVariadic } from "../families/elementwise.ts";

export const minOp = defineVariadic({
  kind: "Min",
  versions: [1, 6, 8, 12, 13],
  fn: { float: Math.min, int: Math.min, bigint: (a, b) => (a < b ? a : b) },
});
