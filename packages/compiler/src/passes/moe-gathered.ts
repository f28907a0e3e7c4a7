// A mixture of experts in one batch: weights of each token's experts are gathered, [tokens * k, rows, columns], multiplied with the
// token that is repeated for each, and the results summed over the experts with the routing weights.
import { attr, attrsOf, intAttr, type Op, type ValueId } from "@waferc/ir/graph";
import { tensorOf } from "@waferc/numerics";
import { constantInts, lastAxisSlice } from "./axes.ts";
import { activationOf, chosenCount, emitMoE, producerOf, routingOf, traceReshapes, unshaped } from "./moe-form.ts";
import type { Routing } from "./moe-form.ts";
import type { Rewriter } from "./rewriter.ts";
import { traceView } from "./view-chain.ts";
import { lengthOf } from "./view.ts";

/** A layer of all experts, applied to rows that each have their expert. */
interface Layer {
  /** [experts, rows, columns] */
  readonly weights: ValueId;
  readonly isTransposed: boolean;
  /** What it is applied to. */
  readonly x: ValueId;
  readonly rows: number;
  readonly op: Op;
}

/** The mixture that a sum over each token's experts is. */
export function fromGathered(rewriter: Rewriter, root: Op): ValueId | undefined {
  const [summed] = root.operands;
  const shape = rewriter.shapeOf(root.results[0]);
  const routed = summed === undefined || shape === undefined ? undefined : findRouted(rewriter, root, summed);
  if (shape === undefined || routed === undefined) return undefined;
  const { routing, made, weigh } = routed;
  const k = chosenCount(rewriter, routing);
  const down = layerOf(rewriter, made, routing);
  const activation = down === undefined ? undefined : activationOf(rewriter, unshaped(rewriter, down.x));
  if (k === undefined || down === undefined || activation === undefined) return undefined;
  const gate = firstLayer(rewriter, activation.gate, routing);
  const linear = activation.linear === undefined ? undefined : firstLayer(rewriter, activation.linear, routing);
  if (gate === undefined || (activation.linear !== undefined && linear === undefined)) return undefined;
  const x = tokensOf(rewriter, gate.layer.x, k);
  if (x === undefined || (linear !== undefined && tokensOf(rewriter, linear.layer.x, k) !== x)) return undefined;
  const covers = [
    root,
    weigh,
    down.op,
    gate.layer.op,
    ...(linear === undefined ? [] : [linear.layer.op]),
    routing.topK,
  ];
  const parts = {
    x,
    routing,
    k,
    up: emitLayer(rewriter, gate, covers),
    down: emitLayer(rewriter, { layer: down, start: 0, end: down.rows }, covers),
    third: linear && emitLayer(rewriter, linear, covers),
    type: activation.type,
    covers,
  };
  return emitMoE(rewriter, parts, shape);
}

interface Routed {
  readonly routing: Routing;
  /** What the experts made, [tokens, k, width] in any shape. */
  readonly made: ValueId;
  readonly weigh: Op;
}

/** The sum over the axis of experts of weights times what the experts made. */
function findRouted(rewriter: Rewriter, root: Op, summed: ValueId): Routed | undefined {
  const shape = rewriter.shapeOf(summed) ?? [];
  const axes = constantInts(rewriter.graph, root.operands[1]);
  const [given = 0] = axes ?? [];
  const axis = given < 0 ? given + shape.length : given;
  // Rows of one token must follow each other, so that only the width is behind the axis.
  if (axes?.length !== 1 || axis !== shape.length - 2) return undefined;
  const product = producerOf(rewriter, unshaped(rewriter, summed), "Mul");
  const [a, b] = product?.operands ?? [];
  if (product === undefined || a === undefined || b === undefined) return undefined;
  for (const [weights, made] of [[a, b] as const, [b, a] as const]) {
    const routing = routingOf(rewriter, unshaped(rewriter, weights));
    if (routing === undefined || chosenCount(rewriter, routing) !== shape[axis]) continue;
    const isColumn = rewriter.shapeOf(weights)?.at(-1) === 1;
    const isWhole = rewriter.shapeOf(made)?.join() === rewriter.shapeOf(product.results[0])?.join();
    if (isColumn && isWhole && rewriter.shapeOf(made)?.at(-1) === shape.at(-1))
      return { routing, made, weigh: product };
  }
  return undefined;
}

/** The layer whose result this is: W x or x W^T with weights gathered by the routing's experts. */
function layerOf(rewriter: Rewriter, result: ValueId, routing: Routing): Layer | undefined {
  const op = producerOf(rewriter, unshaped(rewriter, result), "MatMul");
  const [a, b] = op?.operands ?? [];
  if (op === undefined || a === undefined || b === undefined) return undefined;
  for (const [gathered, x, isLeft] of [[a, b, true] as const, [b, a, false] as const]) {
    const found = gatheredWeights(rewriter, gathered, routing);
    // One row, or column, for each expert's weights.
    const isVector = rewriter.shapeOf(x)?.at(isLeft ? -1 : -2) === 1;
    if (found === undefined || !isVector) continue;
    const isTransposed = found.isTransposed !== !isLeft;
    const rows = rewriter.shapeOf(found.weights)?.[isTransposed ? 2 : 1] ?? 0;
    return { weights: found.weights, isTransposed, x, rows, op };
  }
  return undefined;
}

/** Weights [experts, a, b] of which this is each token's choice, and whether a and b are exchanged. */
function gatheredWeights(
  rewriter: Rewriter,
  id: ValueId,
  routing: Routing,
): { readonly weights: ValueId; readonly isTransposed: boolean } | undefined {
  const trace = traceView(rewriter, id);
  if (trace === undefined) return undefined;
  const op = producerOf(rewriter, trace.source, "Gather") ?? producerOf(rewriter, trace.source, "GatherND");
  const [weights, indices] = op?.operands ?? [];
  if (op === undefined || weights === undefined || indices === undefined) return undefined;
  const isByRow =
    op.kind === "Gather"
      ? intAttr(op, "axis", 0) === 0
      : intAttr(op, "batch_dims", 0) === 0 && rewriter.shapeOf(indices)?.at(-1) === 1;
  const isChosen = unshaped(rewriter, indices) === routing.topK.results[1];
  if (!isByRow || !isChosen || rewriter.shapeOf(weights)?.length !== 3) return undefined;
  const [rows = [], columns = []] = trace.view.source.slice(-2);
  const order = trace.view.result.flat();
  const lead = trace.view.source.slice(0, -2).flat();
  const isOrder = (list: readonly unknown[]): boolean =>
    list.length === order.length && list.every((factor, i) => factor === order[i]);
  const [r, c] = trace.view.result.slice(-2).map(lengthOf);
  if (isOrder([...lead, ...rows, ...columns]) && r === lengthOf(rows) && c === lengthOf(columns))
    return { weights, isTransposed: false };
  const isSwapped = isOrder([...lead, ...columns, ...rows]) && r === lengthOf(columns) && c === lengthOf(rows);
  return isSwapped ? { weights, isTransposed: true } : undefined;
}

/** Rows of a layer. */
interface LayerRows {
  readonly layer: Layer;
  readonly start: number;
  readonly end: number;
}

/** The layer whose result, or part of whose result, this is. */
function firstLayer(rewriter: Rewriter, value: ValueId, routing: Routing): LayerRows | undefined {
  const flat = unshaped(rewriter, value);
  const whole = layerOf(rewriter, flat, routing);
  if (whole !== undefined) return { layer: whole, start: 0, end: whole.rows };
  const slice = lastAxisSlice(rewriter.graph, flat);
  const layer = slice === undefined ? undefined : layerOf(rewriter, slice.of, routing);
  if (slice === undefined || layer === undefined || rewriter.shapeOf(slice.of)?.at(-1) !== layer.rows) return undefined;
  return { layer, start: slice.start, end: slice.end };
}

/** The tokens of which this is each one k times, one after the other. */
function tokensOf(rewriter: Rewriter, id: ValueId, k: number): ValueId | undefined {
  const trace = traceView(rewriter, id);
  if (trace === undefined) return k === 1 ? traceReshapes(rewriter, id)?.source : undefined;
  const order = trace.view.result.flat();
  const kept = order.filter(({ isRepeat }) => !isRepeat);
  const source = trace.view.source.flat();
  if (kept.some((factor, i) => factor !== source[i])) return undefined;
  const first = order.findIndex(({ isRepeat }) => isRepeat);
  const repeats = order.filter(({ isRepeat }) => isRepeat);
  if (lengthOf(repeats) !== k || order.slice(first, first + repeats.length).some(({ isRepeat }) => !isRepeat))
    return undefined;
  const width = rewriter.shapeOf(trace.source)?.at(-1);
  const isBeforeWidth = k === 1 || lengthOf(order.slice(first + repeats.length)) === width;
  return isBeforeWidth ? trace.source : undefined;
}

/** Rows of a layer as weights [experts, rows, columns]. */
function emitLayer(rewriter: Rewriter, { layer, start, end }: LayerRows, covers: readonly Op[]): ValueId {
  const { weights, isTransposed, rows } = layer;
  const turned = isTransposed
    ? rewriter.emit("Transpose", [weights], { attrs: attrsOf({ perm: attr.ints([0, 2, 1]) }), covers })
    : weights;
  if (start === 0 && end === rows) return turned;
  const int = (name: string, value: number): ValueId => rewriter.constant(name, tensorOf("i64", [1], [value]));
  return rewriter.emit("Slice", [turned, int("start", start), int("end", end), int("axis", 1)], { covers });
}
