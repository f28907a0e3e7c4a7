// What ops of ai.onnx.ml on rows of features share: operands [N, C] of any numeric type, [C] being one row; results are f32.
import type { Dim, Shape } from "@waferc/ir/graph";
import { toFloat64 } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { OpError, require } from "../op-error.ts";
import { printShape } from "../shapes.ts";

export interface FeatureRows {
  readonly data: Float64Array;
  readonly rows: number;
  readonly width: number;
}

/** The rows of a tensor; 64-bit integers beyond 2^53 lose digits, as they do in f32. */
export function featureRows(x: Tensor): FeatureRows {
  if (x.dtype === "string") throw new OpError("needs an operand of numbers, but found string");
  const [rows, width] = rowShape(x.shape) as readonly [number, number];
  return { data: toFloat64(x), rows, width };
}

/** [N, C] of a shape. */
export function rowShape(shape: Shape): readonly [Dim, Dim] {
  require(shape.length === 1 || shape.length === 2, () =>
    `needs features [N, C] or [C], but found ${printShape(shape)}`);
  return [shape.length === 2 ? shape[0]! : 1, shape.at(-1)!];
}

/** Parameters of one for each feature, or one for all. */
export function perFeature(values: readonly number[], width: number, what: string): (feature: number) => number {
  require(values.length === 1 || values.length === width, () =>
    `needs 1 or ${width} values of ${what}, but found ${values.length}`);
  return values.length === 1 ? () => values[0]! : (feature) => values[feature]!;
}
