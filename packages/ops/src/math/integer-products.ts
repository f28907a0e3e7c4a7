// Products of quantised matrices: integers less their zero points, multiplied and summed exactly in doubles (8-bit operands stay
// below 2^53 up to 2^37 terms). Zero points and scales are one for all, or one for each row of the left and each column of
// the right matrix: as a vector, or with the axes of the matrix.
import { elementCount, makeTensor } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { matMul } from "./batched-matmul.ts";
import { broadcastReader } from "./quantize.ts";
import type { Reader } from "./quantize.ts";
import { numbersOf } from "./scalars.ts";

/**
 * x less its zero points, seen as of shape `aligned`.
 * @throws OpError if that does not broadcast to the shape of x
 */
export function centered(x: Tensor, zeroPoint: Tensor | undefined, aligned?: readonly number[]): Tensor<"f64"> {
  const zeroAt = broadcastReader(zeroPoint, 0, x.shape, aligned);
  return makeTensor(
    "f64",
    x.shape,
    Float64Array.from(numbersOf(x), (q, i) => q - zeroAt(i)),
  );
}

/** Shape of values for each row of a matrix, in a tensor with one more axis behind the rows, or none. */
export function rowSteps(tensor: Tensor | undefined, hasColumns = true): readonly number[] {
  const shape = tensor?.shape ?? [];
  if (elementCount(shape) === 1) return [];
  if (shape.length === 1) return hasColumns ? [...shape, 1] : shape;
  return hasColumns ? shape : shape.slice(0, -1);
}

/** Shape of values for each column of a matrix, in a tensor with an axis of rows before it, or none. */
export function columnSteps(tensor: Tensor | undefined, hasRows = true): readonly number[] {
  const shape = tensor?.shape ?? [];
  if (elementCount(shape) === 1) return [];
  return hasRows || shape.length === 1 ? shape : shape.toSpliced(-2, 1);
}

/** A matrix, or a stack of them, with its zero points. */
export interface Quantized {
  readonly tensor: Tensor;
  readonly zeroPoint: Tensor | undefined;
}

/** Sums of products, as doubles. */
export function integerMatMul(a: Quantized, b: Quantized): Tensor<"f64"> {
  const left = centered(a.tensor, a.zeroPoint, rowSteps(a.zeroPoint, a.tensor.shape.length > 1));
  const right = centered(b.tensor, b.zeroPoint, columnSteps(b.zeroPoint, b.tensor.shape.length > 1));
  return matMul(left, right) as Tensor<"f64">;
}

/** The factor of each sum of a product: scale of its row times scale of its column. */
export function productScales(
  a: { readonly tensor: Tensor; readonly scale: Tensor },
  b: { readonly tensor: Tensor; readonly scale: Tensor },
  shape: readonly number[],
): Reader {
  const aAt = broadcastReader(a.scale, 1, shape, rowSteps(a.scale, b.tensor.shape.length > 1));
  const bAt = broadcastReader(b.scale, 1, shape, columnSteps(b.scale, a.tensor.shape.length > 1));
  return (i) => aAt(i) * bAt(i);
}
