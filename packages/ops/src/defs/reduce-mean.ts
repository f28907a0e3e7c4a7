// ReduceMean: mean along axes; undefined (NaN for floats) of nothing. Integers truncate.
import { defineReduction } from "../families/reduction.ts";

export const reduceMeanOp = defineReduction({
  kind: "ReduceMean",
  versions: [1, 11, 13, 18],
  axesOperandSince: 18,
  fn: {
    start: () => 0,
    step: (sum, x) => sum + x,
    finish: (sum, count) => sum / count,
    bigintStep: (sum, x) => sum + x,
    bigintFinish: (sum, count) => (count === 0n ? 0n : sum / count),
  },
});
