// Greater: a > b with broadcasting.
import { defineComparison } from "../families/elementwise.ts";

export const greaterOp = defineComparison({
  kind: "Greater",
  versions: [1, 7, 9, 13],
  test: (a, b) => a > b,
  legal: (dtype) => dtype !== "string" && dtype !== "bool",
});
