// SoftmaxCrossEntropyLoss: the negative log-likelihood of LogSoftmax along axis 1; the logarithms are a second result. The average of nothing is NaN.
import { evaluateClassLoss, inferClassLoss, LOSS_ATTRS } from "../families/class-loss.ts";
import { typeOf } from "../families/elementwise.ts";
import { logSoftmaxOfClasses } from "../math/class-loss.ts";
import { finishFloats, floatDType, floatsOf } from "../math/floats.ts";
import { defineOp } from "../op-definition.ts";

export const softmaxCrossEntropyLossOp = defineOp({
  kind: "SoftmaxCrossEntropyLoss",
  versions: [12, 13],
  traits: ["reduction", "compound"],
  attrs: LOSS_ATTRS,
  operands: [2, 3],
  results: [1, 2],
  infer: (ctx) => [inferClassLoss(ctx), typeOf(ctx.operand(0))],
  evaluate: (ctx) => {
    const { dtype, shape } = ctx.operand(0);
    const logProbs = logSoftmaxOfClasses(floatsOf(ctx.operand(0)), shape);
    return [evaluateClassLoss(ctx, logProbs), finishFloats(floatDType(dtype), shape, logProbs)];
  },
});
