// QLinearSoftmax: softmax of a quantised operand, quantised again. `opset` says which version of Softmax chooses the rows.
import { elementCount } from "@waferc/numerics";
import { int, requiredInt } from "../../attr-spec.ts";
import { rowsOf, softmaxRows } from "../../families/softmax.ts";
import { quantizeNumbers, singleNumber } from "../../math/quantize.ts";
import { numbersOf } from "../../math/scalars.ts";
import { inferSameType } from "../../families/elementwise.ts";
import { defineOp } from "../../op-definition.ts";

export const qLinearSoftmaxOp = defineOp({
  domain: "com.microsoft",
  kind: "QLinearSoftmax",
  versions: [1],
  traits: ["reduction"],
  attrs: { axis: int(-1), opset: requiredInt },
  operands: [5, 5],
  infer: inferSameType,
  evaluate: ({ attrs, operand, optional, result }) => {
    const { dtype, shape } = result(0);
    const [scale, zero] = [singleNumber(operand(1), 1, "scale"), singleNumber(optional(2), 0, "zero point")];
    const real = Float64Array.from(numbersOf(operand(0)), (q) => (q - zero) * scale);
    const quotients = new Float64Array(elementCount(shape));
    const [yScale, yZero] = [singleNumber(operand(3), 1, "scale"), singleNumber(optional(4), 0, "zero point")];
    const finish = (x: number, max: number, sum: number): number => Math.exp(x - max) / sum / yScale;
    softmaxRows(real, quotients, rowsOf(shape, attrs.axis, attrs.opset), finish);
    return [
      quantizeNumbers(
        (i) => quotients[i]!,
        shape,
        dtype,
        () => yZero,
      ),
    ];
  },
  flops: ({ operands }) => 5 * elementCount(operands[0]?.shape ?? []),
});
