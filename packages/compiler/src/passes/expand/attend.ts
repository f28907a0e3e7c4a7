// The standard Attention op as what attention ops of onnxruntime become: 3-D query, key and value, an optional past before key and
// value, one mask, and the present as the op's own results where there is a past.
import { attr, type ValueId } from "@waferc/ir/graph";
import type { Expander } from "./expander.ts";

export interface AttentionParts {
  /** [batch, queries, heads * headDim] */
  readonly q: ValueId;
  /** [batch, keys, kvHeads * headDim], without the past. */
  readonly k: ValueId;
  readonly v: ValueId;
  readonly heads: number;
  readonly kvHeads: number;
  /** 0 for one over the root of the head's length. */
  readonly scale: number;
  readonly softcap?: number;
  readonly isCausal: boolean;
  readonly mask: ValueId | undefined;
  /** [batch, kvHeads, past, headDim] */
  readonly past?: { readonly key: ValueId; readonly value: ValueId } | undefined;
}

export interface Attended {
  /** [batch, queries, heads * valueDim] */
  readonly y: ValueId;
  /** [batch, kvHeads, past + keys, headDim] */
  readonly presentKey: ValueId;
  readonly presentValue: ValueId;
}

export function attend(op: Expander, parts: AttentionParts): Attended {
  const { q, k, v, heads, kvHeads, scale, softcap = 0, isCausal, mask } = parts;
  const past = parts.past !== undefined && op.shape(parts.past.key)[2] === 0 ? undefined : parts.past;
  const attrs = {
    is_causal: attr.int(isCausal ? 1 : 0),
    kv_num_heads: attr.int(kvHeads),
    q_num_heads: attr.int(heads),
    scale: attr.float(scale === 0 ? 1 / Math.sqrt(op.width(q) / heads) : scale),
    ...(softcap === 0 ? {} : { softcap: attr.float(softcap) }),
  };
  if (past === undefined) {
    const y = op.emit("Attention", [q, k, v, mask], attrs);
    return { y, presentKey: op.headsFirst(k, kvHeads), presentValue: op.headsFirst(v, kvHeads) };
  }
  const [y, presentKey, presentValue] = op.emitAll("Attention", [q, k, v, mask, past.key, past.value], 3, attrs);
  op.require(y !== undefined && presentKey !== undefined && presentValue !== undefined, "three results");
  return { y, presentKey, presentValue };
}
