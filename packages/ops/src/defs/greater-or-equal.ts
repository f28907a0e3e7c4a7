// GreaterOrEqual: a >= b with broadcasting.
import { defineComparison } from "../families/elementwise.ts";

export const greaterOrEqualOp = defineComparison({
  kind: "GreaterOrEqual",
  versions: [12, 16],
  test: (a, b) => a >= b,
  legal: (dtype) => dtype !== "string" && dtype !== "bool",
});
