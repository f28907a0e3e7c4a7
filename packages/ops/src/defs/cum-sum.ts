// CumSum: running sums along an axis.
import { defineRunning } from "../families/running.ts";

export const cumSumOp = defineRunning({
  kind: "CumSum",
  versions: [11, 14],
  fold: {
    number: { start: 0, step: (sum, x) => sum + x },
    bigint: { start: 0n, step: (sum, x) => sum + x },
  },
});
