// Or: one or both, with broadcasting.
import { defineComparison } from "../families/elementwise.ts";

export const orOp = defineComparison({
  kind: "Or",
  versions: [1, 7],
  traits: ["commutative"],
  test: (a, b) => a !== 0 || b !== 0,
  legal: (dtype) => dtype === "bool",
});
