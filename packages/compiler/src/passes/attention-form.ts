// The canonical form of attention, which lowering knows: Attention of opset 23 on 3-D operands, q [batch, queries, heads * depth],
// k [batch, keys, kvHeads * depth], v [batch, keys, kvHeads * valueDepth], with scale, is_causal and head counts stated, and an
// optional additive or boolean mask. Operands are given as 4-D views [batch, heads, rows, depth]; heads that repeat each
// key/value head side by side are taken back to the heads that exist.
// Definition: https://onnx.ai/onnx/operators/onnx__Attention.html.
import { attr, attrsOf, type Op, type ValueId } from "@waferc/ir/graph";
import type { Rewriter } from "./rewriter.ts";
import type { ViewTrace } from "./view-chain.ts";
import { emitView } from "./view-chain.ts";
import { identityView, regroupView, reshapeView, transposeView, type Factor, type FactorDims } from "./view.ts";

/** An operand as [batch, heads, rows, depth]. */
export interface HeadedOperand {
  readonly trace: ViewTrace;
  readonly dims: FactorDims;
}

export interface AttentionParts {
  readonly q: HeadedOperand;
  readonly k: HeadedOperand;
  readonly v: HeadedOperand;
  readonly scale: number;
  readonly isCausal: boolean;
  readonly mask: ValueId | undefined;
  readonly covers: readonly Op[];
}

const lengthOf = (factors: readonly Factor[]): number => factors.reduce((product, { length }) => product * length, 1);

/** The operand with its dimensions in the order that `axes` names: `[0, 1, 3, 2]` for a transposed K. */
export function headedOperand(
  trace: ViewTrace | undefined,
  axes: readonly number[] = [0, 1, 2, 3],
): HeadedOperand | undefined {
  if (trace?.view.result.length !== 4) return undefined;
  return { trace, dims: axes.map((axis) => trace.view.result[axis] ?? []) };
}

/** Heads that exist, and how often each is repeated; undefined if repetition is not innermost. */
function splitHeads(heads: readonly Factor[]): { kept: readonly Factor[]; repeats: number } {
  const firstRepeat = heads.findIndex((factor) => factor.isRepeat);
  const tail = firstRepeat < 0 ? [] : heads.slice(firstRepeat);
  if (tail.some((factor) => !factor.isRepeat)) return { kept: heads, repeats: 1 };
  return { kept: heads.slice(0, heads.length - tail.length), repeats: lengthOf(tail) };
}

/** Emits the attention and returns its result as [batch, heads, queries, valueDepth]; undefined if the operands do not fit. */
export function emitAttention(rewriter: Rewriter, parts: AttentionParts): ValueId | undefined {
  const { q, k, v, covers } = parts;
  const [batch = 0, heads = 0, queries = 0, depth = 0] = q.dims.map(lengthOf);
  const [kBatch = 0, kHeads = 0, keys = 0, kDepth = 0] = k.dims.map(lengthOf);
  const [vBatch = 0, vHeads = 0, vKeys = 0, valueDepth = 0] = v.dims.map(lengthOf);
  if (kBatch !== batch || vBatch !== batch || kHeads !== vHeads || vKeys !== keys || kDepth !== depth) return undefined;
  const [kSplit, vSplit] = [splitHeads(k.dims[1] ?? []), splitHeads(v.dims[1] ?? [])];
  const isGrouped = kSplit.repeats === vSplit.repeats && kSplit.repeats > 1;
  const kvHeads = isGrouped ? kHeads / kSplit.repeats : kHeads;
  if (heads % kvHeads !== 0) return undefined;
  const operands = [
    emitOperand(rewriter, q, q.dims[1] ?? [], covers),
    emitOperand(rewriter, k, isGrouped ? kSplit.kept : (k.dims[1] ?? []), covers),
    emitOperand(rewriter, v, isGrouped ? vSplit.kept : (v.dims[1] ?? []), covers),
    parts.mask,
  ];
  const attrs = attrsOf({
    q_num_heads: attr.int(heads),
    kv_num_heads: attr.int(kvHeads),
    scale: attr.float(parts.scale),
    is_causal: attr.int(parts.isCausal ? 1 : 0),
  });
  const result = rewriter.emit("Attention", operands, { attrs, covers });
  const flat = identityView([batch, queries, heads * valueDepth]);
  const split = flat === undefined ? undefined : reshapeView(flat, [batch, queries, heads, valueDepth]);
  return split === undefined ? undefined : emitView(rewriter, result, transposeView(split, [0, 2, 1, 3]), covers);
}

/** [batch, rows, heads * depth] of an operand, with these heads. */
function emitOperand(
  rewriter: Rewriter,
  operand: HeadedOperand,
  heads: readonly Factor[],
  covers: readonly Op[],
): ValueId {
  const [batch = [], , rows = [], depth = []] = operand.dims;
  const view = regroupView(operand.trace.view, [batch, rows, [...heads, ...depth]]);
  return emitView(rewriter, operand.trace.source, view, covers);
}
