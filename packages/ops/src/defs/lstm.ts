// LSTM: gates i (input), o (output), f (forget) and c (cell), in this order in the weights; peepholes in the order i, o, f.
// i = f(.. + Pi c), f = f(.. + Pf c) or 1 - i with input_forget, c = f c + i g(..), o = f(.. + Po c), h = o h(c). The clip bounds what goes into the last
// activation too, as the specification says (onnxruntime leaves that one out, its issue 27224), but not the cell state that is kept.
import { defineRecurrent } from "../families/recurrent.ts";
import { gateSums } from "../math/recurrent.ts";

export const lstmOp = defineRecurrent({
  kind: "LSTM",
  versions: [1, 7, 14, 22],
  gates: 4,
  hasCellState: true,
  activations: ["Sigmoid", "Tanh", "Tanh"],
  cell:
    ([f, g, h], { clip, inputForget }) =>
    (weights, x, state) => {
      const { hidden, peepholes } = weights;
      const sums = gateSums(weights, x, state.h, 0, 4);
      const [cell, next] = [new Float64Array(hidden), new Float64Array(hidden)];
      for (let unit = 0; unit < hidden; unit++) {
        const peephole = (gate: number): number => peepholes?.[gate * hidden + unit] ?? 0;
        const old = state.c[unit]!;
        const input = f!(clip(sums[unit]! + peephole(0) * old));
        const forget = inputForget ? 1 - input : f!(clip(sums[2 * hidden + unit]! + peephole(2) * old));
        const value = forget * old + input * g!(clip(sums[3 * hidden + unit]!));
        const output = f!(clip(sums[hidden + unit]! + peephole(1) * value));
        cell[unit] = value;
        next[unit] = output * h!(clip(value));
      }
      state.c = cell;
      state.h = next;
    },
});
