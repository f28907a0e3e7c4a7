// Softplus: log(1 + exp(x)), without overflow.
import { defineUnary } from "../families/elementwise.ts";
import { softplus } from "../math/special.ts";

export const softplusOp = defineUnary({
  kind: "Softplus",
  versions: [1, 22],
  fn: { float: softplus },
});
