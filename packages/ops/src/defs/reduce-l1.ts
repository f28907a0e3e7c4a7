// ReduceL1: sum of magnitudes along axes; 0 of nothing.
import { defineReduction } from "../families/reduction.ts";

export const reduceL1Op = defineReduction({
  kind: "ReduceL1",
  versions: [1, 11, 13, 18],
  axesOperandSince: 18,
  fn: { start: () => 0, step: (sum, x) => sum + Math.abs(x), bigintStep: (sum, x) => sum + (x < 0n ? -x : x) },
});
