// BitCast: the same bits as elements of another dtype of equal width. A bool made of other bits than 0 or 1 is 1.
import { bitsOf, bytesOf, tensorFromBytes } from "@waferc/numerics";
import type { DType } from "@waferc/numerics";
import { requiredInt } from "../attr-spec.ts";
import { dtypeAttr } from "../onnx-dtype.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";

function checkWidths(from: DType | undefined, to: DType): void {
  require(to !== "string" && from !== "string", "cannot take the bits of strings");
  require(from === undefined || bitsOf(from) === bitsOf(to), () =>
    `needs dtypes of equal width, but found ${from} (${bitsOf(from ?? to)} bits) and ${to} (${bitsOf(to)} bits)`);
}

export const bitCastOp = defineOp({
  kind: "BitCast",
  versions: [26],
  traits: ["elementwise"],
  attrs: { to: requiredInt },
  operands: [1, 1],
  infer: ({ attrs, operand, shape }) => {
    const dtype = dtypeAttr(attrs.to);
    checkWidths(operand(0).dtype, dtype);
    return [{ dtype, shape: shape(0) }];
  },
  evaluate: ({ operand, result }) => {
    const { dtype, shape } = result(0);
    const bytes = bytesOf(operand(0));
    return [tensorFromBytes(dtype, shape, dtype === "bool" ? bytes.map((byte) => (byte === 0 ? 0 : 1)) : bytes)];
  },
  flops: () => 0,
});
