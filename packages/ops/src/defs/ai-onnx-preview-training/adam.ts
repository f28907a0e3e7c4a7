// Adam: running averages V of the gradient and H of its square; x moves by V / (sqrt(H) + epsilon). After the first step the rate is corrected for
// averages that began at zero.
import { float } from "../../attr-spec.ts";
import { defineOptimizer } from "../../families/optimizer.ts";

export const adamOp = defineOptimizer({
  kind: "Adam",
  attrs: {
    alpha: float(0.9),
    beta: float(0.999),
    epsilon: float(1e-6),
    norm_coefficient: float(0),
    norm_coefficient_post: float(0),
  },
  states: 2,
  step: (rate, steps, { alpha, beta, epsilon, norm_coefficient, norm_coefficient_post }) => {
    const corrected = steps > 0 ? (rate * Math.sqrt(1 - beta ** steps)) / (1 - alpha ** steps) : rate;
    return (x, gradient, [average, squares]) => {
      const slope = norm_coefficient * x + gradient;
      const [v, h] = [alpha * average! + (1 - alpha) * slope, beta * squares! + (1 - beta) * slope * slope];
      const moved = x - (corrected * v) / (Math.sqrt(h) + epsilon);
      return [(1 - norm_coefficient_post) * moved, v, h];
    };
  },
});
