// RotaryEmbedding of onnxruntime as that of ONNX: positions choose rows of the caches by Gather, so that the op itself has none.
import { attr, type ValueId } from "@waferc/ir/graph";
import type { Expanded, Expander } from "./expander.ts";

export function expandRotaryEmbedding(op: Expander): Expanded {
  const x = op.operand(0);
  const shape = op.shape(x);
  const [batch = 1, second = 1, third = 1] = shape;
  const half = op.width(op.operand(2));
  const rank = shape.length;
  op.require(rank === 3 || rank === 4, `x of rank ${rank}`);
  op.require(!op.flag("is_packed_batching"), "packed batching");
  const seq = rank === 4 ? third : second;
  const rotaryDim = op.int("rotary_embedding_dim", 0);
  const given = op.int("num_heads", 0);
  const heads = rank === 4 ? second : given > 0 ? given : third / (2 * half);
  const angles = {
    cos: op.operand(2),
    sin: op.operand(3),
    positions: positionRows(op, op.operand(1), batch, seq),
    isInterleaved: op.flag("interleaved"),
    rotaryDim,
  };
  return [rotate(op, x, heads, angles)];
}

/** Position ids [batch or 1, seq], for ids that may be one number, the first of all sequences. */
function positionRows(op: Expander, ids: ValueId, batch: number, seq: number): ValueId {
  const count = op.shape(ids).reduce((a, b) => a * b, 1);
  if (count === batch * seq) return op.reshape(ids, [batch, seq]);
  if (count === seq) return op.reshape(ids, [1, seq]);
  const steps = op.list(Array.from({ length: seq }, (_, i) => i));
  return op.emit("Add", [op.reshape(op.cast(ids, "i64"), [1, 1]), op.reshape(steps, [1, seq])]);
}

export interface Angles {
  /** [positions, rotaryDim / 2] */
  readonly cos: ValueId;
  readonly sin: ValueId;
  /** [batch or 1, seq] */
  readonly positions: ValueId;
  readonly isInterleaved: boolean;
  /** 0 for all of a head. */
  readonly rotaryDim: number;
}

/** x of rank 3 with `heads` heads beside one another, or of rank 4, turned by the angles of its positions. */
export function rotate(op: Expander, x: ValueId, heads: number, angles: Angles): ValueId {
  const { positions, rotaryDim } = angles;
  op.require(Number.isInteger(heads) && Number.isInteger(rotaryDim), "heads or angles that are not whole");
  const [cos, sin] = [angles.cos, angles.sin].map((cache) => op.gather(cache, positions));
  const attrs = {
    interleaved: attr.int(angles.isInterleaved ? 1 : 0),
    ...(op.shape(x).length === 3 ? { num_heads: attr.int(heads) } : {}),
    ...(rotaryDim === 0 ? {} : { rotary_embedding_dim: attr.int(rotaryDim) }),
  };
  return op.emit("RotaryEmbedding", [x, cos, sin], attrs);
}
