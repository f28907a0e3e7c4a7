// ReduceSumSquare: sum of squares along axes; 0 of nothing.
import { defineReduction } from "../families/reduction.ts";

export const reduceSumSquareOp = defineReduction({
  kind: "ReduceSumSquare",
  versions: [1, 11, 13, 18],
  axesOperandSince: 18,
  fn: { start: () => 0, step: (sum, x) => sum + x * x, bigintStep: (sum, x) => sum + x * x },
});
