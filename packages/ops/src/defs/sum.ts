// Sum: sum of the operands, with broadcasting. Every partial sum is rounded, as ONNX leaves the order open.
import { defineVariadic } from "../families/elementwise.ts";

export const sumOp = defineVariadic({
  kind: "Sum",
  versions: [8, 13],
  fn: { float: (a, b) => a + b },
});
