// Ceil: smallest integer not below x.
import { defineUnary } from "../families/elementwise.ts";

export const ceilOp = defineUnary({
  kind: "Ceil",
  versions: [1, 6, 13],
  fn: { float: Math.ceil },
});
