// Sub: difference with broadcasting; integers wrap.
import { defineBinary } from "../families/elementwise.ts";

export const subOp = defineBinary({
  kind: "Sub",
  versions: [1, 6, 7, 13, 14],
  fn: { float: (a, b) => a - b, int: (a, b) => a - b, bigint: (a, b) => a - b },
});
