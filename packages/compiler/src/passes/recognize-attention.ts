// Attention written in primitives becomes Attention: Softmax(softcap(scale * Q K^T) + mask) V, in whatever rank, order of operands
// and views it is written, with repeated key/value heads, with past keys and values, with scales and masks in any place
// (attention-scores.ts says which). Attention that is an op already is brought to the same form.
// Masked rows: Attention gives a row of zeros where everything is masked by minus infinity. Without a guard such a row would be NaN
// in the file's graph, and is zeros here: that is the one difference, in rows that have no meaning.
// Where a softmax of a product is multiplied by a value and not recognised, the reason is counted ("left: ...").
import type { Op, ValueId } from "@waferc/ir/graph";
import type { NoOptions, Pass, PassStats } from "../pass.ts";
import { emitAttention, type EmittedAttention } from "./attention-form.ts";
import { batchCandidates, headedOperand, layoutOf, transposed } from "./attention-layout.ts";
import type { HeadedOperand, ScoreLayout, ValueProduct } from "./attention-layout.ts";
import { emitMask } from "./attention-mask.ts";
import { rewriteAttentionOp } from "./attention-op.ts";
import { commonPast, dependsOn, isJoinedUsed, replaceJoined, splitPast, type SplitOperand } from "./attention-past.ts";
import { findPath, rulesOf, type ScorePath, type ScoreRules } from "./attention-scores.ts";
import { castTo } from "./casts.ts";
import { Rewriter } from "./rewriter.ts";
import { emitView } from "./view-chain.ts";
import { lengthOf, planView, regroupView, type Factor, type View } from "./view.ts";

export const recognizeAttention: Pass<"graph", "graph", NoOptions> = {
  name: "recognize-attention",
  from: "graph",
  to: "graph",
  summary: "Recognise Attention and bring it to 3-D operands",
  requires: ["shapes-known", "constants-folded"],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const rewriter = new Rewriter(input, this.name);
    for (const root of rewriter.graph.ops) {
      if (root.domain !== "") continue;
      if (root.kind === "MatMul") rewriteProduct(rewriter, root, stats);
      if (root.kind === "Attention" && rewriteAttentionOp(rewriter, root)) stats.add("Attention", 1);
    }
    return rewriter.finish();
  },
};

function rewriteProduct(rewriter: Rewriter, root: Op, stats: PassStats): void {
  for (const weightsIndex of [0, 1] as const) {
    const weights = root.operands[weightsIndex];
    const path = weights === undefined ? undefined : findPath(rewriter, weights);
    if (path === undefined) continue;
    const problem = rewritePath(rewriter, path, { op: root, weightsIndex });
    stats.add(problem === undefined ? "Attention" : `left: ${problem}`, 1);
    if (problem === undefined) return;
  }
}

interface Operands {
  readonly layout: ScoreLayout;
  readonly q: HeadedOperand;
  readonly k: HeadedOperand;
  readonly v: HeadedOperand;
}

/** Rewrites the attention, or says why not. */
function rewritePath(rewriter: Rewriter, path: ScorePath, root: ValueProduct): string | undefined {
  const rules = rulesOf(rewriter.graph, path);
  if (rules === undefined) return "the weights are changed in a way that no mask or scale explains";
  const operands = findOperands(rewriter, path, root);
  if (operands === undefined) return "batch and heads of the two products do not line up";
  const { layout, q, k, v } = operands;
  // A softmax of a product with a weight is a choice among constants, such as a router's.
  if ([k, v].some(({ trace }) => rewriter.graph.constants.has(trace.source))) return "keys or values are constants";
  const covers = [
    root.op,
    ...path.steps.map(({ op }) => op).reverse(),
    path.product,
    ...q.trace.ops,
    ...k.trace.ops,
    ...v.trace.ops,
  ];
  const unique = [...new Set(covers)];
  const mask = emitMask(rewriter, rules.masks, layout, unique);
  if (mask === "misfit") return "a mask does not broadcast to batch, heads, queries and keys";
  return emitParts(rewriter, operands, rules, { root, mask, covers: unique });
}

interface Site {
  readonly root: ValueProduct;
  readonly mask: ValueId | undefined;
  readonly covers: readonly Op[];
}

function emitParts(rewriter: Rewriter, operands: Operands, rules: ScoreRules, site: Site): string | undefined {
  const { q, k, v } = operands;
  const { mask, covers, root } = site;
  const [result] = root.op.results;
  const past = usablePast(rewriter, operands, site);
  const hasPresent = past !== undefined && [past.k, past.v].some((one) => isUsed(rewriter, one, covers));
  const parts = {
    q,
    k: past?.k.fresh ?? k,
    v: past?.v.fresh ?? v,
    scale: rules.scale * q.trace.factor * k.trace.factor,
    softcap: rules.softcap,
    isCausal: false,
    mask,
    past: past && { key: emitPast(rewriter, past.k, covers), value: emitPast(rewriter, past.v, covers) },
    hasPresent,
    covers,
  };
  const made =
    emitAttention(rewriter, parts) ?? emitAttention(rewriter, { ...parts, k, v, past: undefined, hasPresent: false });
  if (made === undefined || result === undefined) return "queries, keys and values do not fit together";
  const value = emitResult(rewriter, made, operands, root, covers);
  if (!rewriter.replace(result, castTo(rewriter, value, rewriter.dtypeOf(result), covers)))
    return "the result has another type";
  if (past !== undefined && made.presentKey !== undefined) {
    replaceJoined(rewriter, past.k, made.presentKey, covers);
    replaceJoined(rewriter, past.v, made.presentValue, covers);
  }
  return undefined;
}

function isUsed(rewriter: Rewriter, operand: SplitOperand, covers: readonly Op[]): boolean {
  return isJoinedUsed(rewriter.graph, operand, new Set(covers));
}

/** The pasts of keys and values, unless what attention reads is made from the present caches that it would give. */
function usablePast(
  rewriter: Rewriter,
  { q, k, v }: Operands,
  { mask }: Site,
): { readonly k: SplitOperand; readonly v: SplitOperand } | undefined {
  const past = commonPast(splitPast(rewriter, k), splitPast(rewriter, v));
  if (past === undefined) return undefined;
  const reads = [q.trace.source, mask, ...[past.k, past.v].flatMap((one) => [one.past.source, one.fresh.trace.source])];
  return dependsOn(rewriter.graph, reads, new Set([past.k.joined, past.v.joined])) ? undefined : past;
}

function emitPast(rewriter: Rewriter, { past }: SplitOperand, covers: readonly Op[]): ValueId {
  return emitView(rewriter, past.source, past.view, covers);
}

/** The operands under the stated layout, or else under the one that needs the fewest views. */
function findOperands(rewriter: Rewriter, path: ScorePath, root: ValueProduct): Operands | undefined {
  const { stated, guessed } = batchCandidates(rewriter, path);
  const under = (batch: number): Operands | undefined => {
    const layout = layoutOf(rewriter, path, root, batch);
    return layout === undefined ? undefined : operandsUnder(rewriter, path, root, layout);
  };
  for (const batch of stated) {
    const operands = under(batch);
    if (operands !== undefined) return operands;
  }
  const cost = ({ q, k, v }: Operands): number => [q, k, v].reduce((sum, one) => sum + costOf(one), 0);
  return guessed
    .map(under)
    .filter((operands) => operands !== undefined)
    .reduce<Operands | undefined>((a, b) => (a === undefined || cost(b) < cost(a) ? b : a), undefined);
}

function operandsUnder(
  rewriter: Rewriter,
  path: ScorePath,
  root: ValueProduct,
  layout: ScoreLayout,
): Operands | undefined {
  const [left, right] = path.product.operands;
  const values = root.op.operands[1 - root.weightsIndex];
  if (left === undefined || right === undefined || values === undefined) return undefined;
  const shape = rewriter.shapeOf(path.product.results[0]) ?? [];
  const lead = leadOf(layout, shape.slice(0, -2));
  if (lead === undefined) return undefined;
  const passes = { scalars: true, casts: true };
  const a = headedOperand(rewriter, left, layout, lead, passes);
  const b = transposed(headedOperand(rewriter, right, layout, lead, passes));
  const v = headedOperand(rewriter, values, layout, layout.lead, { casts: true });
  const isOpen = layout.queries.length === 0 && layout.keys.length === 0 && isRepeated(a) !== isRepeated(b);
  // One query and one key: the product does not tell them apart, but only key heads are repeated.
  const [q, k] = (isOpen ? isRepeated(b) : layout.qIndex === 0) ? [a, b] : [b, a];
  if (q === undefined || k === undefined || v === undefined) return undefined;
  return { layout, q, k, v: root.weightsIndex === 0 ? v : (transposed(v) ?? v) };
}

function isRepeated(operand: HeadedOperand | undefined): boolean {
  return operand?.dims[1]?.some(({ isRepeat }) => isRepeat) === true;
}

/** Batch and heads in the leading dimensions of the score product. */
function leadOf(layout: ScoreLayout, shape: readonly number[]): Factor[][] | undefined {
  const queue = [...layout.batch, ...layout.heads];
  const lead = shape.map((length) => {
    const dim: Factor[] = [];
    while (lengthOf(dim) < length) {
      const next = queue.shift();
      if (next === undefined) break;
      dim.push(next);
    }
    return dim;
  });
  return lead.every((dim, axis) => lengthOf(dim) === shape[axis]) ? lead : undefined;
}

/** Views between an operand and its 3-D form. */
function costOf({ trace, dims }: HeadedOperand): number {
  const [batch = [], heads = [], rows = [], depth = []] = dims;
  return planView(regroupView(trace.view, [batch, rows, [...heads, ...depth]])).length;
}

/** The attention's result in the dimensions of the product that it replaces. */
function emitResult(
  rewriter: Rewriter,
  made: EmittedAttention,
  { layout, v }: Operands,
  root: ValueProduct,
  covers: readonly Op[],
): ValueId {
  const length = lengthOf(v.dims[3] ?? []);
  const depth: readonly Factor[] = length === 1 ? [] : [{ length, isRepeat: false }];
  const tail = root.weightsIndex === 0 ? [layout.queries, depth] : [depth, layout.queries];
  const view: View = {
    source: [layout.batch, layout.queries, [...layout.heads, ...depth]],
    result: [...layout.lead, ...tail],
  };
  return emitView(rewriter, made.result, view, covers);
}
