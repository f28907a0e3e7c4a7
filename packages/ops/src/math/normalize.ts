// The common stage of layer and RMS normalisation, on rows of `width` elements, in double precision.
import type { Floats } from "./floats.ts";

export interface Normalized {
  /** (x - mean) times the inverse deviation; mean 0 if it is not taken off. */
  readonly normal: Float64Array;
  readonly means: Float64Array;
  /** 1 / sqrt(mean square + epsilon), by row. */
  readonly inverses: Float64Array;
}

export function normalizeRows(x: Floats, width: number, epsilon: number, isCentered: boolean): Normalized {
  const rows = width === 0 ? 0 : x.length / width;
  const normal = new Float64Array(x.length);
  const means = new Float64Array(rows);
  const inverses = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const start = row * width;
    let sum = 0;
    if (isCentered) for (let i = 0; i < width; i++) sum += x[start + i]!;
    const mean = sum / width;
    let squares = 0;
    for (let i = 0; i < width; i++) squares += (x[start + i]! - mean) ** 2;
    const inverse = 1 / Math.sqrt(squares / width + epsilon);
    for (let i = 0; i < width; i++) normal[start + i] = (x[start + i]! - mean) * inverse;
    means[row] = mean;
    inverses[row] = inverse;
  }
  return { normal, means, inverses };
}
