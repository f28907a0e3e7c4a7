// BitwiseOr: disjunction of each pair of bits, with broadcasting.
import { defineBinary } from "../families/elementwise.ts";

export const bitwiseOrOp = defineBinary({
  kind: "BitwiseOr",
  versions: [18],
  traits: ["commutative"],
  fn: { int: (a, b) => a | b, bigint: (a, b) => a | b },
});
