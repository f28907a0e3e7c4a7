// The loss that a class costs whose log-probability is given: -weight * logProb[target], reduced. Targets equal to `ignored` cost nothing and count
// nothing in a mean, which divides by the sum of the weights.
import { OpError } from "../op-error.ts";
import type { Floats } from "./floats.ts";

export type LossReduction = "mean" | "none" | "sum";

export interface ClassLossRules {
  readonly reduction: LossReduction;
  /** One for each class; all 1 if absent. */
  readonly weights?: Floats | undefined;
  readonly ignored?: number | undefined;
}

/**
 * Losses of log-probabilities [N, classes, ..], for targets [N, ..]: one each, or one.
 * @throws OpError if a target is not a class
 */
export function classLoss(
  logProbs: Floats,
  [, classes = 0, ...rest]: readonly number[],
  targets: readonly number[],
  { reduction, weights, ignored }: ClassLossRules,
): Float64Array {
  const spatial = rest.reduce((product, extent) => product * extent, 1);
  const losses = new Float64Array(targets.length);
  let [sum, weightSum] = [0, 0];
  targets.forEach((target, i) => {
    if (target === ignored) return;
    if (target < 0 || target >= classes)
      throw new OpError(`needs targets in 0 .. ${classes - 1}, but found ${target} at element ${i}`);
    const item = Math.floor(i / spatial);
    const weight = weights?.[target] ?? 1;
    const loss = -weight * logProbs[(item * classes + target) * spatial + (i % spatial)]!;
    losses[i] = loss;
    sum += loss;
    weightSum += weight;
  });
  if (reduction === "none") return losses;
  return Float64Array.of(reduction === "sum" ? sum : sum / weightSum);
}

/** Logarithm of softmax along axis 1 of a tensor of this shape. */
export function logSoftmaxOfClasses(
  scores: Floats,
  [batch = 0, classes = 0, ...rest]: readonly number[],
): Float64Array {
  const spatial = rest.reduce((product, extent) => product * extent, 1);
  const result = new Float64Array(scores.length);
  for (let column = 0; column < batch * spatial; column++) {
    const start = Math.floor(column / spatial) * classes * spatial + (column % spatial);
    let largest = -Infinity;
    for (let i = 0; i < classes; i++) largest = Math.max(largest, scores[start + i * spatial]!);
    let sum = 0;
    for (let i = 0; i < classes; i++) sum += Math.exp(scores[start + i * spatial]! - largest);
    const offset = largest + Math.log(sum);
    for (let i = 0; i < classes; i++) result[start + i * spatial] = scores[start + i * spatial]! - offset;
  }
  return result;
}
