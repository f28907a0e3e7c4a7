// One direction of a recurrent layer: the sums that gates are made of, and the walk along a sequence. Everything is in doubles, the state too; only the
// results are rounded. Matrices are row-major, one row for each hidden unit of each gate.
import type { Floats } from "./floats.ts";

/** Weights of one direction. */
export interface RecurrentWeights {
  readonly hidden: number;
  /** [gates * hidden, width of x] */
  readonly input: Floats;
  /** [gates * hidden, hidden] */
  readonly state: Floats;
  /** [gates * hidden] each; absent means zeros. */
  readonly inputBias?: Floats | undefined;
  readonly stateBias?: Floats | undefined;
  /** [3 * hidden]: for the input, output and forget gates. */
  readonly peepholes?: Floats | undefined;
}

export interface RecurrentState {
  /** Hidden state [hidden]. */
  h: Float64Array;
  /** Cell state [hidden]; only LSTM uses it. */
  c: Float64Array;
}

/** Takes the state one step further, for x [width]. */
export type RecurrentCell = (weights: RecurrentWeights, x: Floats, state: RecurrentState) => void;

/** `matrix x + bias`, rows `from` to `from + count`. */
export function affineRows(
  matrix: Floats,
  x: Floats,
  bias: Floats | undefined,
  from: number,
  count: number,
): Float64Array {
  const width = x.length;
  const sums = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    let sum = bias?.[from + row] ?? 0;
    const at = (from + row) * width;
    for (let i = 0; i < width; i++) sum += matrix[at + i]! * x[i]!;
    sums[row] = sum;
  }
  return sums;
}

/** What gates see: `W x + Wb + R h + Rb`, `gates` of them from gate `first` on. */
export function gateSums(weights: RecurrentWeights, x: Floats, h: Floats, first: number, gates: number): Float64Array {
  const { hidden, input, state, inputBias, stateBias } = weights;
  const sums = affineRows(input, x, inputBias, first * hidden, gates * hidden);
  const others = affineRows(state, h, stateBias, first * hidden, gates * hidden);
  for (let i = 0; i < sums.length; i++) sums[i]! += others[i]!;
  return sums;
}

/** Where the steps of one sequence are: element offsets of step t are `start + t * stride`. */
export interface Steps {
  readonly start: number;
  readonly stride: number;
}

/**
 * Walks along one sequence of `length` steps, from its end if `isReversed`, and writes the hidden state of each step to `y`.
 * The state is that after the last step.
 */
export function runSequence(
  cell: RecurrentCell,
  weights: RecurrentWeights,
  state: RecurrentState,
  x: { readonly data: Floats; readonly width: number; readonly steps: Steps },
  y: { readonly data: Floats; readonly steps: Steps },
  { length, isReversed }: { readonly length: number; readonly isReversed: boolean },
): void {
  for (let step = 0; step < length; step++) {
    const t = isReversed ? length - 1 - step : step;
    const at = x.steps.start + t * x.steps.stride;
    cell(weights, x.data.subarray(at, at + x.width), state);
    y.data.set(state.h, y.steps.start + t * y.steps.stride);
  }
}
