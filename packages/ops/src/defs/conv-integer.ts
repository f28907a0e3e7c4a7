// ConvInteger: a convolution of integers less their zero points, as i32, which wraps. x has one zero point, the filters one or
// one each. Padding is the zero point of x.
import { elementCount, makeTensor } from "@waferc/numerics";
import { int } from "../attr-spec.ts";
import { convolveIntegers } from "../families/integer-convolution.ts";
import { WINDOW_ATTRS } from "../families/windows.ts";
import { defineOp } from "../op-definition.ts";
import { convShape } from "./conv.ts";

export const convIntegerOp = defineOp({
  kind: "ConvInteger",
  versions: [10],
  traits: ["contraction"],
  attrs: { ...WINDOW_ATTRS, group: int(1) },
  operands: [2, 4],
  infer: ({ attrs, operand }) => {
    const [x, w] = [operand(0).shape, operand(1).shape];
    return [{ dtype: "i32", shape: x && w && convShape(attrs, x, w) }];
  },
  evaluate: ({ attrs, operand, optional, result }) => {
    const { shape } = result(0);
    const x = { tensor: operand(0), zeroPoint: optional(2) };
    const sums = convolveIntegers(x, { tensor: operand(1), zeroPoint: optional(3) }, attrs, shape);
    return [makeTensor("i32", shape, Int32Array.from(sums))];
  },
  macs: ({ operands, results }) =>
    elementCount(results[0]?.shape ?? [0]) * elementCount(operands[1]?.shape.slice(1) ?? []),
});
