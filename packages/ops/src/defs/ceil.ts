// Ceil: smallest integer not below x.
import { defineUnary } from "../families/elementwise.ts";

export const ceilOp = defineUnary({
  kind: "Ceil",
  versions: [6, 13],
  fn: { float: Math.ceil },
});
