// Adagrad: the squares of the gradients add up in H, and x moves by gradient / (sqrt(H) + epsilon). The rate decays with the number of steps.
import { float } from "../../attr-spec.ts";
import { defineOptimizer } from "../../families/optimizer.ts";

export const adagradOp = defineOptimizer({
  kind: "Adagrad",
  attrs: { decay_factor: float(0), epsilon: float(1e-6), norm_coefficient: float(0) },
  states: 1,
  step: (rate, steps, { decay_factor, epsilon, norm_coefficient }) => {
    const decayed = rate / (1 + steps * decay_factor);
    return (x, gradient, [squares]) => {
      const slope = norm_coefficient * x + gradient;
      const sum = squares! + slope * slope;
      return [x - (decayed * slope) / (Math.sqrt(sum) + epsilon), sum];
    };
  },
});
