// QLinearConv: a convolution of quantised x and filters, quantised again. Operands: x, its scale and zero point, the same of the
// filters (one or one each), the result's scale and zero point, and an i32 bias in steps of x's scale times the filter's.
import { elementCount, toFloat64 } from "@waferc/numerics";
import { int } from "../attr-spec.ts";
import { convolveIntegers, filterSteps } from "../families/integer-convolution.ts";
import { WINDOW_ATTRS } from "../families/windows.ts";
import { broadcastReader, quantizeNumbers, singleNumber } from "../math/quantize.ts";
import { defineOp } from "../op-definition.ts";
import { convShape } from "./conv.ts";

export const qLinearConvOp = defineOp({
  kind: "QLinearConv",
  versions: [10],
  traits: ["contraction"],
  attrs: { ...WINDOW_ATTRS, group: int(1) },
  operands: [8, 9],
  infer: ({ attrs, operand }) => {
    const [x, w] = [operand(0).shape, operand(3).shape];
    return [{ dtype: operand(7).dtype, shape: x && w && convShape(attrs, x, w) }];
  },
  evaluate: ({ attrs, operand, optional, result }) => {
    const { dtype, shape } = result(0);
    const x = { tensor: operand(0), zeroPoint: operand(2) };
    const w = { tensor: operand(3), zeroPoint: operand(5) };
    const bias = optional(8);
    const sums = convolveIntegers(x, w, attrs, shape, bias && toFloat64(bias));
    const [xScale, yScale] = [singleNumber(operand(1), 1, "scale of x"), singleNumber(operand(6), 1, "scale of y")];
    const yZero = singleNumber(operand(7), 0, "zero point of y");
    const wScale = broadcastReader(operand(4), 1, shape, filterSteps(elementCount(operand(4).shape), shape.length - 1));
    return [
      quantizeNumbers(
        (i) => (sums[i]! * xScale * wScale(i)) / yScale,
        shape,
        dtype,
        () => yZero,
      ),
    ];
  },
  macs: ({ operands, results }) =>
    elementCount(results[0]?.shape ?? [0]) * elementCount(operands[3]?.shape.slice(1) ?? []),
});
