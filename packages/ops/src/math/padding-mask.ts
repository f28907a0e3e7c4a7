// Masks of onnxruntime's Attention, MultiHeadAttention and QAttention as one number to add to each score. Padding keys
// get the filter value, not minus infinity: a query that sees nothing but padding still has a softmax. Keys after a
// query that must not see them get minus infinity.
import type { Tensor } from "@waferc/numerics";
import { OpError, require } from "../op-error.ts";
import { givenBias } from "./attention-mask.ts";
import type { AttentionRules, AttentionSize } from "./attention.ts";
import { integersOf } from "./integers.ts";

export interface PaddingMask {
  /**
   * Ones where keys count: [batch, keys], [batch, queries, keys] or [batch, 1, longest, longest]; or lengths: [batch],
   * ends and then starts, [2 batch], or lengths and then two lists of offsets that repeat them, [3 batch + 2].
   */
  readonly mask: Tensor | undefined;
  /** Added to the score of a padding key. */
  readonly filter: number;
  /** Added to scores, broadcast to [batch, heads, queries, keys]. */
  readonly bias: Tensor | undefined;
  /** Does a query see no key after its own? */
  readonly isCausal: boolean;
  /** Keys before the first query's own. */
  readonly past: number;
}

export function paddingBias(given: PaddingMask, size: AttentionSize): AttentionRules["bias"] {
  const { mask, filter, bias, isCausal, past } = given;
  const counts = mask === undefined ? undefined : countedKeys(mask, size, past);
  const added = bias === undefined ? undefined : givenBias(bias, size);
  return (batch, head, query, key) => {
    if (isCausal && key > past + query) return -Infinity;
    const padding = counts === undefined || counts(batch, query, key) ? 0 : filter;
    return added === undefined ? padding : padding + added(batch, head, query, key);
  };
}

type Counted = (batch: number, query: number, key: number) => boolean;

function countedKeys(mask: Tensor, { batch, queries, keys }: AttentionSize, past: number): Counted {
  const values = integersOf(mask);
  const [rows, columns, longest, width] = mask.shape;
  switch (mask.shape.length) {
    case 1:
      if (rows === batch || rows === 3 * batch + 2) return (b, _query, key) => key < values[b]!;
      if (rows === 2 * batch) return (b, _query, key) => key < values[b]! && key >= values[batch + b]!;
      break;
    case 2:
      if (rows === batch && columns === keys) return (b, _query, key) => values[b * keys + key]! > 0;
      break;
    case 3:
      if (rows !== batch || columns !== queries || longest !== keys) break;
      return (b, query, key) => values[(b * queries + query) * keys + key]! > 0;
    case 4: {
      if (rows !== batch || columns !== 1 || longest === undefined || width === undefined) break;
      require(longest >= past + queries && width >= keys, () =>
        `needs a mask of ${keys} keys or more, but has ${width}`);
      return (b, query, key) => values[(b * longest + past + query) * width + key]! > 0;
    }
    default:
  }
  throw new OpError(
    `cannot use a mask of shape [${mask.shape.join(",")}] for ${batch} sequences of ${queries} queries and ${keys} keys`,
  );
}
