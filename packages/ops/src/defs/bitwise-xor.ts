// BitwiseXor: exclusive or of each pair of bits, with broadcasting.
import { defineBinary } from "../families/elementwise.ts";

export const bitwiseXorOp = defineBinary({
  kind: "BitwiseXor",
  versions: [18],
  traits: ["commutative"],
  fn: { int: (a, b) => a ^ b, bigint: (a, b) => a ^ b },
});
