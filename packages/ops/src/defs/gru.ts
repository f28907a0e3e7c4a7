// GRU: gates z (update), r (reset) and h (hidden), in this order in the weights.
// z = f(..), r = f(..), n = g(W x + Wb + R (r * h) + Rb) or, with linear_before_reset, g(W x + Wb + r * (R h + Rb)); h = (1 - z) n + z h.
import { defineRecurrent } from "../families/recurrent.ts";
import { affineRows, gateSums } from "../math/recurrent.ts";
import type { RecurrentWeights } from "../math/recurrent.ts";
import type { Floats } from "../math/floats.ts";

/** What the hidden gate sees. */
function hiddenSums(
  weights: RecurrentWeights,
  x: Floats,
  h: Float64Array,
  reset: Float64Array,
  linearBeforeReset: boolean,
): Float64Array {
  const { hidden, input, state, inputBias, stateBias } = weights;
  if (!linearBeforeReset) {
    return gateSums(
      weights,
      x,
      h.map((value, i) => value * reset[i]!),
      2,
      1,
    );
  }
  const sums = affineRows(input, x, inputBias, 2 * hidden, hidden);
  const fromState = affineRows(state, h, stateBias, 2 * hidden, hidden);
  return sums.map((sum, i) => sum + reset[i]! * fromState[i]!);
}

export const gruOp = defineRecurrent({
  kind: "GRU",
  versions: [1, 3, 7, 14, 22],
  gates: 3,
  hasCellState: false,
  activations: ["Sigmoid", "Tanh"],
  cell:
    ([f, g], { clip, linearBeforeReset }) =>
    (weights, x, state) => {
      const { hidden } = weights;
      const gates = gateSums(weights, x, state.h, 0, 2).map((sum) => f!(clip(sum)));
      const [update, reset] = [gates.subarray(0, hidden), gates.subarray(hidden)];
      const sums = hiddenSums(weights, x, state.h, reset, linearBeforeReset);
      state.h = state.h.map((value, i) => (1 - update[i]!) * g!(clip(sums[i]!)) + update[i]! * value);
    },
});
