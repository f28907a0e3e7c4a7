// Xor: exactly one, with broadcasting.
import { defineComparison } from "../families/elementwise.ts";

export const xorOp = defineComparison({
  kind: "Xor",
  versions: [1, 7],
  traits: ["commutative"],
  test: (a, b) => a !== b,
  legal: (dtype) => dtype === "bool",
});
