// Which keys a query of GroupQueryAttention sees, and what it adds to their scores. Keys have absolute positions; the
// rows at hand begin at a position of their own for each sequence.
import type { Tensor } from "@waferc/numerics";
import { floatsOf, finishFloats, floatDType, newFloats } from "./floats.ts";
import { givenBias } from "./attention-mask.ts";
import type { AttentionRules, AttentionSize } from "./attention.ts";
import { normalizeRows } from "./normalize.ts";
import { positionRows, rotate } from "./rotary.ts";

export interface GroupedMask {
  /** By sequence: position of the first row, position of the first query, and tokens in all. */
  readonly firstKey: readonly number[];
  readonly firstQuery: readonly number[];
  readonly tokens: readonly number[];
  readonly isCausal: boolean;
  /** Keys that a query sees, its own and those before it; 0 or less for all. */
  readonly window: number;
  /** Added to scores; its last axis goes over positions, `total` of them. */
  readonly bias: Tensor | undefined;
  readonly total: number;
}

export function groupedBias(mask: GroupedMask, size: AttentionSize): AttentionRules["bias"] {
  const { firstKey, firstQuery, tokens, isCausal, window, total } = mask;
  const added = mask.bias === undefined ? undefined : givenBias(mask.bias, { ...size, keys: total });
  return (batch, head, query, key) => {
    const [at, own] = [firstKey[batch]! + key, firstQuery[batch]! + query];
    if (at >= tokens[batch]! || (isCausal && at > own)) return -Infinity;
    if (window > 0 && at <= own - window) return -Infinity;
    return added === undefined ? 0 : added(batch, head, query, at);
  };
}

/** RMS normalisation of every head of x, heads first, times a weight of its length. */
export function normalizeHeads(x: Tensor, weight: Tensor, epsilon: number): Tensor {
  const [dtype, factors] = [floatDType(x.dtype), floatsOf(weight)];
  const { normal } = normalizeRows(floatsOf(x), factors.length, epsilon, false);
  const to = newFloats(dtype, normal.length);
  for (let i = 0; i < to.length; i++) to[i] = normal[i]! * factors[i % factors.length]!;
  return finishFloats(dtype, x.shape, to);
}

export interface Angles {
  /** [positions, rotaryDim / 2] */
  readonly cos: Tensor;
  readonly sin: Tensor;
  readonly isInterleaved: boolean;
  /** Of every element, [batch, seq]. */
  readonly positions: readonly number[];
}

/** x, heads first, turned by its positions. */
export function rotateHeads(x: Tensor, { cos, sin, isInterleaved, positions }: Angles): Tensor {
  const [batch, heads, seq, headDim] = x.shape as [number, number, number, number];
  const rows = positionRows(positions, cos.shape);
  const dtype = floatDType(x.dtype);
  const to = newFloats(dtype, batch * heads * seq * headDim);
  const rotaryDim = 2 * (cos.shape[1] ?? 0);
  rotate(
    floatsOf(x),
    to,
    floatsOf(cos),
    floatsOf(sin),
    { batch, seq, heads, headDim, rotaryDim },
    {
      isInterleaved,
      headAt: (b, position, head) => ((b * heads + head) * seq + position) * headDim,
      anglesAt: (b, position) => rows[b * seq + position]!,
    },
  );
  return finishFloats(dtype, x.shape, to);
}
