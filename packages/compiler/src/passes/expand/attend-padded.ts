// Attention under the masks of onnxruntime's Attention and MultiHeadAttention, which have their attributes in common.
import type { ValueId } from "@waferc/ir/graph";
import { attend, type Attended, type AttentionParts } from "./attend.ts";
import type { Expander } from "./expander.ts";
import { paddingMask } from "./padding-mask.ts";

export interface PaddedParts extends Pick<AttentionParts, "q" | "k" | "v" | "heads" | "past"> {
  /** Which keys count, in any of onnxruntime's forms. */
  readonly mask: ValueId | undefined;
  /** Added to scores as well. */
  readonly added: ValueId | undefined;
}

/** Rows of a past. */
export function pastLength(op: Expander, past: AttentionParts["past"]): number {
  return past === undefined ? 0 : (op.shape(past.key)[2] ?? 0);
}

export function attendPadded(op: Expander, { q, k, v, heads, past, mask, added }: PaddedParts): Attended {
  const [batch = 1, queries = 1] = op.shape(q);
  const before = pastLength(op, past);
  return attend(op, {
    q,
    k,
    v,
    heads,
    kvHeads: heads,
    scale: op.float("scale", 0),
    isCausal: op.flag("unidirectional"),
    mask: paddingMask(op, {
      mask,
      filter: op.float("mask_filter_value", -10000),
      bias: added,
      dtype: op.dtype(q),
      batch,
      queries,
      keys: before + (op.shape(k)[1] ?? 0),
      past: before,
    }),
    past,
  });
}
