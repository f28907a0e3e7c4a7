// com.microsoft FusedMatMul: alpha * A' B', where A' and B' may have their last two axes swapped, or, with transBatch, the
// leading axes rotated so that the first comes to stand before the last.
import { elementCount } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { flag, float } from "../../attr-spec.ts";
import { commonDType } from "../../families/elementwise.ts";
import { matMul, matMulMacs, matMulShape } from "../../math/batched-matmul.ts";
import { mapUnary } from "../../math/elementwise.ts";
import { transposeTensor } from "../../math/views.ts";
import { defineOp } from "../../op-definition.ts";

/** Order of the axes of an operand before the product. */
function axesOf(rank: number, isSwapped: boolean, isRotated: boolean): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  if (rank < 2) return axes;
  const rotated = isRotated ? [...axes.slice(1, -1), 0, rank - 1] : axes;
  if (!isSwapped) return rotated;
  return [...rotated.slice(0, -2), rotated[rank - 1]!, rotated[rank - 2]!];
}

function arranged(x: Tensor, isSwapped: boolean, isRotated: boolean): Tensor {
  const axes = axesOf(x.shape.length, isSwapped, isRotated);
  return axes.every((axis, i) => axis === i) ? x : transposeTensor(x, axes);
}

export const fusedMatMulOp = defineOp({
  domain: "com.microsoft",
  kind: "FusedMatMul",
  versions: [1],
  traits: ["contraction", "compound"],
  attrs: {
    alpha: float(1),
    transA: flag(false),
    transB: flag(false),
    transBatchA: flag(false),
    transBatchB: flag(false),
  },
  operands: [2, 2],
  infer: ({ attrs, operand }) => {
    const [a, b] = [operand(0), operand(1)];
    const dtype = commonDType([a, b]);
    if (a.shape === undefined || b.shape === undefined) return [{ dtype }];
    const [aDims, bDims] = [a.shape, b.shape];
    const left = axesOf(aDims.length, attrs.transA, attrs.transBatchA).map((axis) => aDims[axis]!);
    const right = axesOf(bDims.length, attrs.transB, attrs.transBatchB).map((axis) => bDims[axis]!);
    return [{ dtype, shape: matMulShape(left, right) }];
  },
  evaluate: ({ attrs, operand }) => {
    const a = arranged(operand(0), attrs.transA, attrs.transBatchA);
    const product = matMul(a, arranged(operand(1), attrs.transB, attrs.transBatchB));
    return [mapUnary(product, product.dtype, { float: (x) => attrs.alpha * x })];
  },
  macs: ({ attrs, operands, results }) => {
    const dims = operands[0]?.shape ?? [];
    const inner = axesOf(dims.length, attrs.transA, attrs.transBatchA).map((axis) => dims[axis]!);
    return elementCount(results[0]?.shape ?? []) === 0 ? 0 : matMulMacs(inner, results[0]?.shape ?? []);
  },
});
