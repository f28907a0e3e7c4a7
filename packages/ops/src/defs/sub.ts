// Sub: difference with broadcasting; integers wrap.
import { defineBinary } from "../families/elementwise.ts";

export const subOp = defineBinary({
  kind: "Sub",
  versions: [7, 13, 14],
  missing: [1, 6],
  fn: { float: (a, b) => a - b, int: (a, b) => a - b, bigint: (a, b) => a - b },
});
