// What the two losses on classes share: scores [N, C, d1, ..], targets [N, d1, ..], optional weights [C].
import type { Shape, ValueType } from "@waferc/ir/graph";
import { int, word } from "../attr-spec.ts";
import { classLoss } from "../math/class-loss.ts";
import { finishFloats, floatDType, floatsOf } from "../math/floats.ts";
import type { Floats } from "../math/floats.ts";
import type { EvaluateContext, InferContext } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { mergeDims, printShape } from "../shapes.ts";
import type { Tensor } from "@waferc/numerics";

export const LOSS_ATTRS = { ignore_index: int(), reduction: word("mean", "none", "sum") };
type Attrs = typeof LOSS_ATTRS;

/** The type of the loss. */
export function inferClassLoss(ctx: InferContext<Attrs>): ValueType {
  const { dtype } = ctx.operand(0);
  const [scores, targets] = [ctx.shape(0), ctx.shape(1)];
  const fromScores = scores === undefined ? undefined : targetShape(scores);
  if (fromScores !== undefined && targets !== undefined) {
    require(fromScores.length === targets.length, () =>
      `needs targets of shape ${printShape(fromScores)}, but found ${printShape(targets)}`);
    fromScores.forEach((dim, axis) => mergeDims(dim, targets[axis]!, `lengths of axis ${axis} of the targets`));
  }
  if (scores !== undefined && ctx.has(2)) {
    const weights = ctx.shape(2);
    if (weights !== undefined) mergeDims(weights[0] ?? 0, scores[1]!, "numbers of weights and classes");
  }
  if (ctx.attrs.reduction !== "none") return { dtype, shape: [] };
  return { dtype, shape: targets ?? fromScores };
}

function targetShape(scores: Shape): Shape {
  require(scores.length >= 2, () => `needs scores [N, C, ..], but found ${printShape(scores)}`);
  return scores.filter((_, axis) => axis !== 1);
}

/** The loss of log-probabilities of the shape of operand 0. */
export function evaluateClassLoss(ctx: EvaluateContext<Attrs>, logProbs: Floats): Tensor {
  const scores = ctx.operand(0);
  const loss = classLoss(logProbs, scores.shape, ctx.ints(1), {
    reduction: ctx.attrs.reduction,
    weights: ctx.has(2) ? floatsOf(ctx.operand(2)) : undefined,
    ignored: ctx.attrs.ignore_index,
  });
  return finishFloats(floatDType(scores.dtype), ctx.result(0).shape, loss);
}
