// Which dimensions of the scores are batch, heads, queries and keys, whatever the rank in which the products are written. The
// scores are followed through the views between the two products; their factors (see view.ts) are then known at each of them.
// Products on 3-D operands [batch * heads, rows, depth] do not say where the batch ends, so candidates are tried.
import type { Op, ValueId } from "@waferc/ir/graph";
import type { ScorePath } from "./attention-scores.ts";
import type { Rewriter } from "./rewriter.ts";
import { applyView, traceView, type TraceOptions, type ViewTrace } from "./view-chain.ts";
import { expandView, identityView, lengthOf, refineFactors, reshapeView } from "./view.ts";
import type { Factor, FactorDims, View } from "./view.ts";

/** A matrix product with its operands told apart. */
export interface ValueProduct {
  readonly op: Op;
  /** 0 for weights * V, 1 for V^T * weights^T. */
  readonly weightsIndex: 0 | 1;
}

export interface ScoreLayout {
  readonly batch: readonly Factor[];
  readonly heads: readonly Factor[];
  readonly queries: readonly Factor[];
  readonly keys: readonly Factor[];
  /** 0 if the left operand of the score product is Q, 1 if the product is K Q^T. */
  readonly qIndex: 0 | 1;
  /** Dimensions of the scores at each op of the path. */
  readonly dimsAt: ReadonlyMap<Op, FactorDims>;
  /** Leading dimensions of the weights in the product with V. */
  readonly lead: FactorDims;
}

/** An operand as [batch, heads, rows, depth]. */
export interface HeadedOperand {
  readonly trace: ViewTrace;
  readonly dims: FactorDims;
}

/** The layout if the batch has this length; undefined if the views between the products contradict it. */
export function layoutOf(
  rewriter: Rewriter,
  path: ScorePath,
  root: ValueProduct,
  batchLength: number,
): ScoreLayout | undefined {
  const shape = rewriter.shapeOf(path.product.results[0]) ?? [];
  const lead = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  if (shape.length < 2 || lead % batchLength !== 0) return undefined;
  const whole = identityView([batchLength, lead / batchLength, ...shape.slice(-2)]);
  let view = whole === undefined ? undefined : reshapeView(whole, shape);
  const states = new Map<Op, View>();
  for (const step of path.steps) {
    if (view !== undefined && step.kind === "view") view = applyView(rewriter, view, step.op);
    if (view === undefined) return undefined;
    states.set(step.op, view);
  }
  return view === undefined ? undefined : describe(path, root, view, states);
}

function describe(
  path: ScorePath,
  root: ValueProduct,
  final: View,
  states: ReadonlyMap<Op, View>,
): ScoreLayout | undefined {
  const [batch = [], heads = [], rows = [], cols = []] = final.source;
  const dimsAt = new Map([...states].map(([op, state]) => [op, refineFactors(state, final)(state.result)] as const));
  const softmax = path.steps.find(({ kind }) => kind === "softmax")?.op;
  const last = (softmax && dimsAt.get(softmax)?.at(-1)) ?? [];
  const qIndex = isSameList(last, cols) ? 0 : 1;
  if (qIndex === 1 && !isSameList(last, rows)) return undefined;
  const [queries, keys] = qIndex === 0 ? [rows, cols] : [cols, rows];
  const result = final.result;
  const [r, c] = [result.at(-2) ?? [], result.at(-1) ?? []];
  const isFitting =
    root.weightsIndex === 0
      ? isSameList(r, queries) && isSameList(c, keys)
      : isSameList(r, keys) && isSameList(c, queries);
  const lead = result.slice(0, -2);
  const ofLead = new Set(lead.flat());
  const ofScores = [...batch, ...heads];
  if (!isFitting || ofLead.size !== ofScores.length || ofScores.some((factor) => !ofLead.has(factor))) return undefined;
  return { batch, heads, queries, keys, qIndex, dimsAt, lead };
}

export function isSameList(a: readonly Factor[], b: readonly Factor[]): boolean {
  return a.length === b.length && a.every((factor, i) => factor === b[i]);
}

/** Lengths that the batch may have. */
export interface BatchCandidates {
  /** What values with heads as a dimension of their own say, on the way between the products. */
  readonly stated: readonly number[];
  readonly guessed: readonly number[];
}

export function batchCandidates(rewriter: Rewriter, path: ScorePath): BatchCandidates {
  const shape = rewriter.shapeOf(path.product.results[0]) ?? [];
  const lead = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  const shapes = [path.product, ...path.steps.map(({ op }) => op)].map((op) => rewriter.shapeOf(op.results[0]) ?? []);
  const stated = shapes.filter((one) => one.length >= 4).map(([batch = 1]) => batch);
  const guessed = path.product.operands.flatMap((id) => prefixLengths(rewriter, id, shape.length - 2));
  const valid = (lengths: readonly number[]): number[] =>
    [...new Set(lengths)].filter((length) => length > 0 && lead % length === 0);
  return { stated: valid(stated), guessed: valid([...guessed, lead, 1]) };
}

/** Products of the first factors of an operand's leading dimensions. */
function prefixLengths(rewriter: Rewriter, id: ValueId | undefined, leadRank: number): number[] {
  const trace = id === undefined ? undefined : traceView(rewriter, id, { scalars: true, casts: true });
  const factors = trace?.view.result.slice(0, leadRank).flat() ?? [];
  return factors.slice(0, -1).map((_, i) => lengthOf(factors.slice(0, i + 1)));
}

/**
 * An operand of a product as [batch, heads, rows, cols], its leading dimensions being those of `lead`, to which it broadcasts.
 */
export function headedOperand(
  rewriter: Rewriter,
  value: ValueId,
  layout: ScoreLayout,
  lead: FactorDims,
  options: TraceOptions,
): HeadedOperand | undefined {
  const identity = identityView(rewriter.shapeOf(value) ?? [0]);
  const traced = traceView(rewriter, value, options);
  const plain = identity && { source: value, view: identity, ops: [], factor: 1 };
  for (const trace of [traced, plain]) {
    const found = trace === undefined ? undefined : headedView(trace, layout, lead);
    if (found !== undefined) return found;
  }
  return undefined;
}

function headedView(trace: ViewTrace, layout: ScoreLayout, lead: FactorDims): HeadedOperand | undefined {
  const [rows, cols] = trace.view.result.slice(-2).map(lengthOf);
  if (rows === undefined || cols === undefined || trace.view.result.length > lead.length + 2) return undefined;
  const wide = expandView(trace.view, [...lead.map(lengthOf), rows, cols]);
  const fine = lead.flat();
  const view = reshapeView(wide, [...fine.map(({ length }) => length), rows, cols]);
  if (view === undefined) return undefined;
  const of = (factors: readonly Factor[]): readonly Factor[] =>
    factors.flatMap((factor) => view.result[fine.indexOf(factor)] ?? []);
  const dims = [of(layout.batch), of(layout.heads), view.result.at(-2) ?? [], view.result.at(-1) ?? []];
  return { trace: { ...trace, view }, dims };
}

/** The operand with rows and depth exchanged. */
export function transposed(operand: HeadedOperand | undefined): HeadedOperand | undefined {
  if (operand === undefined) return undefined;
  const [batch = [], heads = [], rows = [], depth = []] = operand.dims;
  return { trace: operand.trace, dims: [batch, heads, depth, rows] };
}
