// ReduceMax: largest along axes, the smallest value of the type of nothing; NaN wins.
import { defineReduction, lowest } from "../families/reduction.ts";

export const reduceMaxOp = defineReduction({
  kind: "ReduceMax",
  versions: [1, 11, 12, 13, 18, 20],
  axesOperandSince: 18,
  fn: { start: lowest, step: (max, x) => Math.max(max, x), bigintStep: (max, x) => (x > max ? x : max) },
});
