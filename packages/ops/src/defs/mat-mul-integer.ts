// MatMulInteger: numpy's matmul of integers less their zero points, as i32, which wraps.
import { makeTensor } from "@waferc/numerics";
import { matMulMacs, matMulShape } from "../math/batched-matmul.ts";
import { integerMatMul } from "../math/integer-products.ts";
import { defineOp } from "../op-definition.ts";

export const matMulIntegerOp = defineOp({
  kind: "MatMulInteger",
  versions: [10],
  traits: ["contraction"],
  operands: [2, 4],
  infer: ({ operand }) => {
    const [a, b] = [operand(0).shape, operand(1).shape];
    return [{ dtype: "i32", shape: a && b && matMulShape(a, b) }];
  },
  evaluate: ({ operand, optional }) => {
    const a = { tensor: operand(0), zeroPoint: optional(2) };
    const { data, shape } = integerMatMul(a, { tensor: operand(1), zeroPoint: optional(3) });
    return [makeTensor("i32", shape, Int32Array.from(data))];
  },
  macs: ({ operands, results }) => matMulMacs(operands[0]?.shape ?? [], results[0]?.shape ?? []),
});
