// BitwiseNot: the complement of each bit.
import { defineUnary } from "../families/elementwise.ts";

export const bitwiseNotOp = defineUnary({
  kind: "BitwiseNot",
  versions: [18],
  fn: { int: (x) => ~x, bigint: (x) => ~x },
});
