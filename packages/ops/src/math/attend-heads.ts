// Attention on tensors that are heads first, [batch, heads, seq, headDim], to a result that is heads last. Rounded once.
import type { Tensor } from "@waferc/numerics";
import { require } from "../op-error.ts";
import { attend } from "./attention.ts";
import type { AttentionRules, AttentionSize, ScoreStage } from "./attention.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "./floats.ts";
import { headsLast } from "./heads.ts";

export interface Heads {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
}

export interface Attended {
  /** [batch, queries, heads * valueDim] */
  readonly y: Tensor;
  /** Scores at the stage that was asked for, [batch, heads, queries, keys], in q's dtype. */
  readonly scores: Tensor | undefined;
}

export function sizeOfHeads({ q, k, v }: Heads): AttentionSize {
  const [batch, heads, queries, headDim] = q.shape as [number, number, number, number];
  const [, kvHeads, keys] = k.shape as [number, number, number];
  const isLegal =
    k.shape[0] === batch &&
    v.shape[0] === batch &&
    k.shape[3] === headDim &&
    v.shape[1] === kvHeads &&
    v.shape[2] === keys;
  require(isLegal && heads % kvHeads === 0, () =>
    `cannot attend from [${q.shape.join(",")}] to keys [${k.shape.join(",")}] and values [${v.shape.join(",")}]`);
  return { batch, heads, kvHeads, queries, keys, headDim, valueDim: v.shape[3]! };
}

export function attendHeads(heads: Heads, rules: AttentionRules, stage?: ScoreStage): Attended {
  const size = sizeOfHeads(heads);
  const dtype = floatDType(heads.q.dtype);
  const to = newFloats(dtype, size.batch * size.heads * size.queries * size.valueDim);
  const shape = [size.batch, size.heads, size.queries, size.keys];
  const tap = stage && { stage, to: newFloats(dtype, size.batch * size.heads * size.queries * size.keys) };
  attend({ q: floatsOf(heads.q), k: floatsOf(heads.k), v: floatsOf(heads.v), to }, size, rules, tap);
  return {
    y: headsLast(finishFloats(dtype, [size.batch, size.heads, size.queries, size.valueDim], to)),
    scores: tap && finishFloats(dtype, shape, tap.to),
  };
}
