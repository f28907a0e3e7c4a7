// GlobalMaxPool: the largest element of each channel's plane; NaN wins.
import { defineGlobalPool } from "../families/global-pool.ts";

export const globalMaxPoolOp = defineGlobalPool({
  kind: "GlobalMaxPool",
  versions: [1, 22],
  pool: (plane) => {
    let best = -Infinity;
    for (const x of plane) best = Math.max(best, x);
    return best;
  },
});
