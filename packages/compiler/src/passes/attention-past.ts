// Keys and values that are a past and then new rows: Concat(past, new) along the rows, whatever the layout in which it is written.
// The two parts become operands of Attention, and what else reads the concatenation (the caches that the graph returns, alone or
// stacked) reads the op's present caches instead.
import { intAttr, readsOf, type GraphBuilder, type Op, type ValueId } from "@waferc/ir/graph";
import { splitHeads } from "./attention-form.ts";
import { isSameList, type HeadedOperand } from "./attention-layout.ts";
import type { Rewriter } from "./rewriter.ts";
import { emitView } from "./view-chain.ts";
import { lengthOf, regroupView, resizeSource, type FactorDims, type View } from "./view.ts";

/** Keys or values in two parts. */
export interface SplitOperand {
  /** [batch, kvHeads, pastRows, depth], to be emitted. */
  readonly past: { readonly source: ValueId; readonly view: View };
  readonly pastLength: number;
  readonly fresh: HeadedOperand;
  /** The concatenation, and the view that takes [batch, kvHeads, rows, depth] to it. */
  readonly joined: ValueId;
  readonly toJoined: View;
}

/** Undefined if the operand's rows are no concatenation, or its past is repeated. */
export function splitPast(rewriter: Rewriter, operand: HeadedOperand): SplitOperand | undefined {
  const { trace, dims } = operand;
  const op = rewriter.graph.producer(trace.source);
  const [past, fresh] = op?.operands ?? [];
  if (op === undefined || op.domain !== "" || op.kind !== "Concat" || op.operands.length !== 2) return undefined;
  const rank = rewriter.shapeOf(trace.source)?.length ?? 0;
  const axis = intAttr(op, "axis", 0);
  const along = axis < 0 ? axis + rank : axis;
  const [pastLength, freshLength] = [past, fresh].map((id) => rewriter.shapeOf(id)?.[along] ?? 0);
  const [batch = [], heads = [], rows = [], depth = []] = dims;
  const { kept } = splitHeads(heads);
  const isRepeated = [...batch, ...kept, ...rows, ...depth].some(({ isRepeat }) => isRepeat);
  if (past === undefined || fresh === undefined || isRepeated || !pastLength || !freshLength) return undefined;
  if (!isSameList(trace.view.source[along] ?? [], rows)) return undefined;
  const resized = (length: number, to: FactorDims): View | undefined =>
    resizeSource(regroupView(trace.view, to), along, length);
  const pastView = resized(pastLength, [batch, kept, rows, depth]);
  const freshView = resized(freshLength, dims);
  if (pastView === undefined || freshView === undefined) return undefined;
  return {
    past: { source: past, view: pastView },
    pastLength,
    fresh: { trace: { ...trace, source: fresh, view: freshView, ops: [op, ...trace.ops] }, dims: freshView.result },
    joined: trace.source,
    toJoined: { source: [batch, kept, rows, depth], result: trace.view.source },
  };
}

/** Whether somebody beside the ops of the attention reads the concatenation, or a view of it that the attention passes. */
export function isJoinedUsed(graph: GraphBuilder, { joined, fresh }: SplitOperand, covers: ReadonlySet<Op>): boolean {
  const passed = [joined, ...fresh.trace.ops.flatMap((op) => op.results)];
  return passed.some(
    (id) => id !== undefined && (graph.isOutput(id) || graph.users(id).some((user) => !covers.has(user))),
  );
}

/** Lets users of the concatenation read a present cache. */
export function replaceJoined(
  rewriter: Rewriter,
  { joined, toJoined }: SplitOperand,
  present: ValueId | undefined,
  covers: readonly Op[],
): void {
  if (present !== undefined) rewriter.replace(joined, emitView(rewriter, present, toJoined, covers));
}

/** Whether one of the values is made from one of the targets. */
export function dependsOn(
  graph: GraphBuilder,
  values: readonly (ValueId | undefined)[],
  targets: ReadonlySet<ValueId>,
): boolean {
  const seen = new Set<ValueId>();
  const stack = values.filter((id) => id !== undefined);
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (targets.has(id)) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    const op = graph.producer(id);
    if (op !== undefined) stack.push(...readsOf(op));
  }
  return false;
}

/** Rows of the past, if both parts have one of the same length and dtype as the new rows are multiplied in. */
export function commonPast(
  k: SplitOperand | undefined,
  v: SplitOperand | undefined,
): { readonly k: SplitOperand; readonly v: SplitOperand } | undefined {
  if (k === undefined || v === undefined || k.pastLength !== v.pastLength) return undefined;
  return lengthOf(k.fresh.dims[2] ?? []) === lengthOf(v.fresh.dims[2] ?? []) ? { k, v } : undefined;
}
