// QLinearMatMul: numpy's matmul of quantised matrices, quantised again. Operands: a, its scale and zero point, the same of b,
// and the result's scale and zero point.
import { matMulMacs, matMulShape } from "../math/batched-matmul.ts";
import { integerMatMul, productScales, rowSteps } from "../math/integer-products.ts";
import { broadcastReader, quantizeNumbers } from "../math/quantize.ts";
import { defineOp } from "../op-definition.ts";

export const qLinearMatMulOp = defineOp({
  kind: "QLinearMatMul",
  versions: [10, 21],
  traits: ["contraction"],
  operands: [8, 8],
  infer: ({ operand }) => {
    const [a, b] = [operand(0).shape, operand(3).shape];
    return [{ dtype: operand(7).dtype, shape: a && b && matMulShape(a, b) }];
  },
  evaluate: ({ operand, result }) => {
    const { dtype, shape } = result(0);
    const a = { tensor: operand(0), scale: operand(1), zeroPoint: operand(2) };
    const b = { tensor: operand(3), scale: operand(4), zeroPoint: operand(5) };
    const sums = integerMatMul(a, b).data;
    const factor = productScales(a, b, shape);
    const hasColumns = b.tensor.shape.length > 1;
    const scale = broadcastReader(operand(6), 1, shape, rowSteps(operand(6), hasColumns));
    const zeroPoint = broadcastReader(operand(7), 0, shape, rowSteps(operand(7), hasColumns));
    return [quantizeNumbers((i) => (sums[i]! * factor(i)) / scale(i), shape, dtype, zeroPoint)];
  },
  macs: ({ operands, results }) => matMulMacs(operands[0]?.shape ?? [], results[0]?.shape ?? []),
});
