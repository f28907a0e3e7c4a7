// GlobalAveragePool: the mean of each channel's plane.
import { defineGlobalPool } from "../families/global-pool.ts";

export const globalAveragePoolOp = defineGlobalPool({
  kind: "GlobalAveragePool",
  versions: [1, 22],
  pool: (plane) => {
    let sum = 0;
    for (const x of plane) sum += x;
    return sum / plane.length;
  },
});
