// StringConcat: strings one behind the other, with broadcasting.
import { elementCount, makeTensor } from "@waferc/numerics";
import { commonDType } from "../families/elementwise.ts";
import { stringsOf } from "../math/text.ts";
import { broadcastIndex } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { broadcastTypes } from "../shapes.ts";

export const stringConcatOp = defineOp({
  kind: "StringConcat",
  versions: [20],
  traits: ["elementwise"],
  operands: [2, 2],
  infer: ({ operand }) => {
    const types = [operand(0), operand(1)];
    return [{ dtype: commonDType(types), shape: broadcastTypes(types) }];
  },
  evaluate: ({ operand, result }) => {
    const [left, right] = [operand(0), operand(1)];
    const { shape } = result(0);
    const [heads, tails] = [stringsOf(left), stringsOf(right)];
    const [headAt, tailAt] = [broadcastIndex(left.shape, shape), broadcastIndex(right.shape, shape)];
    const joined = Array.from(
      { length: elementCount(shape) },
      (_, i) => `${heads[headAt?.[i] ?? i]!}${tails[tailAt?.[i] ?? i]!}`,
    );
    return [makeTensor("string", shape, joined)];
  },
});
