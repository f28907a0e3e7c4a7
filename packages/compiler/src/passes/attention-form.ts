// The canonical form of attention: Attention of opset 23 on 3-D operands, q [batch, queries, heads * depth], k [batch, keys,
// kvHeads * depth], v [batch, keys, kvHeads * valueDepth], with scale, is_causal and head counts stated, softcap if there is one,
// an optional additive or boolean mask, and past caches [batch, kvHeads, past, depth]; present caches are results where somebody
// reads them. Operands are given as 4-D views [batch, heads, rows, depth]; heads that repeat each key/value head side by side are
// taken back to the heads that exist.
// Operands of several float types are brought to the widest, so that nothing is rounded that was not before.
// Definition: https://onnx.ai/onnx/operators/onnx__Attention.html.
import { invariant } from "@waferc/base";
import { attr, attrsOf, type Op, type ValueId } from "@waferc/ir/graph";
import type { DType } from "@waferc/numerics";
import type { HeadedOperand } from "./attention-layout.ts";
import type { Rewriter } from "./rewriter.ts";
import { emitView, isWidening } from "./view-chain.ts";
import { lengthOf, regroupView, type Factor } from "./view.ts";
import { castTo } from "./casts.ts";

export interface AttentionParts {
  readonly q: HeadedOperand;
  readonly k: HeadedOperand;
  readonly v: HeadedOperand;
  readonly scale: number;
  /** 0 for none. */
  readonly softcap: number;
  readonly isCausal: boolean;
  readonly mask: ValueId | undefined;
  /** Caches [batch, kvHeads, rows, depth] to put before k and v. */
  readonly past?: { readonly key: ValueId; readonly value: ValueId } | undefined;
  readonly hasPresent: boolean;
  readonly covers: readonly Op[];
}

export interface EmittedAttention {
  /** [batch, queries, heads * valueDepth] */
  readonly result: ValueId;
  readonly presentKey?: ValueId | undefined;
  readonly presentValue?: ValueId | undefined;
}

/** Heads that exist, and how often each is repeated; all of them, once, if repetition is not innermost. */
export function splitHeads(heads: readonly Factor[]): { kept: readonly Factor[]; repeats: number } {
  const firstRepeat = heads.findIndex((factor) => factor.isRepeat);
  const tail = firstRepeat < 0 ? [] : heads.slice(firstRepeat);
  if (tail.some((factor) => !factor.isRepeat)) return { kept: heads, repeats: 1 };
  return { kept: heads.slice(0, heads.length - tail.length), repeats: lengthOf(tail) };
}

/** The widest float type among operands. */
export function widestOf(rewriter: Rewriter, ids: readonly ValueId[]): DType | undefined {
  const types = ids.map((id) => rewriter.dtypeOf(id));
  const widest = types.reduce((a, b) => (isWidening(a, b) ? b : a));
  // f16 and bf16 hold different values; f32 holds both.
  return types.every((type) => type === widest || isWidening(type, widest)) ? widest : "f32";
}

/** Emits the attention; undefined if the operands do not fit together. */
export function emitAttention(rewriter: Rewriter, parts: AttentionParts): EmittedAttention | undefined {
  const { q, k, v, covers, past } = parts;
  const [batch = 0, heads = 0, , depth = 0] = q.dims.map(lengthOf);
  const [kBatch = 0, kHeads = 0, keys = 0, kDepth = 0] = k.dims.map(lengthOf);
  const [vBatch = 0, vHeads = 0, vKeys = 0] = v.dims.map(lengthOf);
  if (kBatch !== batch || vBatch !== batch || kHeads !== vHeads || vKeys !== keys || kDepth !== depth) return undefined;
  const [kSplit, vSplit] = [splitHeads(k.dims[1] ?? []), splitHeads(v.dims[1] ?? [])];
  const isGrouped = kSplit.repeats === vSplit.repeats && kSplit.repeats > 1;
  const kvHeads = isGrouped ? kHeads / kSplit.repeats : kHeads;
  if (heads % kvHeads !== 0) return undefined;
  const dtype = widestOf(rewriter, [q.trace.source, k.trace.source, v.trace.source]);
  if (past !== undefined && (rewriter.dtypeOf(past.key) !== dtype || rewriter.dtypeOf(past.value) !== dtype))
    return undefined;
  const flat = (operand: HeadedOperand, kept: readonly Factor[]): ValueId =>
    castTo(rewriter, emitOperand(rewriter, operand, kept, covers), dtype, covers);
  const operands = [
    flat(q, q.dims[1] ?? []),
    flat(k, isGrouped ? kSplit.kept : (k.dims[1] ?? [])),
    flat(v, isGrouped ? vSplit.kept : (v.dims[1] ?? [])),
    parts.mask,
    past?.key,
    past?.value,
  ];
  return emitOp(rewriter, operands, parts, { heads, kvHeads });
}

function emitOp(
  rewriter: Rewriter,
  given: readonly (ValueId | undefined)[],
  parts: AttentionParts,
  { heads, kvHeads }: { readonly heads: number; readonly kvHeads: number },
): EmittedAttention {
  const attrs = attrsOf({
    q_num_heads: attr.int(heads),
    kv_num_heads: attr.int(kvHeads),
    scale: attr.float(Math.fround(parts.scale)),
    is_causal: attr.int(parts.isCausal ? 1 : 0),
    ...(parts.softcap === 0 ? {} : { softcap: attr.float(Math.fround(parts.softcap)) }),
  });
  const count = parts.hasPresent ? 3 : 1;
  const [result, presentKey, presentValue] = rewriter.emitAll("Attention", given, count, {
    attrs,
    covers: parts.covers,
  });
  invariant(result !== undefined, "Attention has a result");
  return { result, presentKey, presentValue };
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
