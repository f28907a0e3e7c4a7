// A mixture of experts that is unrolled: for each expert, the rows of x whose token chose it, its layers, the rows of the routing weights,
// and the addition of the result to the tokens' rows. `recognize-experts.ts` makes one op of it.
import { intAttr, stringAttr, type Op, type TensorSource, type ValueId } from "@waferc/ir/graph";
import { toFloat64 } from "@waferc/numerics";
import { constantInts } from "./axes.ts";
import { matchColumn, type Dispatch } from "./dispatched-tokens.ts";
import { matchExpert, type ExpertLayers, type LayerProduct } from "./expert-layers.ts";
import { matchRouting, type Routing } from "./expert-routing.ts";
import { flatSource } from "./flat-source.ts";
import { readScalar } from "./pattern.ts";
import type { Rewriter } from "./rewriter.ts";

export interface DispatchedExperts {
  readonly routing: Routing;
  /** By expert; weights are matrices [columns, rows]. */
  readonly experts: readonly ExpertLayers<ValueId>[];
  /** Elements of x, [tokens, width]. */
  readonly x: ValueId;
  readonly ops: readonly Op[];
}

export function matchDispatched(rewriter: Rewriter, root: Op): DispatchedExperts | undefined {
  const { graph } = rewriter;
  if (!root.operands.some((id) => graph.producer(id)?.kind === "ScatterElements")) return undefined;
  const { leaves, ops } = scattersOf(rewriter, root);
  const parts = leaves.map((leaf) => matchPart(rewriter, leaf));
  const [first] = parts;
  if (first === undefined) return undefined;
  const { routing, x } = first;
  const experts: ExpertLayers<ValueId>[] = [];
  const all: Op[] = [...ops];
  for (const part of parts) {
    if (part?.x !== x || part.routing.indices !== routing.indices || part.routing.isNormalized !== routing.isNormalized)
      return undefined;
    if (experts[part.dispatch.expert] !== undefined) return undefined;
    experts[part.dispatch.expert] = part.layers;
    all.push(...part.layers.ops, part.dispatch.op);
  }
  if (experts.length !== routing.experts || parts.length !== routing.experts) return undefined;
  return { routing, experts, x, ops: [...new Set([...all, ...routing.ops])] };
}

/** The scattered parts of a sum; zeros are left out. Something else among the terms comes out as a leaf that matches nothing. */
function scattersOf(rewriter: Rewriter, root: Op): { readonly leaves: readonly Op[]; readonly ops: readonly Op[] } {
  const { graph } = rewriter;
  const [leaves, ops, queue]: [Op[], Op[], (ValueId | undefined)[]] = [[], [root], [...root.operands]];
  while (queue.length > 0) {
    const id = queue.pop();
    if (isZero(graph.constant(id))) continue;
    const op = graph.producer(id);
    if (op === undefined) return { leaves: [root], ops };
    ops.push(op);
    if (op.domain === "" && op.kind === "Add") queue.push(...op.operands);
    else {
      leaves.push(op);
      // Onto what is there rather than onto zeros.
      if (op.kind === "ScatterElements" && stringAttr(op, "reduction", "none") === "add") queue.push(op.operands[0]);
    }
  }
  return { leaves, ops };
}

function isZero(source: TensorSource | undefined): boolean {
  return (
    source !== undefined && source.dtype !== "string" && toFloat64(source.read()).every((element) => element === 0)
  );
}

interface Part {
  readonly dispatch: Dispatch;
  readonly routing: Routing;
  readonly layers: ExpertLayers<ValueId>;
  readonly x: ValueId;
}

function matchPart(rewriter: Rewriter, op: Op): Part | undefined {
  const { graph } = rewriter;
  const [data, index, updates] = op.operands;
  if (op.domain !== "" || op.kind !== "ScatterElements" || intAttr(op, "axis", 0) !== 0) return undefined;
  if (index === undefined || updates === undefined) return undefined;
  const isAdded = stringAttr(op, "reduction", "none") === "add";
  if (!isAdded && (stringAttr(op, "reduction", "none") !== "none" || !isZero(graph.constant(data)))) return undefined;
  const column = matchColumn(rewriter, alongRows(rewriter, index, updates));
  const weighted = graph.producer(unexpanded(rewriter, updates));
  const [a, b] = weighted?.operands ?? [];
  if (
    column?.isTokens !== true ||
    weighted?.kind !== "Mul" ||
    weighted.domain !== "" ||
    a === undefined ||
    b === undefined
  )
    return undefined;
  for (const [made, weights] of [
    [a, b],
    [b, a],
  ] as const) {
    // prettier-ignore
    const routing = matchWeights(rewriter, weights, column.dispatch);
    const layers = routing === undefined ? undefined : matchExpert(rewriter, made, matchMatrix);
    const x = layers === undefined ? undefined : matchRows(rewriter, layers.input, column.dispatch);
    if (routing !== undefined && layers !== undefined && x !== undefined) {
      return { dispatch: column.dispatch, routing, layers, x };
    }
  }
  return undefined;
}

/** Indices of rows that were expanded to the shape of the updates. */
function alongRows(rewriter: Rewriter, index: ValueId, updates: ValueId): ValueId {
  const op = rewriter.graph.producer(index);
  const shape = op?.kind === "Expand" && op.domain === "" ? rewriter.graph.producer(op.operands[1]) : undefined;
  const isOfUpdates = shape?.kind === "Shape" && shape.attrs.size === 0 && shape.operands[0] === updates;
  return isOfUpdates ? (op?.operands[0] ?? index) : index;
}

/** Before an Expand to lengths of 1 and to those that are there, which changes nothing. */
function unexpanded(rewriter: Rewriter, id: ValueId): ValueId {
  const { graph } = rewriter;
  const op = graph.producer(id);
  const [from, target] = op?.operands ?? [];
  const isExpand = op?.kind === "Expand" && op.domain === "";
  const shape = isExpand && from !== undefined ? graph.value(from).shape : undefined;
  const lengths = isExpand ? constantInts(graph, target) : undefined;
  if (from === undefined || shape === undefined || lengths?.length !== shape.length) return id;
  return lengths.every((length, axis) => length === 1 || length === shape[axis]) ? from : id;
}

/** Routing weights of the dispatched tokens: gathered from [tokens x chosen] at place + token x chosen. */
function matchWeights(rewriter: Rewriter, id: ValueId, dispatch: Dispatch): Routing | undefined {
  const { graph } = rewriter;
  const gather = graph.producer(flatSource(rewriter, id));
  const [table, index] = gather?.operands ?? [];
  if (gather?.kind !== "Gather" || gather.domain !== "" || table === undefined || index === undefined) return undefined;
  const routing = matchRouting(rewriter, table);
  const length = rewriter.shapeOf(table)?.[0];
  if (routing?.indices !== dispatch.indices || intAttr(gather, "axis", 0) !== 0) return undefined;
  if (length !== routing.tokens * routing.chosen) return undefined;
  const sum = graph.producer(flatSource(rewriter, index));
  if (sum?.kind !== "Add" || sum.domain !== "") return undefined;
  const isColumn = (column: ValueId | undefined, isTokens: boolean): boolean => {
    const found = column === undefined ? undefined : matchColumn(rewriter, column);
    return found?.dispatch.op === dispatch.op && found.isTokens === isTokens;
  };
  const isScaled = (scaled: ValueId | undefined): boolean => {
    if (routing.chosen === 1 && isColumn(scaled, true)) return true;
    const op = graph.producer(scaled);
    const [a, b] = op?.operands ?? [];
    if (op?.kind !== "Mul" || op.domain !== "") return false;
    const by = (one: ValueId | undefined, other: ValueId | undefined): boolean =>
      readScalar(graph.constant(one)) === routing.chosen && isColumn(other, true);
    return by(a, b) || by(b, a);
  };
  const [a, b] = sum.operands;
  return (isColumn(a, false) && isScaled(b)) || (isColumn(b, false) && isScaled(a)) ? routing : undefined;
}

/** x, of whose rows the dispatched tokens' were gathered. */
function matchRows(rewriter: Rewriter, id: ValueId, dispatch: Dispatch): ValueId | undefined {
  const gather = rewriter.graph.producer(flatSource(rewriter, id));
  const [x, index] = gather?.operands ?? [];
  const shape = rewriter.shapeOf(x);
  if (gather?.kind !== "Gather" || gather.domain !== "" || x === undefined || index === undefined) return undefined;
  const column = matchColumn(rewriter, index);
  const axis = intAttr(gather, "axis", 0);
  const isOfTokens = column?.dispatch.op === dispatch.op && column.isTokens;
  const isLeading = shape?.slice(0, axis).every((length) => length === 1) === true && shape.length === axis + 2;
  return isOfTokens && isLeading ? flatSource(rewriter, x) : undefined;
}

/** A product with a constant matrix. */
function matchMatrix(rewriter: Rewriter, id: ValueId): LayerProduct<ValueId> | undefined {
  const op = rewriter.graph.producer(id);
  const [input, weights] = op?.operands ?? [];
  if (op?.kind !== "MatMul" || op.domain !== "" || input === undefined || weights === undefined) return undefined;
  return rewriter.shapeOf(weights)?.length === 2 ? { weights, input, ops: [op] } : undefined;
}
