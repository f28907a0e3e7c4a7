// Momentum: V = alpha V + beta gradient (beta counts as 1 in the first step); x moves by V or, in Nesterov's mode, by gradient + alpha V.
import { float, word } from "../../attr-spec.ts";
import { defineOptimizer } from "../../families/optimizer.ts";
import { OpError } from "../../op-error.ts";

export const momentumOp = defineOptimizer({
  kind: "Momentum",
  attrs: { alpha: float(), beta: float(), mode: word("standard", "nesterov"), norm_coefficient: float() },
  states: 1,
  step: (rate, steps, { alpha, beta, mode, norm_coefficient }) => {
    if (alpha === undefined || beta === undefined || norm_coefficient === undefined)
      throw new OpError('needs attributes "alpha", "beta" and "norm_coefficient"');
    const share = steps > 0 ? beta : 1;
    return (x, gradient, [momentum]) => {
      const slope = norm_coefficient * x + gradient;
      const v = alpha * momentum! + share * slope;
      return [x - rate * (mode === "standard" ? v : slope + alpha * v), v];
    };
  },
});
