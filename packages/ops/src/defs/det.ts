// Det: determinants of the square matrices in the last two axes, by elimination with row pivots in double precision.
import { elementCount } from "@waferc/numerics";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { canDimsMatch, printShape } from "../shapes.ts";

/** Destroys the matrix, n x n, row-major. */
function determinant(matrix: Float64Array, n: number): number {
  let product = 1;
  for (let step = 0; step < n; step++) {
    let pivot = step;
    for (let row = step + 1; row < n; row++) {
      if (Math.abs(matrix[row * n + step]!) > Math.abs(matrix[pivot * n + step]!)) pivot = row;
    }
    if (pivot !== step) {
      const swapped = matrix.slice(pivot * n, pivot * n + n);
      matrix.copyWithin(pivot * n, step * n, step * n + n);
      matrix.set(swapped, step * n);
      product = -product;
    }
    const head = matrix[step * n + step]!;
    product *= head;
    if (head === 0) return product;
    for (let row = step + 1; row < n; row++) {
      const factor = matrix[row * n + step]! / head;
      for (let column = step; column < n; column++) matrix[row * n + column]! -= factor * matrix[step * n + column]!;
    }
  }
  return product;
}

export const detOp = defineOp({
  kind: "Det",
  versions: [11, 22],
  traits: ["reduction"],
  operands: [1, 1],
  infer: ({ operand }) => {
    const { dtype, shape } = operand(0);
    if (shape === undefined) return [{ dtype }];
    const [rows, columns] = shape.slice(-2);
    const isSquare = rows !== undefined && columns !== undefined && canDimsMatch(rows, columns);
    require(isSquare, () => `needs square matrices, but found ${printShape(shape)}`);
    return [{ dtype, shape: shape.slice(0, -2) }];
  },
  evaluate: ({ operand, result }) => {
    const x = operand(0);
    const { shape } = result(0);
    const n = x.shape.at(-1)!;
    const [from, to] = [floatsOf(x), newFloats(floatDType(x.dtype), elementCount(shape))];
    for (let i = 0; i < to.length; i++) {
      to[i] = determinant(Float64Array.from(from.subarray(i * n * n, (i + 1) * n * n)), n);
    }
    return [finishFloats(floatDType(x.dtype), shape, to)];
  },
  // A third of n^3 products and differences by matrix.
  flops: ({ operands }) => (2 / 3) * elementCount(operands[0]?.shape ?? []) * (operands[0]?.shape.at(-1) ?? 0),
});
