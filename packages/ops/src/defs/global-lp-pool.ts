// GlobalLpPool: the p-norm of each channel's plane.
import { defineGlobalPool } from "../families/global-pool.ts";
import { absolutePower, normOrder, root } from "../families/lp.ts";

export const globalLpPoolOp = defineGlobalPool({
  kind: "GlobalLpPool",
  versions: [1, 2, 22],
  attrs: { p: normOrder },
  pool: (plane, { p }) => {
    let sum = 0;
    for (const x of plane) sum += absolutePower(x, p);
    return root(sum, p);
  },
});
