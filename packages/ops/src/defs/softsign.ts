// Softsign: x / (1 + |x|).
import { defineUnary } from "../families/elementwise.ts";

export const softsignOp = defineUnary({
  kind: "Softsign",
  versions: [1, 22],
  fn: { float: (x) => x / (1 + Math.abs(x)) },
});
