// Round: to the nearest integer, halves to the even one.
import { defineUnary } from "../families/elementwise.ts";
import { roundHalfEven } from "../math/special.ts";

export const roundOp = defineUnary({
  kind: "Round",
  versions: [11, 22],
  fn: { float: roundHalfEven },
});
