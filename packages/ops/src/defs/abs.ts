// Abs: magnitude. The smallest integer of a signed type is its own magnitude, because results wrap.
import { defineUnary } from "../families/elementwise.ts";

export const absOp = defineUnary({
  kind: "Abs",
  versions: [1, 6, 13],
  fn: { float: Math.abs, int: Math.abs, bigint: (x) => (x < 0n ? -x : x) },
});
