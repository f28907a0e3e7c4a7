// SimplifiedLayerNormalization of onnxruntime's optimiser is RMSNormalization; the inverse deviation as a result is not made.
import { attr } from "@waferc/ir/graph";
import type { Expansion } from "./expander.ts";

export const expandSimplifiedLayerNormalization: Expansion = (op) => [
  op.emit("RMSNormalization", [op.operand(0), op.operand(1)], {
    axis: attr.int(op.int("axis", -1)),
    epsilon: attr.float(op.float("epsilon", 1e-5)),
    stash_type: attr.int(op.int("stash_type", 1)),
  }),
];
