// EyeLike: ones on a diagonal of a matrix as large as the operand, zeros elsewhere; `k` counts diagonals upward.
import { makeTensor } from "@waferc/numerics";
import { int } from "../attr-spec.ts";
import { castTensor } from "../math/cast.ts";
import { dtypeAttr } from "../onnx-dtype.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { printShape } from "../shapes.ts";

export const eyeLikeOp = defineOp({
  kind: "EyeLike",
  versions: [9, 22],
  traits: ["metadata"],
  attrs: { dtype: int(), k: int(0) },
  operands: [1, 1],
  infer: ({ attrs, operand }) => {
    const { dtype, shape } = operand(0);
    require(shape === undefined || shape.length === 2, () => `needs a matrix, but found ${printShape(shape ?? [])}`);
    return [{ dtype: attrs.dtype === undefined ? dtype : dtypeAttr(attrs.dtype), shape }];
  },
  evaluate: ({ attrs, result }) => {
    const { dtype, shape } = result(0);
    const [rows, columns] = shape as readonly [number, number];
    const ones = new Uint8Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      const column = row + attrs.k;
      if (column >= 0 && column < columns) ones[row * columns + column] = 1;
    }
    return [castTensor(makeTensor("u8", shape, ones), dtype)];
  },
});
