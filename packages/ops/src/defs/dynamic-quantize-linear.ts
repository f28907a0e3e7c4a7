// DynamicQuantizeLinear: f32 as u8, with the scale and zero point that its range asks for.
import { quantizeDynamically } from "../math/quantize.ts";
import { defineOp } from "../op-definition.ts";

export const dynamicQuantizeLinearOp = defineOp({
  kind: "DynamicQuantizeLinear",
  versions: [11],
  traits: ["compound"],
  operands: [1, 1],
  results: [1, 3],
  infer: ({ shape }) => [
    { dtype: "u8", shape: shape(0) },
    { dtype: "f32", shape: [] },
    { dtype: "u8", shape: [] },
  ],
  evaluate: ({ operand }) => {
    const { y, scale, zeroPoint } = quantizeDynamically(operand(0));
    return [y, scale, zeroPoint];
  },
});
