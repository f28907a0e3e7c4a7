// Mul: product with broadcasting; integers wrap.
import { defineBinary } from "../families/elementwise.ts";

export const mulOp = defineBinary({
  kind: "Mul",
  versions: [7, 13, 14],
  missing: [1, 6],
  traits: ["commutative"],
  fn: { float: (a, b) => a * b, int: Math.imul, bigint: (a, b) => a * b },
});
