// Equal: a = b with broadcasting, for numbers, bools and strings. NaN equals nothing.
import { defineComparison } from "../families/elementwise.ts";

export const equalOp = defineComparison({
  kind: "Equal",
  versions: [1, 7, 11, 13, 19],
  traits: ["commutative"],
  test: (a, b) => a === b,
});
