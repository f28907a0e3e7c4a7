// MatMul: numpy's matmul.
import { commonDType } from "../families/elementwise.ts";
import { matMul, matMulMacs, matMulShape } from "../math/batched-matmul.ts";
import { defineOp } from "../op-definition.ts";

export const matMulOp = defineOp({
  kind: "MatMul",
  versions: [1, 9, 13],
  traits: ["contraction"],
  operands: [2, 2],
  infer: ({ operand }) => {
    const [a, b] = [operand(0), operand(1)];
    const dtype = commonDType([a, b]);
    if (a.shape === undefined || b.shape === undefined) return [{ dtype }];
    return [{ dtype, shape: matMulShape(a.shape, b.shape) }];
  },
  evaluate: ({ operand }) => [matMul(operand(0), operand(1))],
  macs: ({ operands, results }) => matMulMacs(operands[0]?.shape ?? [], results[0]?.shape ?? []),
});
