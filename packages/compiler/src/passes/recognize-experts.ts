// Mixtures of experts become com.microsoft MoE: router scores, layers of all experts stacked, an activation. Recognised are the batched
// form (for each token and each of its experts, weights gathered from stacked tables, a product with the repeated token, and the
// weighted sum over the experts of a token) and the form unrolled by expert, which dispatches tokens by NonZero.
// Definition: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MoE.
// Leaves out biases of experts.
import { attr, attrsOf, intAttr, type Op, type ValueId } from "@waferc/ir/graph";
import { tensorOf } from "@waferc/numerics";
import type { NoOptions, Pass } from "../pass.ts";
import { constantInts } from "./axes.ts";
import { matchDispatched } from "./dispatched-experts.ts";
import { matchExpert, type ExpertLayers, type LayerPart, type LayerProduct } from "./expert-layers.ts";
import { matchRouting, type Routing } from "./expert-routing.ts";
import { flatSource, hasSameElements } from "./flat-source.ts";
import { Rewriter } from "./rewriter.ts";

export const recognizeExperts: Pass<"graph", "graph", NoOptions> = {
  name: "recognize-experts",
  from: "graph",
  to: "graph",
  summary: "Recognise mixtures of experts",
  requires: ["shapes-known", "constants-folded"],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const rewriter = new Rewriter(input, this.name);
    for (const root of rewriter.graph.ops.toReversed()) {
      if (rewriteSum(rewriter, root) || rewriteDispatched(rewriter, root)) stats.add("MoE", 1);
    }
    return rewriter.finish();
  },
};

/** The sum over a token's experts. */
function rewriteSum(rewriter: Rewriter, root: Op): boolean {
  const [of] = root.operands;
  const [result] = root.results;
  if (root.domain !== "" || root.kind !== "ReduceSum" || of === undefined || result === undefined) return false;
  const weighted = rewriter.graph.producer(flatSource(rewriter, of));
  if (weighted?.domain !== "" || weighted.kind !== "Mul") return false;
  const [a, b] = weighted.operands;
  if (a === undefined || b === undefined) return false;
  for (const [made, weights] of [
    [a, b],
    [b, a],
  ] as const) {
    // prettier-ignore
    const routing = matchRouting(rewriter, weights);
    if (routing === undefined || !sumsExperts(rewriter, root, of, routing)) continue;
    const moe = emitExperts(rewriter, routing, made, [root, weighted]);
    if (moe !== undefined && rewriter.replace(result, reshaped(rewriter, moe, rewriter.shapeOf(result) ?? [])))
      return true;
  }
  return false;
}

/** Whether the sum is over the experts of [tokens, chosen, width]. */
function sumsExperts(rewriter: Rewriter, root: Op, of: ValueId, { tokens, chosen }: Routing): boolean {
  const shape = rewriter.shapeOf(of);
  const axes = constantInts(rewriter.graph, root.operands[1]);
  const [axis] = axes ?? [];
  if (shape === undefined || axis === undefined || axes?.length !== 1) return false;
  const at = axis < 0 ? axis + shape.length : axis;
  return shape[at] === chosen && countOf(shape.slice(0, at)) === tokens;
}

const countOf = (lengths: readonly number[]): number => lengths.reduce((a, b) => a * b, 1);

/** A constant table of all experts; turned if its rows are the products' inner axis. */
interface Table {
  readonly id: ValueId;
  readonly isTurned: boolean;
}

function emitExperts(rewriter: Rewriter, routing: Routing, made: ValueId, above: readonly Op[]): ValueId | undefined {
  const expert = matchExpert(rewriter, made, (_, id) => matchGathered(rewriter, id, routing));
  if (expert === undefined) return undefined;
  const x = repeatedFrom(rewriter, expert.input, routing);
  if (x === undefined) return undefined;
  const layer = (part: LayerPart<Table>): ValueId => layerOf(rewriter, part);
  return emitMoE(rewriter, routing, {
    x,
    activation: expert.activation,
    up: layer(expert.up),
    down: layer({ weights: expert.down, half: undefined }),
    third: expert.third && layer(expert.third),
    covers: [...above, ...expert.ops, ...routing.ops],
  });
}

interface Layers {
  readonly x: ValueId;
  readonly activation: string;
  /** [experts, rows, columns] */
  readonly up: ValueId;
  readonly down: ValueId;
  readonly third: ValueId | undefined;
  readonly covers: readonly Op[];
}

function emitMoE(rewriter: Rewriter, routing: Routing, layers: Layers): ValueId {
  const { tokens, chosen, isNormalized, router } = routing;
  const width = countOf(rewriter.shapeOf(layers.x) ?? []) / tokens;
  const rows = reshaped(rewriter, layers.x, [tokens, width]);
  const operands = [rows, router, layers.up, undefined, layers.down, undefined, layers.third];
  const attrs = attrsOf({
    activation_type: attr.string(layers.activation),
    k: attr.int(chosen),
    normalize_routing_weights: attr.int(isNormalized ? 1 : 0),
  });
  return rewriter.emit("MoE", operands, { domain: "com.microsoft", attrs, covers: layers.covers });
}

/** The form that is unrolled by expert, at the addition of the last one. */
function rewriteDispatched(rewriter: Rewriter, root: Op): boolean {
  const [result] = root.results;
  if (root.domain !== "" || root.kind !== "Add" || result === undefined || !rewriter.graph.hasUses(result))
    return false;
  const found = matchDispatched(rewriter, root);
  const [first] = found?.experts ?? [];
  if (found === undefined || first === undefined) return false;
  const { experts } = found;
  const isAlike = experts.every(
    ({ activation, up, third }) =>
      activation === first.activation && up.half === first.up.half && third?.half === first.third?.half,
  );
  if (!isAlike) return false;
  const stacked = (part: (expert: ExpertLayers<ValueId>) => LayerPart<ValueId> | undefined): ValueId | undefined => {
    const half = part(first)?.half;
    const matrices = experts.map((expert) => part(expert)?.weights).filter((id) => id !== undefined);
    return matrices.length < experts.length
      ? undefined
      : layerOf(rewriter, { weights: { id: stack(rewriter, matrices), isTurned: true }, half });
  };
  const up = stacked((expert) => expert.up);
  const down = stacked((expert) => ({ weights: expert.down, half: undefined }));
  if (up === undefined || down === undefined) return false;
  const third = first.third === undefined ? undefined : stacked((expert) => expert.third);
  const { x, ops: covers, routing } = found;
  const moe = emitMoE(rewriter, routing, { x, activation: first.activation, up, down, third, covers });
  return rewriter.replace(result, reshaped(rewriter, moe, rewriter.shapeOf(result) ?? []));
}

/** Matrices as one tensor, along a new first axis. */
function stack(rewriter: Rewriter, matrices: readonly ValueId[]): ValueId {
  const slices = matrices.map((id) => reshaped(rewriter, id, [1, ...(rewriter.shapeOf(id) ?? [])]));
  return rewriter.emit("Concat", slices, { attrs: attrsOf({ axis: attr.int(0) }) });
}

/** [experts, rows, columns] */
function layerOf(rewriter: Rewriter, { weights, half }: LayerPart<Table>): ValueId {
  const { id, isTurned } = weights;
  const whole = isTurned ? rewriter.emit("Transpose", [id], { attrs: attrsOf({ perm: attr.ints([0, 2, 1]) }) }) : id;
  if (half === undefined) return whole;
  const rows = (rewriter.shapeOf(whole)?.[1] ?? 0) / 2;
  const list = (value: number): ValueId => rewriter.constant("row", tensorOf("i64", [1], [value]));
  return rewriter.emit("Slice", [whole, list(half * rows), list((half + 1) * rows), list(1)]);
}

/** A product with the tables' parts for each token and chosen expert: [n, rows, columns] times [n, columns, 1], or the other way round. */
function matchGathered(rewriter: Rewriter, id: ValueId, routing: Routing): LayerProduct<Table> | undefined {
  const op = rewriter.graph.producer(id);
  const [a, b] = op?.operands ?? [];
  if (op?.domain !== "" || op.kind !== "MatMul" || a === undefined || b === undefined) return undefined;
  const [left, right] = [gatheredTable(rewriter, a, routing), gatheredTable(rewriter, b, routing)];
  if (left !== undefined && rewriter.shapeOf(b)?.at(-1) === 1) {
    return { weights: { id: left.table, isTurned: false }, input: b, ops: [op, left.op] };
  }
  if (right === undefined || rewriter.shapeOf(a)?.at(-2) !== 1) return undefined;
  return { weights: { id: right.table, isTurned: true }, input: a, ops: [op, right.op] };
}

function gatheredTable(
  rewriter: Rewriter,
  id: ValueId,
  { indices, experts, tokens, chosen }: Routing,
): { readonly table: ValueId; readonly op: Op } | undefined {
  const op = rewriter.graph.producer(flatSource(rewriter, id));
  const [table, chosenBy] = op?.operands ?? [];
  if (op?.domain !== "" || table === undefined || chosenBy === undefined) return undefined;
  const isGather = op.kind === "Gather" && intAttr(op, "axis", 0) === 0;
  const isGatherNd =
    op.kind === "GatherND" && intAttr(op, "batch_dims", 0) === 0 && rewriter.shapeOf(chosenBy)?.at(-1) === 1;
  const [shape, own] = [rewriter.shapeOf(table), rewriter.shapeOf(id)];
  const isStack = shape?.length === 3 && shape[0] === experts;
  // One matrix for each token and expert, in their order.
  const isBatched = own?.length === 3 && own[0] === tokens * chosen && own[1] === shape?.[1] && own[2] === shape?.[2];
  if ((!isGather && !isGatherNd) || !isStack || !isBatched || !hasSameElements(rewriter, chosenBy, indices))
    return undefined;
  return { table, op };
}

/** x, [tokens, width] in this order, of a value that repeats each of its rows for the chosen experts. */
function repeatedFrom(rewriter: Rewriter, id: ValueId, { tokens, chosen }: Routing): ValueId | undefined {
  const source = flatSource(rewriter, id);
  if (chosen === 1) return source;
  const op = rewriter.graph.producer(source);
  const [from] = op?.operands ?? [];
  const [before, after] = [rewriter.shapeOf(from), rewriter.shapeOf(source)];
  if (op?.domain !== "" || op.kind !== "Expand" || before === undefined || after === undefined) return undefined;
  if (before.length !== after.length) return undefined;
  const axis = after.findIndex((length, i) => length !== before[i]);
  const isOnly = after.every((length, i) => i === axis || length === before[i]);
  const isRepeat = before[axis] === 1 && after[axis] === chosen && countOf(after.slice(0, axis)) === tokens;
  return isOnly && isRepeat ? from : undefined;
}

function reshaped(rewriter: Rewriter, id: ValueId, shape: readonly number[]): ValueId {
  if (rewriter.shapeOf(id)?.join() === shape.join()) return id;
  return rewriter.emit("Reshape", [id, rewriter.constant("shape", tensorOf("i64", [shape.length], shape))]);
}
