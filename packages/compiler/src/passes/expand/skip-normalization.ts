// SkipLayerNormalization and SkipSimplifiedLayerNormalization: a sum of x, a skip and perhaps a bias, then the norm. The sum is
// rounded to the type of x, where onnxruntime normalises it as it is in f32. Mean and deviation as results are not made.
import { attr } from "@waferc/ir/graph";
import type { Expanded, Expander } from "./expander.ts";

export function expandSkipLayerNormalization(op: Expander): Expanded {
  const sum = op.plus(op.emit("Add", [op.operand(0), op.operand(1)]), op.optional(4));
  const y = op.emit("LayerNormalization", [sum, op.operand(2), op.optional(3)], normAttrs(op.float("epsilon", 1e-12)));
  return [y, undefined, undefined, sum];
}

export function expandSkipSimplifiedLayerNormalization(op: Expander): Expanded {
  const sum = op.plus(op.emit("Add", [op.operand(0), op.operand(1)]), op.optional(3));
  const y = op.emit("RMSNormalization", [sum, op.operand(2)], normAttrs(op.float("epsilon", 1e-12)));
  return [y, undefined, undefined, sum];
}

const normAttrs = (epsilon: number) => ({ axis: attr.int(-1), epsilon: attr.float(epsilon) });
