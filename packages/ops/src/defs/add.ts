// Add: sum with broadcasting; integers wrap.
import { defineBinary } from "../families/elementwise.ts";

export const addOp = defineBinary({
  kind: "Add",
  versions: [1, 6, 7, 13, 14],
  traits: ["commutative"],
  fn: { float: (a, b) => a + b, int: (a, b) => a + b, bigint: (a, b) => a + b },
});
