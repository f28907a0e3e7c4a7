// DynamicQuantizeMatMul: a is quantised to u8 as DynamicQuantizeLinear does, multiplied with integers b less their zero points,
// and scaled back; a bias by column is added. Operands: a, b, b's scale, b's zero point, the bias.
import { fromFloat64 } from "@waferc/numerics";
import { matMulMacs, matMulShape } from "../../math/batched-matmul.ts";
import { floatDType } from "../../math/floats.ts";
import { integerMatMul, productScales } from "../../math/integer-products.ts";
import { broadcastReader, quantizeDynamically } from "../../math/quantize.ts";
import { defineOp } from "../../op-definition.ts";

export const dynamicQuantizeMatMulOp = defineOp({
  domain: "com.microsoft",
  kind: "DynamicQuantizeMatMul",
  versions: [1],
  traits: ["contraction"],
  operands: [3, 5],
  infer: ({ operand }) => {
    const [a, b] = [operand(0), operand(1).shape];
    return [{ dtype: a.dtype, shape: a.shape && b && matMulShape(a.shape, b) }];
  },
  evaluate: ({ operand, optional, result }) => {
    const { dtype, shape } = result(0);
    const { y, scale, zeroPoint } = quantizeDynamically(operand(0));
    const a = { tensor: y, scale, zeroPoint };
    const b = { tensor: operand(1), scale: operand(2), zeroPoint: optional(3) };
    const factor = productScales(a, b, shape);
    const bias = broadcastReader(optional(4), 0, shape);
    const values = integerMatMul(a, b).data.map((sum, i) => sum * factor(i) + bias(i));
    return [fromFloat64(floatDType(dtype), shape, values)];
  },
  macs: ({ operands, results }) => matMulMacs(operands[0]?.shape ?? [], results[0]?.shape ?? []),
});
