// Rotary position embedding: pairs of elements of each head are turned by the angle of their position. The pairs are
// halves apart, or neighbours if interleaved; elements beyond `rotaryDim` pass through.
// Su et al., "RoFormer", arXiv:2104.09864, section 3.4.2.
import { normalAxis } from "../shapes.ts";
import type { Floats } from "./floats.ts";

export interface RotarySize {
  readonly batch: number;
  readonly seq: number;
  readonly heads: number;
  readonly headDim: number;
  readonly rotaryDim: number;
}

export interface RotaryOptions {
  readonly isInterleaved: boolean;
  /** Offset in x of a head at a position. */
  readonly headAt: (batch: number, position: number, head: number) => number;
  /** Offset in the caches of the angles for a position. */
  readonly anglesAt: (batch: number, position: number) => number;
}

/** Writes x, turned, to `to`. `cos` and `sin` have rotaryDim / 2 elements for each angle row. */
export function rotate(
  x: Floats,
  to: Floats,
  cos: Floats,
  sin: Floats,
  { batch, seq, heads, headDim, rotaryDim }: RotarySize,
  { isInterleaved, headAt, anglesAt }: RotaryOptions,
): void {
  const half = rotaryDim / 2;
  const [step, other] = isInterleaved ? [2, 1] : [1, half];
  for (let b = 0; b < batch; b++) {
    for (let position = 0; position < seq; position++) {
      const angles = anglesAt(b, position);
      for (let head = 0; head < heads; head++) {
        const start = headAt(b, position, head);
        for (let i = 0; i < half; i++) {
          const [first, second] = [start + i * step, start + i * step + other];
          const [c, s] = [cos[angles + i]!, sin[angles + i]!];
          to[first] = c * x[first]! - s * x[second]!;
          to[second] = s * x[first]! + c * x[second]!;
        }
        for (let i = rotaryDim; i < headDim; i++) to[start + i] = x[start + i]!;
      }
    }
  }
}

/** Offsets in the caches, [positions, width], of the rows for some positions. */
export function positionRows(positions: readonly number[], [count = 0, width = 0]: readonly number[]): number[] {
  return positions.map((position) => normalAxis(position, count, "position_ids") * width);
}

/** Angles of `count` positions from `first` on: position * 10000^(-2i / rotaryDim), i below rotaryDim / 2. */
export function computedAngles(first: number, count: number, rotaryDim: number): { cos: Floats; sin: Floats } {
  const half = rotaryDim / 2;
  const [cos, sin] = [new Float64Array(count * half), new Float64Array(count * half)];
  for (let i = 0; i < cos.length; i++) {
    const angle = (first + Math.floor(i / half)) * 10000 ** (-(2 * (i % half)) / rotaryDim);
    cos[i] = Math.cos(angle);
    sin[i] = Math.sin(angle);
  }
  return { cos, sin };
}
