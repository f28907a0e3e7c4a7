// Scaled dot-product attention on [batch, heads, seq, headDim] operands, in double precision, a query at a time: scores,
// soft cap, mask, softmax, weighted sum. Key/value heads are shared by groups of query heads. A row with every key
// masked gives zeros.
import type { Floats } from "./floats.ts";

export interface AttentionSize {
  readonly batch: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly queries: number;
  readonly keys: number;
  readonly headDim: number;
  readonly valueDim: number;
}

/** What scores go through. Masked keys get minus infinity. */
export interface AttentionRules {
  readonly scale: number;
  /** c in c * tanh(score / c); 0 for none. */
  readonly softcap: number;
  /** What is added to a score, minus infinity for a masked key. */
  readonly bias: (batch: number, head: number, query: number, key: number) => number;
  /** Score, by head, of one more key, which takes weight and gives nothing; none if undefined. */
  readonly sink?: ((head: number) => number) | undefined;
}

/** A stage whose scores are asked for as well. */
export type ScoreStage = "scaled" | "capped" | "masked" | "weights";

export interface ScoreTap {
  readonly stage: ScoreStage;
  /** [batch, heads, queries, keys] */
  readonly to: Floats;
}

/** Writes the result, [batch, heads, queries, valueDim], to `to`. */
export function attend(
  { q, k, v, to }: { readonly q: Floats; readonly k: Floats; readonly v: Floats; readonly to: Floats },
  size: AttentionSize,
  rules: AttentionRules,
  tap?: ScoreTap,
): void {
  const { batch, heads, kvHeads, queries, keys, headDim, valueDim } = size;
  const scores = new Float64Array(keys);
  const sums = new Float64Array(valueDim);
  const group = heads / kvHeads;
  for (let b = 0; b < batch; b++) {
    for (let head = 0; head < heads; head++) {
      const kvHead = b * kvHeads + Math.floor(head / group);
      for (let query = 0; query < queries; query++) {
        const row = (b * heads + head) * queries + query;
        const report = (stage: ScoreStage): void => {
          if (tap?.stage === stage) tap.to.set(scores, row * keys);
        };
        scoreKeys(q, row * headDim, k, kvHead * keys * headDim, headDim, scores);
        for (let key = 0; key < keys; key++) scores[key]! *= rules.scale;
        report("scaled");
        if (rules.softcap !== 0) capScores(scores, rules.softcap);
        report("capped");
        for (let key = 0; key < keys; key++) scores[key]! += rules.bias(b, head, query, key);
        report("masked");
        softmaxScores(scores, rules.sink === undefined ? -Infinity : rules.sink(head));
        report("weights");
        weighValues(scores, v, kvHead * keys * valueDim, sums);
        to.set(sums, row * valueDim);
      }
    }
  }
}

/** Scores of every key against the query at `qAt`. */
function scoreKeys(q: Floats, qAt: number, k: Floats, kAt: number, headDim: number, scores: Float64Array): void {
  for (let key = 0; key < scores.length; key++) {
    let sum = 0;
    const start = kAt + key * headDim;
    for (let i = 0; i < headDim; i++) sum += q[qAt + i]! * k[start + i]!;
    scores[key] = sum;
  }
}

function capScores(scores: Float64Array, softcap: number): void {
  for (let key = 0; key < scores.length; key++) scores[key] = softcap * Math.tanh(scores[key]! / softcap);
}

function softmaxScores(scores: Float64Array, sink: number): void {
  let max = sink;
  for (let key = 0; key < scores.length; key++) max = Math.max(max, scores[key]!);
  if (max === -Infinity) {
    scores.fill(0);
    return;
  }
  let sum = Math.exp(sink - max);
  for (let key = 0; key < scores.length; key++) sum += scores[key] = Math.exp(scores[key]! - max);
  for (let key = 0; key < scores.length; key++) scores[key]! /= sum;
}

function weighValues(weights: Float64Array, v: Floats, vAt: number, sums: Float64Array): void {
  sums.fill(0);
  for (let key = 0; key < weights.length; key++) {
    const weight = weights[key]!;
    if (weight === 0) continue;
    const start = vAt + key * sums.length;
    for (let i = 0; i < sums.length; i++) sums[i]! += weight * v[start + i]!;
  }
}
