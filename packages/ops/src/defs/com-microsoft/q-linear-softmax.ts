// QLinearSoftmax: softmax of a quantised operand, quantised again. `opset` says which version of Softmax chooses the rows.
import { elementCount } from "@waferc/numerics";
import { int, requiredInt } from "../../attr-spec.ts";
import { rowsOf, softmaxRows } from "../../families/softmax.ts";
import { centered } from "../../math/integer-products.ts";
import { broadcastReader, quantizeNumbers } from "../../math/quantize.ts";
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
    const scale = broadcastReader(operand(1), 1, shape, []);
    const real = centered(operand(0), optional(2), optional(2) && []).data.map((q) => q * scale(0));
    const quotients = new Float64Array(elementCount(shape));
    const yScale = broadcastReader(operand(3), 1, shape, [])(0);
    const finish = (x: number, max: number, sum: number): number => Math.exp(x - max) / sum / yScale;
    softmaxRows(real, quotients, rowsOf(shape, attrs.axis, attrs.opset), finish);
    return [quantizeNumbers((i) => quotients[i]!, shape, dtype, broadcastReader(optional(4), 0, shape, []))];
  },
  flops: ({ operands }) => 5 * elementCount(operands[0]?.shape ?? []),
});
