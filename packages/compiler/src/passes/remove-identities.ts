// Removes ops that hand an operand on unchanged, bit by bit: Identity, Cast to the same dtype, Dropout outside training,
// multiplication and division by 1, Slice of everything, and the like. Adding +0 is not among them: it turns -0 into 0.
import type { Op, ValueId } from "@waferc/ir/graph";
import { toFloat64 } from "@waferc/numerics";
import type { NoOptions, Pass } from "../pass.ts";
import { readScalar } from "./pattern.ts";
import { Rewriter } from "./rewriter.ts";

export const removeIdentities: Pass<"graph", "graph", NoOptions> = {
  name: "remove-identities",
  from: "graph",
  to: "graph",
  summary: "Remove ops that change nothing",
  requires: ["shapes-known"],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const rewriter = new Rewriter(input, this.name);
    for (const op of rewriter.graph.everyOp) {
      const [result] = op.results;
      const same = op.domain === "" ? sameOperand(rewriter, op) : undefined;
      if (result !== undefined && same !== undefined && rewriter.replace(result, same)) stats.add("removed", 1);
    }
    return rewriter.finish();
  },
};

/** The operand that the op's first result equals; the caller still compares the types. */
function sameOperand(rewriter: Rewriter, op: Op): ValueId | undefined {
  const [first, second, third] = op.operands;
  const isOne = (id: ValueId | undefined): boolean => readScalar(rewriter.graph.constant(id)) === 1;
  switch (op.kind) {
    case "Identity":
    case "Cast":
    case "CastLike":
      return first;
    case "Dropout":
      return isInference(rewriter, op) ? first : undefined;
    case "Mul":
      if (isOne(second)) return first;
      return isOne(first) ? second : undefined;
    case "Div":
    case "Pow":
      return isOne(second) ? first : undefined;
    case "Concat":
    case "Sum":
    case "Max":
    case "Min":
      return op.operands.length === 1 ? first : undefined;
    case "Slice":
      return hasUnitSteps(rewriter, op) ? first : undefined;
    case "Tile":
      return first;
    case "Where":
      return chosenOperand(rewriter, first, second, third);
    default:
      return undefined;
  }
}

/** Dropout without its mask; before opset 12 it had no training mode as an operand and was inference in every export. */
function isInference(rewriter: Rewriter, op: Op): boolean {
  const [, mask] = op.results;
  if (mask !== undefined && rewriter.graph.hasUses(mask)) return false;
  const [, , training] = op.operands;
  return training === undefined || readScalar(rewriter.graph.constant(training)) === 0;
}

/** Steps of 1 and an unchanged shape mean that everything is kept; a step of -1 reverses. */
function hasUnitSteps(rewriter: Rewriter, op: Op): boolean {
  const steps = op.operands[4];
  if (steps === undefined) return true;
  const source = rewriter.graph.constant(steps);
  return source !== undefined && toFloat64(source.read()).every((step) => step === 1);
}

/** The operand that a Where with a uniform constant condition takes. */
function chosenOperand(
  rewriter: Rewriter,
  condition: ValueId | undefined,
  yes: ValueId | undefined,
  no: ValueId | undefined,
): ValueId | undefined {
  const source = rewriter.graph.constant(condition);
  if (source === undefined) return undefined;
  const elements = toFloat64(source.read());
  if (elements.every((one) => one !== 0)) return yes;
  return elements.every((one) => one === 0) ? no : undefined;
}
