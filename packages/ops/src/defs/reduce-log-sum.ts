// ReduceLogSum: logarithm of the sum along axes; minus infinity of nothing.
import { defineReduction } from "../families/reduction.ts";

export const reduceLogSumOp = defineReduction({
  kind: "ReduceLogSum",
  versions: [1, 11, 13, 18],
  axesOperandSince: 18,
  fn: { start: () => 0, step: (sum, x) => sum + x, finish: (sum) => Math.log(sum) },
});
