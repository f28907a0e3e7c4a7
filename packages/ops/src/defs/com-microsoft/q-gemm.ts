// QGemm: alpha times the product of quantised matrices a and b, each transposed or not, plus c, an i32 in steps of alpha times
// both scales that broadcasts to the result. Quantised again if there is a result scale, a float else. Operands: a, its scale
// and zero point, the same of b (one or one a column), c, the result's scale and zero point.
import type { Shape } from "@waferc/ir/graph";
import { fromFloat64 } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { flag, float } from "../../attr-spec.ts";
import { matMulMacs, matMulShape } from "../../math/batched-matmul.ts";
import { floatDType } from "../../math/floats.ts";
import { integerMatMul, productScales } from "../../math/integer-products.ts";
import { broadcastReader, quantizeNumbers, singleNumber } from "../../math/quantize.ts";
import { transposeTensor } from "../../math/views.ts";
import { defineOp } from "../../op-definition.ts";
import { require } from "../../op-error.ts";
import { printShape } from "../../shapes.ts";

function turnedShape(shape: Shape, isTurned: boolean): Shape {
  require(shape.length === 2, () => `needs matrices, but found ${printShape(shape)}`);
  return isTurned ? shape.toReversed() : shape;
}

function turned(tensor: Tensor, isTurned: boolean): Tensor {
  return isTurned ? transposeTensor(tensor, [1, 0]) : tensor;
}

export const qGemmOp = defineOp({
  domain: "com.microsoft",
  kind: "QGemm",
  versions: [1],
  traits: ["contraction"],
  attrs: { alpha: float(1), transA: flag(false), transB: flag(false) },
  operands: [6, 9],
  infer: ({ attrs, has, operand }) => {
    const [a, b] = [operand(0), operand(3)];
    const scaled = has(8) ? operand(8).dtype : a.dtype;
    const dtype = has(7) ? scaled : operand(1).dtype;
    if (a.shape === undefined || b.shape === undefined) return [{ dtype }];
    return [{ dtype, shape: matMulShape(turnedShape(a.shape, attrs.transA), turnedShape(b.shape, attrs.transB)) }];
  },
  evaluate: ({ attrs, operand, optional, result }) => {
    const { dtype, shape } = result(0);
    const a = { tensor: turned(operand(0), attrs.transA), scale: operand(1), zeroPoint: optional(2) };
    const b = { tensor: turned(operand(3), attrs.transB), scale: operand(4), zeroPoint: optional(5) };
    const factor = productScales(a, b, shape);
    const shift = broadcastReader(optional(6), 0, shape);
    const values = integerMatMul(a, b).data.map((sum, i) => (sum + shift(i)) * factor(i) * attrs.alpha);
    if (optional(7) === undefined) return [fromFloat64(floatDType(dtype), shape, values)];
    const [scale, zero] = [singleNumber(optional(7), 1, "scale"), singleNumber(optional(8), 0, "zero point")];
    return [
      quantizeNumbers(
        (i) => values[i]! / scale,
        shape,
        dtype,
        () => zero,
      ),
    ];
  },
  macs: ({ attrs, operands, results }) => {
    const a = operands[0]?.shape ?? [];
    return matMulMacs(attrs.transA ? a.toReversed() : a, results[0]?.shape ?? []);
  },
});
