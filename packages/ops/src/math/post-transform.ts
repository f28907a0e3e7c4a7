// What ops of ai.onnx.ml do to a row of scores at the end. SOFTMAX_ZERO leaves scores of 0 at 0. PROBIT is the inverse of the normal distribution, by
// Newton's method from the approximation of S. Winitzki, "A handy approximation for the error function and its inverse", 2008.
import { OpError } from "../op-error.ts";
import { erf, sigmoid } from "./special.ts";

export const POST_TRANSFORMS = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"] as const;
export type PostTransform = (typeof POST_TRANSFORMS)[number];

/** Scores closer to 0 than this are 0 to SOFTMAX_ZERO. */
const NEARLY_ZERO = 1e-7;

/** Transforms one row in place. */
export function postTransform(row: Float64Array, transform: PostTransform): void {
  switch (transform) {
    case "NONE":
      return;
    case "LOGISTIC":
      row.forEach((score, i) => (row[i] = sigmoid(score)));
      return;
    case "PROBIT":
      row.forEach((score, i) => (row[i] = probit(score)));
      return;
    case "SOFTMAX":
      softmax(row, () => true);
      return;
    case "SOFTMAX_ZERO":
      softmax(row, (score) => Math.abs(score) > NEARLY_ZERO);
      return;
    default:
      throw new OpError(`has no post transform "${String(transform satisfies never)}"`);
  }
}

/** Softmax of the scores that count; the others become 0. */
function softmax(row: Float64Array, counts: (score: number) => boolean): void {
  const largest = row.reduce((most, score) => Math.max(most, score), -Infinity);
  const powers = row.map((score) => (counts(score) ? Math.exp(score - largest) : 0));
  const sum = powers.reduce((total, power) => total + power, 0);
  powers.forEach((power, i) => (row[i] = sum === 0 ? 0 : power / sum));
}

function probit(probability: number): number {
  return Math.SQRT2 * inverseErf(2 * probability - 1);
}

function inverseErf(y: number): number {
  if (Math.abs(y) === 1) return y * Infinity;
  const a = 0.147;
  const log = Math.log((1 - y) * (1 + y));
  const half = 2 / (Math.PI * a) + log / 2;
  let x = Math.sign(y) * Math.sqrt(Math.sqrt(half * half - log / a) - half);
  for (let i = 0; i < 3; i++) x -= ((erf(x) - y) * Math.sqrt(Math.PI) * Math.exp(x * x)) / 2;
  return x;
}
