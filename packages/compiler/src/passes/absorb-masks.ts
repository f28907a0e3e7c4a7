// Constant attention masks: one that keeps everything is dropped, one that is causal becomes is_causal, and one that is the
// same for all batches or heads is kept once. A sum of a causal constant and a mask that depends on inputs is taken apart.
// Causal means: 0 on and below the diagonal and hugely negative above it, for as many queries as keys. Every row then keeps
// its own key, so the masked weights are exactly 0 in both forms.
import { attr, intAttr, type GraphBuilder, type Op, type TensorSource, type ValueId } from "@waferc/ir/graph";
import { isFloat, kindOf, toFloat64 } from "@waferc/numerics";
import { fromFloat64 } from "@waferc/numerics";
import type { NoOptions, Pass } from "../pass.ts";
import { Rewriter } from "./rewriter.ts";

const MASK_OPERAND = 3;

/** Additive values at or below this leave no weight: exp of it is 0 in every float type, whatever the scores are. */
const MASKED_BELOW = -1e30;

export const absorbMasks: Pass<"graph", "graph", NoOptions> = {
  name: "absorb-masks",
  from: "graph",
  to: "graph",
  summary: "Turn constant causal masks of Attention into is_causal",
  requires: ["shapes-known", "constants-folded"],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const rewriter = new Rewriter(input, this.name);
    for (const op of rewriter.graph.ops) {
      if (op.domain === "" && op.kind === "Attention" && absorb(rewriter, op)) stats.add("absorbed", 1);
    }
    return rewriter.finish();
  },
};

function absorb(rewriter: Rewriter, op: Op): boolean {
  const { graph } = rewriter;
  const mask = op.operands[MASK_OPERAND];
  const [queries, keys] = [rewriter.shapeOf(op.operands[0])?.[1], rewriter.shapeOf(op.operands[1])?.[1]];
  if (mask === undefined || queries === undefined || keys === undefined) return false;
  const { constant, rest } = splitMask(graph, mask);
  if (constant === undefined) return false;
  const form = classify(constant, queries, keys, intAttr(op, "is_causal", 0) !== 0);
  if (form === "other") return rest === undefined && shareMask(rewriter, op, constant);
  graph.setOperand(op.id, MASK_OPERAND, rest);
  if (form === "causal") graph.setAttrs(op.id, new Map(op.attrs).set("is_causal", attr.int(1)));
  return true;
}

/** The constant part of a mask, and what is added to it. */
function splitMask(graph: GraphBuilder, mask: ValueId): { constant?: TensorSource; rest?: ValueId } {
  const whole = graph.constant(mask);
  if (whole !== undefined) return { constant: whole };
  const sum = graph.producer(mask);
  if (sum === undefined || sum.domain !== "" || sum.kind !== "Add") return {};
  const [a, b] = sum.operands;
  const [left, right] = [graph.constant(a), graph.constant(b)];
  if (left !== undefined && b !== undefined) return { constant: left, rest: b };
  return right !== undefined && a !== undefined ? { constant: right, rest: a } : {};
}

type MaskForm = "empty" | "causal" | "other";

/** What a constant mask means for scores [.., queries, keys]. Under `isCausal` the upper triangle is masked already. */
function classify(source: TensorSource, queries: number, keys: number, isCausal: boolean): MaskForm {
  const isBool = source.dtype === "bool";
  if (!isBool && !isFloat(source.dtype)) return "other";
  const elements = toFloat64(source.read());
  const keeps = (element: number): boolean => (isBool ? element !== 0 : element === 0);
  const drops = (element: number): boolean => (isBool ? element === 0 : element <= MASKED_BELOW);
  if (elements.every(keeps)) return "empty";
  const [rows = 1, columns = 1] = source.shape.slice(-2);
  if (queries !== keys || rows !== queries || columns !== keys || source.shape.length < 2) return "other";
  const isCausalMask = elements.every((element, i) => {
    const [row, column] = [Math.floor(i / columns) % rows, i % columns];
    return column <= row ? keeps(element) : drops(element) || (isCausal && keeps(element));
  });
  return isCausalMask ? "causal" : "other";
}

/** Keeps one copy of a mask whose leading dimensions only repeat it. */
function shareMask(rewriter: Rewriter, op: Op, source: TensorSource): boolean {
  const leading = source.shape.slice(0, -2).reduce((a, b) => a * b, 1);
  if (leading <= 1 || kindOf(source.dtype) !== "float") return false;
  const elements = toFloat64(source.read());
  const width = elements.length / leading;
  if (!elements.every((element, i) => Object.is(element, elements[i % width]))) return false;
  const shape = source.shape.map((length, axis) => (axis < source.shape.length - 2 ? 1 : length));
  const dtype = source.dtype === "f64" || source.dtype === "f16" || source.dtype === "bf16" ? source.dtype : "f32";
  rewriter.graph.setOperand(
    op.id,
    MASK_OPERAND,
    rewriter.constant("mask", fromFloat64(dtype, shape, elements.slice(0, width))),
  );
  return true;
}
