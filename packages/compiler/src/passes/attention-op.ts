// Attention that is an op already (opset 23 to 25, operands of rank 3 or 4) in canonical form: 3-D operands, 4-D caches, scales of
// the operands folded in. Counts of keys that are not padding, windows, and masks for some of the keys become part of the mask.
// Leaves alone ops whose scores somebody reads.
import { floatAttr, intAttr, type Op, type ValueId } from "@waferc/ir/graph";
import { emitAttention, type AttentionParts } from "./attention-form.ts";
import type { HeadedOperand } from "./attention-layout.ts";
import { isMaskCanonical, opMask } from "./attention-op-mask.ts";
import { commonPast, dependsOn, isJoinedUsed, replaceJoined, splitPast, type SplitOperand } from "./attention-past.ts";
import { castTo } from "./casts.ts";
import type { Rewriter } from "./rewriter.ts";
import { emitView, traceView, type TraceOptions } from "./view-chain.ts";
import { identityView, lengthOf, regroupView, reshapeView, transposeView, type View } from "./view.ts";

const CANONICAL_VERSION = 23;

interface Operands {
  readonly q: HeadedOperand;
  readonly k: HeadedOperand;
  readonly v: HeadedOperand;
}

/** Rewrites an Attention op; false if it is canonical already or cannot be. */
export function rewriteAttentionOp(rewriter: Rewriter, op: Op): boolean {
  const [result, , , scores] = op.results;
  if (result === undefined || (scores !== undefined && rewriter.graph.hasUses(scores))) return false;
  if (isCanonical(rewriter, op)) return false;
  const operands = operandsOf(rewriter, op);
  if (operands === undefined) return false;
  const { q, k, v } = operands;
  const isCausal = intAttr(op, "is_causal", 0) !== 0;
  const [queries, freshKeys] = [lengthOf(q.dims[2] ?? []), lengthOf(k.dims[2] ?? [])];
  const given = rewriter.shapeOf(op.operands[4])?.[2] ?? 0;
  const covers = [op, ...q.trace.ops, ...k.trace.ops, ...v.trace.ops];
  const mask = opMask(rewriter, op, { queries, keys: freshKeys + given, offset: given }, covers);
  if (mask === undefined) return false;
  const depth = lengthOf(q.dims[3] ?? []);
  const parts: AttentionParts = {
    ...operands,
    scale: floatAttr(op, "scale", 1 / Math.sqrt(depth)) * q.trace.factor * k.trace.factor,
    softcap: floatAttr(op, "softcap", 0),
    isCausal: mask.isCausal,
    mask: mask.mask,
    hasPresent: false,
    covers,
  };
  // Without a past the first query is aligned with the first key, so that a causal op keeps its keys whole.
  return given > 0 || isCausal ? finishGiven(rewriter, op, parts) : finishJoined(rewriter, op, parts);
}

function isCanonical(rewriter: Rewriter, op: Op): boolean {
  const [q, k] = op.operands;
  const isFlat = [0, 1, 2].every((index) => rewriter.shapeOf(op.operands[index])?.length === 3);
  const hasWindow = intAttr(op, "left_window_size", -1) >= 0 || intAttr(op, "right_window_size", -1) >= 0;
  if (q === undefined || k === undefined || !isFlat || hasWindow || op.version !== CANONICAL_VERSION) return false;
  return op.operands[6] === undefined && op.attrs.has("scale") && isMaskCanonical(rewriter, op);
}

function operandsOf(rewriter: Rewriter, op: Op): Operands | undefined {
  const [left, keys, values, , past] = op.operands;
  if (left === undefined || keys === undefined || values === undefined) return undefined;
  const hasPresent = op.results.slice(1, 3).some((id) => id !== undefined && rewriter.graph.hasUses(id));
  // What is put into a cache must not lose its scale.
  const isPlain = hasPresent || past !== undefined;
  const q = headed(rewriter, left, intAttr(op, "q_num_heads", 1), { scalars: true, casts: true });
  const k = headed(rewriter, keys, intAttr(op, "kv_num_heads", 1), { scalars: !isPlain, casts: !isPlain });
  const v = headed(rewriter, values, intAttr(op, "kv_num_heads", 1), { casts: !isPlain });
  return q === undefined || k === undefined || v === undefined ? undefined : { q, k, v };
}

/** An operand of the op as [batch, heads, rows, depth]. */
function headed(rewriter: Rewriter, id: ValueId, heads: number, options: TraceOptions): HeadedOperand | undefined {
  const identity = identityView(rewriter.shapeOf(id) ?? [0]);
  const plain = identity && { source: id, view: identity, ops: [], factor: 1 };
  for (const trace of [traceView(rewriter, id, options), plain]) {
    const view = trace === undefined ? undefined : headedView(trace.view, heads);
    if (trace !== undefined && view !== undefined) return { trace: { ...trace, view }, dims: view.result };
  }
  return undefined;
}

function headedView(view: View, heads: number): View | undefined {
  if (view.result.length === 4) return view;
  const [batch = 1, rows = 1, hidden = 1] = view.result.map(lengthOf);
  const split = reshapeView(view, [batch, rows, heads, hidden / heads]);
  return split && transposeView(split, [0, 2, 1, 3]);
}

/** With the op's own caches, or none. */
function finishGiven(rewriter: Rewriter, op: Op, parts: AttentionParts): boolean {
  const [, , , , key, value] = op.operands;
  const past = key !== undefined && value !== undefined ? { key, value } : undefined;
  const [, presentKey, presentValue] = op.results;
  const hasPresent =
    past !== undefined && [presentKey, presentValue].some((id) => id !== undefined && rewriter.graph.hasUses(id));
  const made = emitAttention(rewriter, { ...parts, past, hasPresent });
  if (made === undefined || !replaceResult(rewriter, op, parts, made.result)) return false;
  const caches = past === undefined ? [parts.k, parts.v].map((one) => whole(rewriter, one, parts.covers)) : [];
  replacePresent(rewriter, presentKey, made.presentKey ?? caches[0]);
  replacePresent(rewriter, presentValue, made.presentValue ?? caches[1]);
  return true;
}

function whole(rewriter: Rewriter, { trace, dims }: HeadedOperand, covers: readonly Op[]): ValueId {
  return emitView(rewriter, trace.source, regroupView(trace.view, dims), covers);
}

function replacePresent(rewriter: Rewriter, present: ValueId | undefined, to: ValueId | undefined): void {
  if (present !== undefined && to !== undefined && rewriter.graph.hasUses(present)) rewriter.replace(present, to);
}

/** Where keys and values are concatenations of a past and new rows, with the two as operands. */
function finishJoined(rewriter: Rewriter, op: Op, parts: AttentionParts): boolean {
  const { k, v, q, mask, covers } = parts;
  const { graph } = rewriter;
  const past = commonPast(splitPast(rewriter, k), splitPast(rewriter, v));
  const reads = [q.trace.source, mask, past?.k.past.source, past?.v.past.source];
  const isOpen =
    past !== undefined &&
    op.results.slice(1).every((id) => id === undefined || !graph.hasUses(id)) &&
    !dependsOn(
      graph,
      [...reads, past.k.fresh.trace.source, past.v.fresh.trace.source],
      new Set([past.k.joined, past.v.joined]),
    );
  if (!isOpen) return finishGiven(rewriter, op, parts);
  const emitPast = ({ past }: SplitOperand): ValueId => emitView(rewriter, past.source, past.view, covers);
  const made = emitAttention(rewriter, {
    ...parts,
    k: past.k.fresh,
    v: past.v.fresh,
    past: { key: emitPast(past.k), value: emitPast(past.v) },
    hasPresent: [past.k, past.v].some((one) => isJoinedUsed(graph, one, new Set(covers))),
  });
  if (made === undefined || !replaceResult(rewriter, op, parts, made.result)) return finishGiven(rewriter, op, parts);
  if (made.presentKey !== undefined) {
    replaceJoined(rewriter, past.k, made.presentKey, covers);
    replaceJoined(rewriter, past.v, made.presentValue, covers);
  }
  return true;
}

/** The op's first result in its own rank. */
function replaceResult(rewriter: Rewriter, op: Op, { q, v, covers }: AttentionParts, made: ValueId): boolean {
  const [result] = op.results;
  if (result === undefined) return false;
  const [batch = 1, heads = 1, queries = 1] = q.dims.map(lengthOf);
  const depth = lengthOf(v.dims[3] ?? []);
  const flat = identityView([batch, queries, heads * depth]);
  const split = flat && reshapeView(flat, [batch, queries, heads, depth]);
  const isFlat = rewriter.shapeOf(result)?.length === 3;
  const view = isFlat ? flat : split && transposeView(split, [0, 2, 1, 3]);
  const value = view === undefined ? made : emitView(rewriter, made, view, covers);
  return rewriter.replace(result, castTo(rewriter, value, rewriter.dtypeOf(result), covers));
}
