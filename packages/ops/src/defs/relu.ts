// Relu: max(x, 0); NaN stays.
import { defineUnary } from "../families/elementwise.ts";

export const reluOp = defineUnary({
  kind: "Relu",
  versions: [1, 6, 13, 14],
  fn: { float: (x) => (x < 0 ? 0 : x), int: (x) => Math.max(x, 0), bigint: (x) => (x > 0n ? x : 0n) },
});
