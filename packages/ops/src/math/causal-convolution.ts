// A convolution of each row over time with taps of its own, which sees only what came before: rows hold the past first,
// (taps - 1) * dilation positions of it. In doubles.
import type { Floats } from "./floats.ts";

export interface CausalSize {
  /** Rows in all, and how many of them have different taps: row i has those of i modulo that. */
  readonly rows: number;
  readonly channels: number;
  /** Positions of a row behind the past. */
  readonly length: number;
  readonly taps: number;
  readonly dilation: number;
}

/** Positions before the first one that a convolution reads. */
export function pastLength(taps: number, dilation: number): number {
  return (taps - 1) * dilation;
}

/** [rows, length] from x of [rows, past + length], weights of [channels, taps] and biases of [channels]. */
export function convolveCausally(x: Floats, weights: Floats, bias: Floats | undefined, size: CausalSize): Float64Array {
  const { rows, channels, length, taps, dilation } = size;
  const width = pastLength(taps, dilation) + length;
  const to = new Float64Array(rows * length);
  for (let row = 0; row < rows; row++) {
    const channel = row % channels;
    for (let i = 0; i < length; i++) {
      let sum = bias?.[channel] ?? 0;
      for (let tap = 0; tap < taps; tap++) {
        sum += weights[channel * taps + tap]! * x[row * width + i + tap * dilation]!;
      }
      to[row * length + i] = sum;
    }
  }
  return to;
}
