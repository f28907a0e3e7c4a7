// ReduceL2: square root of the sum of squares along axes; 0 of nothing.
import { defineReduction } from "../families/reduction.ts";

export const reduceL2Op = defineReduction({
  kind: "ReduceL2",
  versions: [1, 11, 13, 18],
  axesOperandSince: 18,
  fn: {
    start: () => 0,
    step: (sum, x) => sum + x * x,
    finish: (sum) => Math.sqrt(sum),
    bigintStep: (sum, x) => sum + x * x,
    bigintFinish: (sum) => BigInt(Math.trunc(Math.sqrt(Number(sum)))),
  },
});
