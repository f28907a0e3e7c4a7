// Mul: product with broadcasting; integers wrap.
import { defineBinary } from "../families/elementwise.ts";

export const mulOp = defineBinary({
  kind: "Mul",
  versions: [1, 6, 7, 13, 14],
  traits: ["commutative"],
  fn: { float: (a, b) => a * b, int: Math.imul, bigint: (a, b) => a * b },
});
