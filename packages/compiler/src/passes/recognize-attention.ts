// Attention written in primitives becomes Attention: Softmax(scale * Q K^T + mask) V on 4-D operands [batch, heads, rows, depth],
// with the head splits and merges, the transpose of K, and the repetition of key/value heads around it, in whatever view
// ops they are written. Scales may stand on the product or on either operand. Attention that is an op already, with 4-D
// operands, is brought to the same form.
// A guard that turns NaN into 0 behind the Softmax is absorbed: Attention gives a row of zeros where everything is masked.
// Without a guard such a row would be NaN in the file's graph, and is zeros here: that is the one difference, in rows that
// have no meaning. Leaves out past caches as operands, soft caps, and products on 3-D operands.
import { floatAttr, intAttr, type Op, type ValueId } from "@waferc/ir/graph";
import { fullTensor } from "@waferc/numerics";
import type { NoOptions, Pass } from "../pass.ts";
import { emitAttention, headedOperand } from "./attention-form.ts";
import { findScores, type MaskTerm } from "./attention-scores.ts";
import { isLastAxisSoftmax } from "./axes.ts";
import { matchPattern, number, op, value } from "./pattern.ts";
import { Rewriter } from "./rewriter.ts";
import { traceView } from "./view-chain.ts";

const GUARD = op("Where", [op("IsNaN", [value("weights")]), number(0), value("weights")]);

export const recognizeAttention: Pass<"graph", "graph", NoOptions> = {
  name: "recognize-attention",
  from: "graph",
  to: "graph",
  summary: "Recognise Attention and bring it to 3-D operands",
  requires: ["shapes-known", "constants-folded"],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const rewriter = new Rewriter(input, this.name);
    for (const root of rewriter.graph.ops) {
      if (root.domain !== "") continue;
      const made =
        root.kind === "MatMul"
          ? fromPrimitives(rewriter, root)
          : root.kind === "Attention"
            ? fromHeaded(rewriter, root)
            : undefined;
      const [result] = root.results;
      if (made !== undefined && result !== undefined && rewriter.replace(result, made)) stats.add("Attention", 1);
    }
    return rewriter.finish();
  },
};

function fromPrimitives(rewriter: Rewriter, root: Op): ValueId | undefined {
  const { graph } = rewriter;
  const [weights, values] = root.operands;
  if (weights === undefined || values === undefined) return undefined;
  const guard = matchPattern(graph, GUARD, weights);
  const softmax = graph.producer(guard?.values.get("weights") ?? weights);
  const [logits] = softmax?.operands ?? [];
  if (softmax === undefined || logits === undefined || !isLastAxisSoftmax(graph, softmax)) return undefined;
  const scores = findScores(graph, logits);
  const [left, right] = scores?.product.operands ?? [];
  if (scores === undefined || left === undefined || right === undefined) return undefined;
  const q = headedOperand(traceView(rewriter, left, true));
  const k = headedOperand(traceView(rewriter, right, true), [0, 1, 3, 2]);
  const v = headedOperand(traceView(rewriter, values));
  if (q === undefined || k === undefined || v === undefined) return undefined;
  const covers = [
    root,
    ...(guard?.ops ?? []),
    softmax,
    ...scores.ops,
    scores.product,
    ...q.trace.ops,
    ...k.trace.ops,
    ...v.trace.ops,
  ];
  const mask = emitMask(rewriter, scores.masks, logits, covers);
  const scale = scores.scale * q.trace.factor * k.trace.factor;
  return emitAttention(rewriter, { q, k, v, scale, isCausal: false, mask, covers: [...new Set(covers)] });
}

/** The sum of the mask terms, in the order in which they were applied. */
function emitMask(
  rewriter: Rewriter,
  terms: readonly MaskTerm[],
  logits: ValueId,
  covers: readonly Op[],
): ValueId | undefined {
  let sum: ValueId | undefined;
  for (const term of terms) {
    const mask = term.kind === "add" ? term.mask : emitSelection(rewriter, term, logits, covers);
    sum = sum === undefined ? mask : rewriter.emit("Add", [sum, mask], { covers });
  }
  return sum;
}

function emitSelection(
  rewriter: Rewriter,
  term: Extract<MaskTerm, { kind: "select" }>,
  logits: ValueId,
  covers: readonly Op[],
): ValueId {
  const zero = rewriter.constant("zero", fullTensor(rewriter.dtypeOf(logits) ?? "f32", [], 0));
  const [yes, no] = term.isInverted ? [term.masked, zero] : [zero, term.masked];
  return rewriter.emit("Where", [term.keep, yes, no], { covers });
}

/** An Attention op on 4-D operands, without caches or further results. */
function fromHeaded(rewriter: Rewriter, root: Op): ValueId | undefined {
  const [left, keys, values, mask, ...caches] = root.operands;
  if (left === undefined || keys === undefined || values === undefined || caches.some((id) => id !== undefined))
    return undefined;
  if (root.results.slice(1).some((id) => id !== undefined) || floatAttr(root, "softcap", 0) !== 0) return undefined;
  if (intAttr(root, "qk_matmul_output_mode", 0) !== 0 || rewriter.shapeOf(left)?.length !== 4) return undefined;
  const q = headedOperand(traceView(rewriter, left, true));
  const k = headedOperand(traceView(rewriter, keys, true));
  const v = headedOperand(traceView(rewriter, values));
  if (q === undefined || k === undefined || v === undefined) return undefined;
  const depth = rewriter.shapeOf(left)?.[3] ?? 1;
  const scale = floatAttr(root, "scale", 1 / Math.sqrt(depth)) * q.trace.factor * k.trace.factor;
  const isCausal = intAttr(root, "is_causal", 0) !== 0;
  const covers = [root, ...q.trace.ops, ...k.trace.ops, ...v.trace.ops];
  return emitAttention(rewriter, { q, k, v, scale, isCausal, mask, covers });
}
