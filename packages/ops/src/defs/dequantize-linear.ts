// DequantizeLinear: (x - zero point) * scale, in the type of the scale or `output_dtype`, rounded once.
import { int } from "../attr-spec.ts";
import { checkSteps, dequantizeTensor } from "../math/quantize.ts";
import { dtypeAttr } from "../onnx-dtype.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";

export const dequantizeLinearOp = defineOp({
  kind: "DequantizeLinear",
  versions: [10, 13, 19, 21, 23, 24, 25],
  traits: ["elementwise"],
  attrs: { axis: int(1), block_size: int(0), output_dtype: int(0) },
  operands: [2, 3],
  infer: ({ attrs, operand, operands }) => {
    const [x, scale, zeroPoint] = [operand(0), operand(1), operands[2]];
    const steps = { axis: attrs.axis, blockSize: attrs.block_size };
    checkSteps(x.shape, scale.shape, steps);
    checkSteps(x.shape, zeroPoint?.shape, steps);
    const isFitting = zeroPoint?.dtype === undefined || x.dtype === undefined || zeroPoint.dtype === x.dtype;
    require(isFitting, () => `needs zero points of ${x.dtype}, but found ${zeroPoint?.dtype}`);
    return [{ dtype: attrs.output_dtype === 0 ? scale.dtype : dtypeAttr(attrs.output_dtype), shape: x.shape }];
  },
  evaluate: ({ attrs, operand, optional, result }) => {
    const { axis, block_size: blockSize } = attrs;
    return [dequantizeTensor(operand(0), operand(1), optional(2), { dtype: result(0).dtype, axis, blockSize })];
  },
});
