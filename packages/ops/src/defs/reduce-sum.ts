// ReduceSum: sum along axes; 0 of nothing. The axes are an operand since version 13 already.
import { defineReduction } from "../families/reduction.ts";

export const reduceSumOp = defineReduction({
  kind: "ReduceSum",
  versions: [1, 11, 13],
  axesOperandSince: 13,
  fn: { start: () => 0, step: (sum, x) => sum + x, bigintStep: (sum, x) => sum + x },
});
