// CumProd: running products along an axis.
import { defineRunning } from "../families/running.ts";

export const cumProdOp = defineRunning({
  kind: "CumProd",
  versions: [26],
  fold: {
    number: { start: 1, step: (product, x) => product * x },
    bigint: { start: 1n, step: (product, x) => product * x },
  },
});
