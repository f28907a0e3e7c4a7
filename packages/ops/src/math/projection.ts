// x times a weight matrix plus a bias, as the projections inside onnxruntime's attention ops have them: all in doubles,
// for the caller to round.
import type { Floats } from "./floats.ts";
import { multiplyFloats } from "./matmul.ts";
import type { MatMulSize } from "./matmul.ts";

export interface Projection {
  /** [m, k] */
  readonly x: Floats;
  /** [k, n] */
  readonly weights: Floats;
  /** By column: what products are multiplied with, and what is added then. */
  readonly scale?: ((column: number) => number) | undefined;
  readonly bias?: Floats | undefined;
}

/** [m, n] */
export function projectRows({ x, weights, scale, bias }: Projection, { m, k, n }: MatMulSize): Float64Array {
  const to = new Float64Array(m * n);
  multiplyFloats(x, weights, to, { m, k, n }, { a: 0, b: 0, to: 0 }, new Float64Array(n));
  for (let column = 0; column < n; column++) {
    const [factor, added] = [scale?.(column) ?? 1, bias?.[column] ?? 0];
    for (let i = column; i < to.length; i += n) to[i] = to[i]! * factor + added;
  }
  return to;
}
