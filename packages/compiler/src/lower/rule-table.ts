/** Which rule lowers which op: by kind for what computes, by the op's own declaration for data movement. */
import type { Graph, Op } from "@waferc/ir/graph";
import { qualifiedKind } from "@waferc/ir/graph";
import { findOp } from "@waferc/ops";
import type { LoweringRule } from "./lowering-rule.ts";
import { OpFacts } from "./op-facts.ts";
import { attention } from "./rules/attention.ts";
import { elementwiseRules } from "./rules/elementwise.ts";
import { matmul } from "./rules/matmul.ts";
import { concat, movement, pad } from "./rules/movement.ts";
import { rotary } from "./rules/rotary.ts";
import { rowRules } from "./rules/row-ops.ts";

const rules: ReadonlyMap<string, LoweringRule> = new Map<string, LoweringRule>([
  ...elementwiseRules,
  ...rowRules,
  ["MatMul", matmul],
  ["Attention", attention],
  ["RotaryEmbedding", rotary],
  ["Concat", concat],
  ["Pad", pad],
]);

export function ruleFor(op: Op): LoweringRule | undefined {
  const rule = rules.get(qualifiedKind(op));
  if (rule !== undefined) return rule;
  const traits = findOp(op.domain, op.kind, op.version)?.definition.traits;
  return traits?.includes("movement") === true ? movement : undefined;
}

/** Ops that some rule lowers, for listings. */
export const loweredKinds: readonly string[] = [...rules.keys()];

/** What partitioning asks: why lowering cannot take an op, as the rest of "it ...". */
export const meshSupport = {
  objectionTo(op: Op, graph: Graph): string | undefined {
    const rule = ruleFor(op);
    if (rule === undefined) return "has no lowering";
    const facts = new OpFacts(op, graph);
    const data = op.operands.flatMap((_, index) => (facts.dtype(index) === "f32" ? [facts.shape(index)] : []));
    const shapes = [
      ...data,
      ...op.results.flatMap((id, index) => (id === undefined ? [] : [facts.resultShape(index)])),
    ];
    if (shapes.includes(undefined)) return "has lengths that are not known";
    if (rule.skipsEmpty !== true && shapes.some((shape) => shape?.includes(0))) return "has no elements";
    return rule.objection(facts);
  },
};
