// Attention of onnxruntime: a product that projects x to Q, K and V beside one another, then attention. The past and the present
// are keys and values stacked, [2, batch, heads, seq, headDim]. With `do_rotary` the angles follow from the positions, base 10000.
import { attr, type ValueId } from "@waferc/ir/graph";
import { tensorOf, type DType } from "@waferc/numerics";
import { attendPadded, pastLength } from "./attend-padded.ts";
import type { Expanded, Expander } from "./expander.ts";

const [X, WEIGHTS, BIAS, MASK, PAST, ADDED] = [0, 1, 2, 3, 4, 5];

export function expandAttention(op: Expander): Expanded {
  const heads = op.int("num_heads", 1);
  const [q, k, v] = project(op);
  const stacked = op.optional(PAST);
  const past = stacked === undefined ? undefined : { key: pick(op, stacked, 0), value: pick(op, stacked, 1) };
  const isRotated = op.flag("do_rotary");
  const turned = (part: ValueId): ValueId => (isRotated ? rotateFrom(op, part, heads, pastLength(op, past)) : part);
  const { y, presentKey, presentValue } = attendPadded(op, {
    q: turned(q),
    k: turned(k),
    v,
    heads,
    past,
    mask: op.optional(MASK),
    added: op.optional(ADDED),
  });
  if (!op.isUsed(1)) return [y];
  const parts = [presentKey, presentValue].map((part) => op.emit("Unsqueeze", [part, op.list([0])]));
  return [y, op.concat(parts, 0)];
}

/** Q, K and V, heads beside one another. */
function project(op: Expander): readonly [ValueId, ValueId, ValueId] {
  const product = op.plus(op.emit("MatMul", [op.operand(X), op.operand(WEIGHTS)]), op.optional(BIAS));
  const third = op.width(product) / 3;
  const [q, k, v] = op.split(product, op.ints("qkv_hidden_sizes") ?? [third, third, third]);
  op.require(q !== undefined && k !== undefined && v !== undefined, "qkv_hidden_sizes that are not three");
  return [q, k, v];
}

function pick(op: Expander, stacked: ValueId, index: number): ValueId {
  return op.gather(stacked, op.scalar("i64", index));
}

/** Turned by positions from `first` on, halves apart; angle position * 10000^(-2i / rotaryDim). */
function rotateFrom(op: Expander, x: ValueId, heads: number, first: number): ValueId {
  const [, seq = 1, hidden = 0] = op.shape(x);
  const given = op.int("rotary_embedding_dim", 0);
  const rotaryDim = given || hidden / heads;
  const half = rotaryDim / 2;
  const dtype: DType = op.dtype(x);
  const table = (of: (angle: number) => number): ValueId => {
    const angleAt = (i: number): number => (first + Math.floor(i / half)) * 10000 ** (-(2 * (i % half)) / rotaryDim);
    return op.constant(
      tensorOf(
        dtype,
        [1, seq, half],
        Array.from({ length: seq * half }, (_, i) => of(angleAt(i))),
      ),
    );
  };
  return op.emit("RotaryEmbedding", [x, table(Math.cos), table(Math.sin)], {
    interleaved: attr.int(0),
    num_heads: attr.int(heads),
    ...(given === 0 ? {} : { rotary_embedding_dim: attr.int(given) }),
  });
}
