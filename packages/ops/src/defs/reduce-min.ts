// ReduceMin: smallest along axes, the largest value of the type of nothing; NaN wins.
import { defineReduction, highest } from "../families/reduction.ts";

export const reduceMinOp = defineReduction({
  kind: "ReduceMin",
  versions: [1, 11, 12, 13, 18, 20],
  axesOperandSince: 18,
  fn: { start: highest, step: (min, x) => Math.min(min, x), bigintStep: (min, x) => (x < min ? x : min) },
});
