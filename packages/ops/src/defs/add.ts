// Add: sum with broadcasting; integers wrap.
import { defineBinary } from "../families/elementwise.ts";

export const addOp = defineBinary({
  kind: "Add",
  versions: [7, 13, 14],
  missing: [1, 6],
  traits: ["commutative"],
  fn: { float: (a, b) => a + b, int: (a, b) => a + b, bigint: (a, b) => a + b },
});
