// MultiHeadAttention of onnxruntime: Q, K and V in one of five forms, a bias for them, masks, a past and a present. Forms: three
// tensors [batch, seq, hidden]; key and value heads first (a cache of cross attention); key and value packed in [batch, keys, heads, 2,
// headDim]; all packed in [batch, seq, heads, 3, headDim]. Caches in buffers of a fixed length and the scores are not made.
import type { ValueId } from "@waferc/ir/graph";
import { attendPadded } from "./attend-padded.ts";
import { CannotExpand, type Expanded, type Expander } from "./expander.ts";

const [QUERY, KEY, VALUE, BIAS, MASK, ADDED, PAST_KEY, PAST_VALUE, PAST_LENGTH, BEAMS] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

interface Parts {
  readonly q: ValueId;
  readonly k: ValueId;
  readonly v: ValueId;
}

export function expandMultiHeadAttention(op: Expander): Expanded {
  op.require(op.optional(PAST_LENGTH) === undefined && op.optional(BEAMS) === undefined, "caches in buffers");
  const heads = op.int("num_heads", 1);
  const { q, k, v } = partsOf(op, heads);
  const [pastKey, pastValue] = [op.optional(PAST_KEY), op.optional(PAST_VALUE)];
  op.require((pastKey === undefined) === (pastValue === undefined), "a past of keys or of values alone");
  const past = pastKey === undefined || pastValue === undefined ? undefined : { key: pastKey, value: pastValue };
  const { y, presentKey, presentValue } = attendPadded(op, {
    q,
    k,
    v,
    heads,
    past,
    mask: op.optional(MASK),
    added: op.optional(ADDED),
  });
  return [y, presentKey, presentValue];
}

/** Q, K and V with their bias, heads beside one another. */
function partsOf(op: Expander, heads: number): Parts {
  const [query, key, value] = [op.operand(QUERY), op.optional(KEY), op.optional(VALUE)];
  if (op.shape(query).length === 5) {
    return biased(op, { q: unpack(op, query, 0), k: unpack(op, query, 1), v: unpack(op, query, 2) });
  }
  if (key === undefined) throw new CannotExpand("a query without a key");
  const rank = op.shape(key).length;
  if (rank === 5) return biased(op, { q: query, k: unpack(op, key, 0), v: unpack(op, key, 1) });
  if (value === undefined) throw new CannotExpand("a key without a value");
  if (rank === 3) return biased(op, { q: query, k: key, v: value });
  op.require(op.shape(key)[1] === heads, `a key of rank ${rank}`);
  const bias = op.optional(BIAS);
  const own = bias === undefined ? undefined : op.slice(bias, 0, 0, op.width(query));
  return { q: op.plus(query, own), k: op.headsLast(key), v: op.headsLast(value) };
}

function biased(op: Expander, { q, k, v }: Parts): Parts {
  const bias = op.optional(BIAS);
  if (bias === undefined) return { q, k, v };
  const [qBias, kBias, vBias] = op.split(bias, [op.width(q), op.width(k), op.width(v)]);
  return { q: op.plus(q, qBias), k: op.plus(k, kBias), v: op.plus(v, vBias) };
}

/** One of the tensors in [batch, seq, heads, count, headDim]. */
function unpack(op: Expander, packed: ValueId, index: number): ValueId {
  const [batch = 1, seq = 1, heads = 1, , headDim = 1] = op.shape(packed);
  return op.reshape(op.gather(packed, op.scalar("i64", index), 3), [batch, seq, heads * headDim]);
}
