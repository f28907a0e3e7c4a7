// How a mixture of experts chooses: TopK of the router's softmax, and the weights of the chosen experts. The weights are TopK's values,
// or those over their sum; a softmax of the largest scores is the latter, too.
import { intAttr, type Op, type ValueId } from "@waferc/ir/graph";
import { constantInts, isLastAxisSoftmax, suffixReductionAxis } from "./axes.ts";
import { flatSource } from "./flat-source.ts";
import type { Rewriter } from "./rewriter.ts";

export interface Routing {
  /** Scores, [tokens, experts]. */
  readonly router: ValueId;
  /** Chosen experts, [tokens, chosen]. */
  readonly indices: ValueId;
  readonly tokens: number;
  readonly experts: number;
  readonly chosen: number;
  readonly isNormalized: boolean;
  readonly ops: readonly Op[];
}

/** The routing whose weights, [tokens, chosen] in this order, the value holds. */
export function matchRouting(rewriter: Rewriter, weights: ValueId): Routing | undefined {
  const source = flatSource(rewriter, weights);
  const op = rewriter.graph.producer(source);
  const [a, b] = op?.operands ?? [];
  if (op?.domain !== "" || a === undefined) return undefined;
  if (op.kind === "TopK") return op.results[0] === source ? chosenBy(rewriter, op, false, []) : undefined;
  const top = rewriter.graph.producer(a);
  if (top?.kind !== "TopK" || top.domain !== "" || top.results[0] !== a) return undefined;
  if (op.kind === "Softmax")
    return isLastAxisSoftmax(rewriter.graph, op) ? chosenBy(rewriter, top, true, [op]) : undefined;
  const sum = rewriter.graph.producer(b);
  const isSum = sum?.kind === "ReduceSum" && sum.domain === "" && sum.operands[0] === a;
  if (op.kind !== "Div" || !isSum || suffixReductionAxis(rewriter.graph, sum) !== 1) return undefined;
  return chosenBy(rewriter, top, true, [op, sum]);
}

function chosenBy(rewriter: Rewriter, top: Op, isNormalized: boolean, ops: readonly Op[]): Routing | undefined {
  const { graph } = rewriter;
  const [scores, count] = top.operands;
  const indices = top.results[1];
  const [shape, chosen] = [rewriter.shapeOf(scores), constantInts(graph, count)?.[0]];
  const axis = intAttr(top, "axis", -1);
  if (shape?.length !== 2 || chosen === undefined || indices === undefined || scores === undefined) return undefined;
  if ((axis !== -1 && axis !== 1) || intAttr(top, "largest", 1) !== 1) return undefined;
  const softmax = graph.producer(scores);
  const isSoftmax = softmax !== undefined && isLastAxisSoftmax(graph, softmax);
  // Scores that are chosen unnormalised give weights only by a softmax behind.
  const isBehind = ops.some(({ kind }) => kind === "Softmax");
  if (isSoftmax === isBehind) return undefined;
  const router = isSoftmax ? softmax.operands[0] : scores;
  const [tokens = 0, experts = 0] = shape;
  if (router === undefined) return undefined;
  return {
    router,
    indices,
    tokens,
    experts,
    chosen,
    isNormalized,
    ops: [...ops, top, ...(isSoftmax ? [softmax] : [])],
  };
}
