// MatMulIntegerToFloat: numpy's matmul of integers less their zero points, times the scales of both, plus a bias by column.
// Operands: a, b, their scales, their zero points, the bias.
import { fromFloat64 } from "@waferc/numerics";
import { matMulMacs, matMulShape } from "../../math/batched-matmul.ts";
import { floatDType } from "../../math/floats.ts";
import { integerMatMul, productScales } from "../../math/integer-products.ts";
import { broadcastReader } from "../../math/quantize.ts";
import { defineOp } from "../../op-definition.ts";

export const matMulIntegerToFloatOp = defineOp({
  domain: "com.microsoft",
  kind: "MatMulIntegerToFloat",
  versions: [1],
  traits: ["contraction"],
  operands: [4, 7],
  infer: ({ operand }) => {
    const [a, b] = [operand(0).shape, operand(1).shape];
    return [{ dtype: operand(2).dtype, shape: a && b && matMulShape(a, b) }];
  },
  evaluate: ({ operand, optional, result }) => {
    const { dtype, shape } = result(0);
    const a = { tensor: operand(0), scale: operand(2), zeroPoint: optional(4) };
    const b = { tensor: operand(1), scale: operand(3), zeroPoint: optional(5) };
    const factor = productScales(a, b, shape);
    const bias = broadcastReader(optional(6), 0, shape);
    const values = integerMatMul(a, b).data.map((sum, i) => sum * factor(i) + bias(i));
    return [fromFloat64(floatDType(dtype), shape, values)];
  },
  macs: ({ operands, results }) => matMulMacs(operands[0]?.shape ?? [], results[0]?.shape ?? []),
});
