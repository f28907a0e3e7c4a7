// RNN: h = f(W x + Wb + R h + Rb).
import { defineRecurrent } from "../families/recurrent.ts";
import { gateSums } from "../math/recurrent.ts";

export const rnnOp = defineRecurrent({
  kind: "RNN",
  versions: [1, 7, 14, 22],
  gates: 1,
  hasCellState: false,
  activations: ["Tanh"],
  cell:
    ([f], { clip }) =>
    (weights, x, state) => {
      state.h = gateSums(weights, x, state.h, 0, 1).map((sum) => f!(clip(sum)));
    },
});
