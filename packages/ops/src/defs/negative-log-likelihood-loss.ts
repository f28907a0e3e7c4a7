// NegativeLogLikelihoodLoss: -weight[target] * logProb[target], for log-probabilities along axis 1; none, summed or averaged by weight. The
// average of nothing is NaN.
import { evaluateClassLoss, inferClassLoss, LOSS_ATTRS } from "../families/class-loss.ts";
import { floatsOf } from "../math/floats.ts";
import { defineOp } from "../op-definition.ts";

export const negativeLogLikelihoodLossOp = defineOp({
  kind: "NegativeLogLikelihoodLoss",
  versions: [12, 13, 22],
  traits: ["reduction", "compound"],
  attrs: LOSS_ATTRS,
  operands: [2, 3],
  infer: (ctx) => [inferClassLoss(ctx)],
  evaluate: (ctx) => [evaluateClassLoss(ctx, floatsOf(ctx.operand(0)))],
});
