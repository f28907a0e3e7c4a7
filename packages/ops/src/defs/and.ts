// And: both, with broadcasting.
import { defineComparison } from "../families/elementwise.ts";

export const andOp = defineComparison({
  kind: "And",
  versions: [1, 7],
  traits: ["commutative"],
  test: (a, b) => a !== 0 && b !== 0,
  legal: (dtype) => dtype === "bool",
});
