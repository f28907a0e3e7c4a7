// Div: quotient with broadcasting. Integers truncate toward 0; division of an integer by 0 is undefined and gives 0.
import { defineBinary } from "../families/elementwise.ts";

export const divOp = defineBinary({
  kind: "Div",
  versions: [1, 6, 7, 13, 14],
  fn: { float: (a, b) => a / b, int: (a, b) => Math.trunc(a / b), bigint: (a, b) => (b === 0n ? 0n : a / b) },
});
