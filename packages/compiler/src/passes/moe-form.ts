// What the forms of a mixture of experts share: how routing weights follow from the router's scores, which activation stands
// between the layers, and the canonical com.microsoft::MoE: x [tokens, width], scores [tokens, experts], layers
// [experts, rows, columns] with a third layer that multiplies the activation of the first.
// Definition: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#commicrosoftmoe.
import { attr, attrsOf, floatAttr, intAttr, stringAttr, type Op, type ValueId } from "@waferc/ir/graph";
import { tensorOf } from "@waferc/numerics";
import { constantInts, isLastAxisSoftmax, isOnLastAxis } from "./axes.ts";
import type { Rewriter } from "./rewriter.ts";
import { traceView, type ViewTrace } from "./view-chain.ts";
import { planView } from "./view.ts";

/** Experts of each token by their scores, and their weights. */
export interface Routing {
  readonly topK: Op;
  /** The router's scores before any softmax. */
  readonly scores: ValueId;
  /** Do the weights of a token sum to 1? */
  readonly isNormalized: boolean;
}

/** A trace that only reshapes, so that elements keep their order. */
export function traceReshapes(rewriter: Rewriter, id: ValueId): ViewTrace | undefined {
  const trace = traceView(rewriter, id);
  return trace !== undefined && planView(trace.view).every(({ kind }) => kind === "reshape") ? trace : undefined;
}

/** The value before reshapes. */
export function unshaped(rewriter: Rewriter, id: ValueId): ValueId {
  return traceReshapes(rewriter, id)?.source ?? id;
}

/** The op of this kind that makes a value. */
export function producerOf(rewriter: Rewriter, id: ValueId | undefined, kind: string): Op | undefined {
  const op = rewriter.graph.producer(id);
  return op?.domain === "" && op.kind === kind ? op : undefined;
}

/** Routing whose weights [tokens, k] are this value: chosen ones of a softmax, as they are or divided by their sum. */
export function routingOf(rewriter: Rewriter, weights: ValueId): Routing | undefined {
  const division = producerOf(rewriter, weights, "Div");
  if (division !== undefined) {
    const [chosen, sum] = division.operands;
    const reduction = producerOf(rewriter, sum, "ReduceSum");
    if (chosen === undefined || reduction?.operands[0] !== chosen || !sumsLastAxis(rewriter, reduction))
      return undefined;
    return routingOfSoftmax(rewriter, chosen, true);
  }
  const softmax = producerOf(rewriter, weights, "Softmax");
  if (softmax === undefined) return routingOfSoftmax(rewriter, weights, false);
  // The softmax of the chosen scores is the softmax of all, divided by its sum over the chosen.
  const topK = topKOf(rewriter, softmax.operands[0]);
  const [scores] = topK?.operands ?? [];
  if (topK === undefined || scores === undefined || !isLastAxisSoftmax(rewriter.graph, softmax)) return undefined;
  return { topK, scores, isNormalized: true };
}

function routingOfSoftmax(rewriter: Rewriter, chosen: ValueId, isNormalized: boolean): Routing | undefined {
  const topK = topKOf(rewriter, chosen);
  const softmax = producerOf(rewriter, topK?.operands[0], "Softmax");
  const [scores] = softmax?.operands ?? [];
  if (topK === undefined || softmax === undefined || scores === undefined) return undefined;
  return isLastAxisSoftmax(rewriter.graph, softmax) ? { topK, scores, isNormalized } : undefined;
}

/** The TopK of the largest along the last axis whose values these are. */
function topKOf(rewriter: Rewriter, values: ValueId | undefined): Op | undefined {
  const op = producerOf(rewriter, values, "TopK");
  if (op === undefined || op.results[0] !== values || intAttr(op, "largest", 1) === 0) return undefined;
  return isOnLastAxis(rewriter.graph, op) || intAttr(op, "axis", -1) === -1 ? op : undefined;
}

function sumsLastAxis(rewriter: Rewriter, op: Op): boolean {
  const rank = rewriter.shapeOf(op.operands[0])?.length;
  const axes = constantInts(rewriter.graph, op.operands[1]);
  if (rank === undefined || axes?.length !== 1 || intAttr(op, "keepdims", 1) === 0) return false;
  return axes[0] === -1 || axes[0] === rank - 1;
}

/** An activation, and the value beside it that it is multiplied by. */
export interface ExpertActivation {
  readonly type: "silu" | "relu" | "gelu";
  readonly gate: ValueId;
  readonly linear?: ValueId | undefined;
}

/** The activation that makes a hidden value; the op's GELU is the tanh approximation. */
export function activationOf(rewriter: Rewriter, hidden: ValueId): ExpertActivation | undefined {
  const alone = plainActivation(rewriter, hidden);
  if (alone !== undefined) return alone;
  const [a, b] = producerOf(rewriter, hidden, "Mul")?.operands ?? [];
  if (a === undefined || b === undefined) return undefined;
  for (const [gated, linear] of [[a, b] as const, [b, a] as const]) {
    const found = plainActivation(rewriter, unshaped(rewriter, gated));
    if (found !== undefined) return { ...found, linear };
  }
  return undefined;
}

function plainActivation(rewriter: Rewriter, id: ValueId): ExpertActivation | undefined {
  const op = rewriter.graph.producer(id);
  const [gate] = op?.operands ?? [];
  if (op === undefined || op.domain !== "" || gate === undefined) return undefined;
  if (op.kind === "Swish" && floatAttr(op, "alpha", 1) === 1) return { type: "silu", gate };
  if (op.kind === "Relu") return { type: "relu", gate };
  const isTanh = op.kind === "Gelu" && stringAttr(op, "approximate") === "tanh";
  return isTanh ? { type: "gelu", gate } : undefined;
}

export interface ExpertParts {
  /** Tokens, in row-major order of any leading dimensions. */
  readonly x: ValueId;
  readonly routing: Routing;
  readonly k: number;
  /** Layers [experts, rows, columns]. */
  readonly up: ValueId;
  readonly down: ValueId;
  readonly third?: ValueId | undefined;
  readonly type: ExpertActivation["type"];
  readonly covers: readonly Op[];
}

/** Emits the mixture in the shape of the value that it replaces. */
export function emitMoE(rewriter: Rewriter, parts: ExpertParts, shape: readonly number[]): ValueId | undefined {
  const { routing, covers } = parts;
  const [experts, , width = 0] = rewriter.shapeOf(parts.up) ?? [];
  const tokens = shape.reduce((a, b) => a * b, 1) / width;
  const count = (id: ValueId): number => (rewriter.shapeOf(id) ?? [0]).reduce((a, b) => a * b, 1);
  if (experts === undefined || count(parts.x) !== tokens * width || count(routing.scores) !== tokens * experts)
    return undefined;
  const x = reshaped(rewriter, parts.x, [tokens, width], covers);
  const scores = reshaped(rewriter, routing.scores, [tokens, experts], covers);
  const attrs = attrsOf({
    k: attr.int(parts.k),
    activation_type: attr.string(parts.type),
    normalize_routing_weights: attr.int(routing.isNormalized ? 1 : 0),
  });
  const operands = [x, scores, parts.up, undefined, parts.down, undefined, parts.third];
  const made = rewriter.emit("MoE", operands, { domain: "com.microsoft", attrs, covers });
  return reshaped(rewriter, made, shape, covers);
}

/** The value in another shape, from as far up as reshapes go. */
export function reshaped(rewriter: Rewriter, id: ValueId, shape: readonly number[], covers: readonly Op[]): ValueId {
  const source = unshaped(rewriter, id);
  if (rewriter.shapeOf(source)?.join() === shape.join()) return source;
  const target = rewriter.constant("shape", tensorOf("i64", [shape.length], [...shape]));
  return rewriter.emit("Reshape", [source, target], { covers });
}

/** How many experts a TopK chooses. */
export function chosenCount(rewriter: Rewriter, { topK }: Routing): number | undefined {
  return rewriter.shapeOf(topK.results[0])?.at(-1);
}
