// BitShift: unsigned integers shifted left or right, with broadcasting. Shifts by the width or more give 0.
import { bitsOf } from "@waferc/numerics";
import { requiredString } from "../attr-spec.ts";
import { commonDType } from "../families/elementwise.ts";
import { mapBinary } from "../math/elementwise.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { broadcastTypes } from "../shapes.ts";

export const bitShiftOp = defineOp({
  kind: "BitShift",
  versions: [11],
  traits: ["elementwise"],
  attrs: { direction: requiredString },
  operands: [2, 2],
  infer: ({ attrs, operand }) => {
    const types = [operand(0), operand(1)];
    const dtype = commonDType(types);
    const isUnsigned = dtype === undefined || ["u8", "u16", "u32", "u64"].includes(dtype);
    require(isUnsigned, () => `needs unsigned integers, but found ${dtype}`);
    const isDirection = attrs.direction === "LEFT" || attrs.direction === "RIGHT";
    require(isDirection, () => `needs direction LEFT or RIGHT, but found "${attrs.direction}"`);
    return [{ dtype, shape: broadcastTypes(types) }];
  },
  evaluate: ({ attrs, operand, result }) => {
    const width = bitsOf(result(0).dtype);
    const isLeft = attrs.direction === "LEFT";
    return [
      mapBinary(operand(0), operand(1), result(0), {
        int: (x, by) => (by >= width ? 0 : isLeft ? x << by : x >>> by),
        bigint: (x, by) => (by >= BigInt(width) ? 0n : isLeft ? x << by : x >> by),
      }),
    ];
  },
});
