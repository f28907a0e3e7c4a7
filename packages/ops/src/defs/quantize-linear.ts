// QuantizeLinear: x / scale, rounded to nearest even, plus a zero point, saturated to the type of the zero point (or
// `output_dtype`, or u8). The division is in the scale's type unless `precision` says another.
import type { DType } from "@waferc/numerics";
import { flag, int } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { floatDType, isComputable } from "../math/floats.ts";
import { checkSteps, quantizeTensor } from "../math/quantize.ts";
import { dtypeAttr } from "../onnx-dtype.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";

const ATTRS = { axis: int(1), saturate: flag(true), block_size: int(0), output_dtype: int(0), precision: int(0) };

function targetOf({ output_dtype: number }: AttrValues<typeof ATTRS>, zeroPoint: DType | undefined): DType {
  const asked = number === 0 ? undefined : dtypeAttr(number);
  const areEqual = asked === undefined || zeroPoint === undefined || asked === zeroPoint;
  require(areEqual, () => `needs zero points of ${asked}, its output_dtype, but found ${zeroPoint}`);
  return asked ?? zeroPoint ?? "u8";
}

export const quantizeLinearOp = defineOp({
  kind: "QuantizeLinear",
  versions: [10, 13, 19, 21, 23, 24, 25],
  traits: ["elementwise"],
  attrs: ATTRS,
  operands: [2, 3],
  infer: ({ attrs, operand, operands }) => {
    const { shape } = operand(0);
    const steps = { axis: attrs.axis, blockSize: attrs.block_size };
    checkSteps(shape, operand(1).shape, steps);
    checkSteps(shape, operands[2]?.shape, steps);
    const zeroPoint = operands[2];
    if (zeroPoint !== undefined && zeroPoint.dtype === undefined) return [{ shape }];
    return [{ dtype: targetOf(attrs, zeroPoint?.dtype), shape }];
  },
  evaluate: ({ attrs, operand, optional, result }) => {
    const scale = operand(1);
    const { axis, block_size: blockSize, saturate } = attrs;
    const stated = attrs.precision === 0 ? scale.dtype : dtypeAttr(attrs.precision);
    const precision = floatDType(isComputable(stated) ? stated : "f32");
    return [
      quantizeTensor(operand(0), scale, optional(2), { dtype: result(0).dtype, axis, blockSize, saturate, precision }),
    ];
  },
});
