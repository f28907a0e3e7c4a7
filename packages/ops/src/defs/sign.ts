// Sign: -1, 0 or 1; NaN stays.
import { defineUnary } from "../families/elementwise.ts";

export const signOp = defineUnary({
  kind: "Sign",
  versions: [9, 13],
  fn: { float: Math.sign, int: Math.sign, bigint: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n) },
});
