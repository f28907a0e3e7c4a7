// BitwiseAnd: conjunction of each pair of bits, with broadcasting.
import { defineBinary } from "../families/elementwise.ts";

export const bitwiseAndOp = defineBinary({
  kind: "BitwiseAnd",
  versions: [18],
  traits: ["commutative"],
  fn: { int: (a, b) => a & b, bigint: (a, b) => a & b },
});
