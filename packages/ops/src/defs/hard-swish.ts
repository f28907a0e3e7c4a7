// HardSwish: x times the hard sigmoid max(0, min(1, x / 6 + 0.5)).
import { defineUnary } from "../families/elementwise.ts";

export const hardSwishOp = defineUnary({
  kind: "HardSwish",
  versions: [14, 22],
  fn: { float: (x) => x * Math.max(0, Math.min(1, x / 6 + 0.5)) },
});
