// Mish: x tanh(log(1 + exp(x))).
import { defineUnary } from "../families/elementwise.ts";
import { softplus } from "../math/special.ts";

export const mishOp = defineUnary({
  kind: "Mish",
  versions: [18, 22],
  fn: { float: (x) => x * Math.tanh(softplus(x)) },
});
