// EmbedLayerNormalization: word, position and segment embeddings, summed, then LayerNormalization. Positions are 0, 1, .. unless
// given. Result 1 counts the ones of the mask, result 2 is the sum.
import { attr } from "@waferc/ir/graph";
import { fullTensor } from "@waferc/numerics";
import type { Expanded, Expander } from "./expander.ts";

const [IDS, SEGMENTS, WORDS, POSITIONS, SEGMENT_TABLE, GAMMA, BETA, MASK, POSITION_IDS] = [0, 1, 2, 3, 4, 5, 6, 7, 8];

export function expandEmbedLayerNormalization(op: Expander): Expanded {
  const [, seq = 1] = op.shape(op.operand(IDS));
  const counted = Array.from({ length: seq }, (_, position) => position);
  const positions = op.gather(op.operand(POSITIONS), op.optional(POSITION_IDS) ?? op.list(counted));
  const segments = op.optional(SEGMENTS);
  const sum = op.plus(
    op.emit("Add", [op.gather(op.operand(WORDS), op.operand(IDS)), positions]),
    segments === undefined ? undefined : op.gather(op.operand(SEGMENT_TABLE), segments),
  );
  const attrs = { axis: attr.int(-1), epsilon: attr.float(op.float("epsilon", 1e-12)) };
  const y = op.emit("LayerNormalization", [sum, op.operand(GAMMA), op.operand(BETA)], attrs);
  return [y, op.isUsed(1) ? countOnes(op) : undefined, sum];
}

function countOnes(op: Expander) {
  const mask = op.optional(MASK);
  const [batch = 1] = op.shape(op.operand(IDS));
  if (mask === undefined) return op.constant(fullTensor("i32", [batch], 0));
  const ones = op.cast(op.emit("Equal", [mask, op.scalar(op.dtype(mask), 1)]), "i32");
  return op.emit("ReduceSum", [ones, op.list([1])], { keepdims: attr.int(0) });
}
