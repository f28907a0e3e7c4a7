// Floor: largest integer not above x.
import { defineUnary } from "../families/elementwise.ts";

export const floorOp = defineUnary({
  kind: "Floor",
  versions: [1, 6, 13],
  fn: { float: Math.floor },
});
