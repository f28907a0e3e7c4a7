// ReduceProd: product along axes; 1 of nothing.
import { defineReduction } from "../families/reduction.ts";

export const reduceProdOp = defineReduction({
  kind: "ReduceProd",
  versions: [1, 11, 13, 18],
  axesOperandSince: 18,
  fn: { start: () => 1, step: (product, x) => product * x, bigintStep: (product, x) => product * x },
});
