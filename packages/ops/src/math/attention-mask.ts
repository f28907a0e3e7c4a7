// The mask of the Attention op as one number to add to each score.
import type { Tensor } from "@waferc/numerics";
import { require } from "../op-error.ts";
import { printShape } from "../shapes.ts";
import type { AttentionRules, AttentionSize } from "./attention.ts";
import { floatsOf } from "./floats.ts";
import { broadcastStrides } from "./views.ts";

export interface MaskWindow {
  /** Keys that are not padding, by batch. */
  readonly counted: readonly number[] | undefined;
  /** Key that the first query is aligned with. */
  readonly offset: (batch: number) => number;
  /** Keys seen before and after the aligned one; infinite for all. */
  readonly before: number;
  readonly after: number;
}

export function maskBias(mask: Tensor | undefined, size: AttentionSize, window: MaskWindow): AttentionRules["bias"] {
  const given = mask === undefined ? () => 0 : givenBias(mask, size);
  return (batch, head, query, key) => {
    if (window.counted !== undefined && key >= window.counted[batch]!) return -Infinity;
    const distance = key - query - window.offset(batch);
    if (distance > window.after || -distance > window.before) return -Infinity;
    return given(batch, head, query, key);
  };
}

/** A mask that broadcasts to [batch, heads, queries, its own length]; keys beyond that length are masked. */
export function givenBias(
  mask: Tensor,
  { batch, heads, queries, keys }: Pick<AttentionSize, "batch" | "heads" | "queries" | "keys">,
): AttentionRules["bias"] {
  const width = mask.shape.at(-1) ?? 1;
  const target = [batch, heads, queries, width === 1 ? keys : width];
  const isLegal = mask.shape.every((length, i) => length === 1 || length === target[4 - mask.shape.length + i]);
  require(isLegal && mask.shape.length <= 4, () => `cannot broadcast a mask of shape ${printShape(mask.shape)}`);
  const [perBatch, perHead, perQuery, perKey] = broadcastStrides(mask.shape, target) as [
    number,
    number,
    number,
    number,
  ];
  const isBool = mask.dtype === "bool";
  const values = isBool ? mask.data : floatsOf(mask);
  return (b, head, query, key) => {
    if (width !== 1 && key >= width) return -Infinity;
    const value = values[b * perBatch + head * perHead + query * perQuery + key * perKey]!;
    if (isBool) return value === 1 ? 0 : -Infinity;
    return value;
  };
}
