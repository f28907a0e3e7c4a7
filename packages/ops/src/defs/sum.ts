// Sum: sum of the operands, with broadcasting.
import { defineVariadic } from "../families/elementwise.ts";

export const sumOp = defineVariadic({
  kind: "Sum",
  versions: [1, 6, 8, 13],
  fn: { float: (a, b) => a + b },
});
