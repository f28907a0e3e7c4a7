// NonZero: indices of the elements that are not zero, one column each, in row-major order.
import { makeTensor, stridesOf } from "@waferc/numerics";
import { comparablesOf } from "../math/scalars.ts";
import { defineOp } from "../op-definition.ts";

export const nonZeroOp = defineOp({
  kind: "NonZero",
  versions: [9, 13],
  operands: [1, 1],
  infer: ({ shape }) => {
    const rank = shape(0)?.length;
    return [{ dtype: "i64", shape: [rank ?? "?", "?"] }];
  },
  evaluate: ({ operand }) => {
    const x = operand(0);
    const values = comparablesOf(x);
    const found: number[] = [];
    for (let i = 0; i < values.length; i++) if (Number(values[i]) !== 0) found.push(i);
    const strides = stridesOf(x.shape);
    const indices = x.shape.flatMap((length, axis) =>
      found.map((at) => BigInt(Math.floor(at / strides[axis]!) % length)),
    );
    return [makeTensor("i64", [x.shape.length, found.length], BigInt64Array.from(indices))];
  },
});
