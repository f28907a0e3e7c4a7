// A mixture of experts unrolled by expert: the tokens that chose expert e are found by NonZero, gathered, put through the expert's
// layers, weighted and added where they came from. How many there are depends on the data, so that shapes are not known here;
// what reshapes may do is checked by the known last dimension. Every expert must be there once.
import { attr, attrsOf, intAttr, stringAttr, type Op, type ValueId } from "@waferc/ir/graph";
import { tensorOf, toFloat64 } from "@waferc/numerics";
import { constantInts } from "./axes.ts";
import { activationOf, chosenCount, emitMoE, producerOf, routingOf, unshaped, type Routing } from "./moe-form.ts";
import { readUniform } from "./product.ts";
import type { Rewriter } from "./rewriter.ts";
import { isSameList } from "./attention-layout.ts";
import { isViewOp, traceView, type ViewTrace } from "./view-chain.ts";
import type { Factor, FactorDims } from "./view.ts";

/** What one expert adds. */
interface Contribution {
  readonly expert: number;
  readonly routing: Routing;
  readonly x: ValueId;
  /** Weights [columns, rows], as they are multiplied from the right. */
  readonly up: ValueId;
  readonly third: ValueId | undefined;
  readonly down: ValueId;
  readonly type: "silu" | "relu" | "gelu";
  readonly covers: readonly Op[];
}

/** The mixture that a sum of scattered contributions is. */
export function fromDispatched(rewriter: Rewriter, root: Op): ValueId | undefined {
  const [result] = root.results;
  const shape = rewriter.shapeOf(result);
  const scatters = result === undefined ? undefined : scattersOf(rewriter, result);
  if (shape?.length !== 2 || scatters === undefined || scatters.length < 2) return undefined;
  const parts = scatters.map((scatter) => contributionOf(rewriter, scatter));
  const [first] = parts;
  if (first === undefined || !parts.every((part) => part !== undefined && isAlike(part, first))) return undefined;
  const all = parts.filter((part) => part !== undefined).sort((a, b) => a.expert - b.expert);
  const experts = rewriter.shapeOf(first.routing.scores)?.at(-1);
  const k = chosenCount(rewriter, first.routing);
  if (k === undefined || all.length !== experts || all.some(({ expert }, i) => expert !== i)) return undefined;
  const covers = [root, ...all.flatMap((part) => part.covers), first.routing.topK];
  const thirds = all.map(({ third }) => third).filter((id) => id !== undefined);
  const up = stacked(
    rewriter,
    all.map((part) => part.up),
    covers,
  );
  const down = stacked(
    rewriter,
    all.map((part) => part.down),
    covers,
  );
  const third = thirds.length === all.length ? stacked(rewriter, thirds, covers) : undefined;
  const { x, routing, type } = first;
  return emitMoE(rewriter, { x, routing, k, up, down, third, type, covers: [...new Set(covers)] }, shape);
}

function isAlike(a: Contribution, b: Contribution): boolean {
  return (
    a.x === b.x &&
    a.type === b.type &&
    (a.third === undefined) === (b.third === undefined) &&
    a.routing.topK === b.routing.topK &&
    a.routing.isNormalized === b.routing.isNormalized
  );
}

/** Matrices [columns, rows] of the experts as [experts, rows, columns]. */
function stacked(rewriter: Rewriter, matrices: readonly ValueId[], covers: readonly Op[]): ValueId {
  const turned = matrices.map((id) => {
    const matrix = rewriter.emit("Transpose", [id], { attrs: attrsOf({ perm: attr.ints([1, 0]) }), covers });
    return rewriter.emit("Unsqueeze", [matrix, rewriter.constant("axis", tensorOf("i64", [1], [0]))], { covers });
  });
  return rewriter.emit("Concat", turned, { attrs: attrsOf({ axis: attr.int(0) }), covers });
}

/** The scatters whose sum a value is, beside zeros; undefined if something else is added. */
function scattersOf(rewriter: Rewriter, id: ValueId): Op[] | undefined {
  const { graph } = rewriter;
  const source = graph.constant(id);
  if (source !== undefined) return toFloat64(source.read()).every((element) => element === 0) ? [] : undefined;
  const op = graph.producer(id);
  const [first, second] = op?.operands ?? [];
  if (op === undefined || op.domain !== "" || first === undefined) return undefined;
  if (op.kind === "Add" && second !== undefined) {
    const [left, right] = [scattersOf(rewriter, first), scattersOf(rewriter, second)];
    return left === undefined || right === undefined ? undefined : [...left, ...right];
  }
  if (op.kind !== "ScatterElements" || intAttr(op, "axis", 0) !== 0) return undefined;
  const reduction = stringAttr(op, "reduction") ?? "none";
  const data = scattersOf(rewriter, first);
  // Without a reduction, rows are written, which adds them to zeros only; a token has an expert once at most.
  const isSum = reduction === "add" || (reduction === "none" && data?.length === 0);
  return data === undefined || !isSum ? undefined : [...data, op];
}

/** The value before ops that only change its shape. */
function bare(rewriter: Rewriter, id: ValueId): ValueId {
  const op = rewriter.graph.producer(id);
  const [inner] = op?.operands ?? [];
  if (op === undefined || inner === undefined || op.domain !== "") return id;
  const isShape = (isViewOp(op) && op.kind !== "Transpose") || op.kind === "Cast";
  return isShape ? bare(rewriter, inner) : id;
}

function contributionOf(rewriter: Rewriter, scatter: Op): Contribution | undefined {
  const [, indices, updates] = scatter.operands;
  if (indices === undefined || updates === undefined) return undefined;
  const chosen = choiceOf(rewriter, bare(rewriter, indices));
  const product = producerOf(rewriter, bare(rewriter, updates), "Mul");
  const [a, b] = product?.operands ?? [];
  if (chosen === undefined || chosen.part === "slot" || product === undefined || a === undefined || b === undefined)
    return undefined;
  for (const [made, weights] of [[a, b] as const, [b, a] as const]) {
    const routing = weightsOf(rewriter, weights, chosen);
    const layers = routing === undefined ? undefined : layersOf(rewriter, made, chosen);
    if (routing === undefined || layers === undefined || routing.topK !== chosen.choice.topK) continue;
    return { expert: chosen.choice.expert, routing, ...layers, covers: [scatter, product, ...layers.covers] };
  }
  return undefined;
}

/** Where a routing chose an expert: the NonZero of a matrix [slots, tokens] or [tokens, slots]. */
interface Choice {
  readonly nonZero: Op;
  readonly topK: Op;
  readonly expert: number;
  /** Row of the NonZero that holds tokens; undefined if there is one token and one slot only. */
  readonly tokenRow: 0 | 1 | undefined;
}

interface ChoicePart {
  readonly choice: Choice;
  readonly part: "token" | "slot" | "either";
}

/** What the elements of an index vector are. */
function choiceOf(rewriter: Rewriter, id: ValueId): ChoicePart | undefined {
  const row = nonZeroRow(rewriter, id);
  const choice = row === undefined ? undefined : choiceAt(rewriter, row.op);
  if (row === undefined || choice === undefined) return undefined;
  const { tokenRow } = choice;
  return { choice, part: tokenRow === undefined ? "either" : row.row === tokenRow ? "token" : "slot" };
}

/** The row of a NonZero that a vector is: by Gather, Slice or Split of it, or of its transpose. */
function nonZeroRow(rewriter: Rewriter, id: ValueId): { readonly op: Op; readonly row: number } | undefined {
  const { graph } = rewriter;
  const op = graph.producer(id);
  const [of] = op?.operands ?? [];
  if (op === undefined || op.domain !== "" || of === undefined) return undefined;
  const turned = producerOf(rewriter, of, "Transpose");
  const nonZero = producerOf(rewriter, turned?.operands[0] ?? of, "NonZero");
  if (nonZero === undefined) return undefined;
  const along = turned === undefined ? 0 : 1;
  const isAlong = (axis: number): boolean => (axis < 0 ? axis + 2 : axis) === along;
  if (op.kind === "Split") {
    const isEach = op.results.length === 2 && isAlong(intAttr(op, "axis", 0));
    return isEach ? { op: nonZero, row: op.results.indexOf(id) } : undefined;
  }
  if (op.kind === "Gather") {
    const [index] = constantInts(graph, op.operands[1]) ?? [];
    const isOne = readUniform(graph.constant(op.operands[1])) !== undefined && isAlong(intAttr(op, "axis", 0));
    return isOne && index !== undefined ? { op: nonZero, row: index < 0 ? index + 2 : index } : undefined;
  }
  if (op.kind !== "Slice") return undefined;
  const [start, end, axis] = [1, 2, 3].map((i) => constantInts(graph, op.operands[i])?.[0]);
  const isOne = start !== undefined && start >= 0 && end === start + 1 && axis !== undefined && isAlong(axis);
  return isOne ? { op: nonZero, row: start } : undefined;
}

/** The expert that a NonZero looks for: one row of a one-hot choice, or a comparison with its number. */
function choiceAt(rewriter: Rewriter, nonZero: Op): Choice | undefined {
  const { graph } = rewriter;
  const [matrix] = nonZero.operands;
  const trace = matrix === undefined ? undefined : traceView(rewriter, uncast(rewriter, matrix));
  if (trace === undefined) return undefined;
  const equal = producerOf(rewriter, trace.source, "Equal");
  if (equal === undefined) return oneHotChoice(rewriter, nonZero, trace);
  const topK = indicesOf(rewriter, equal.operands[0]);
  const expert = readUniform(graph.constant(equal.operands[1]));
  const [tokens = [], slots = []] = trace.view.source;
  const row = tokenRowOf(trace.view.result, tokens, slots);
  return topK === undefined || expert === undefined || row === undefined
    ? undefined
    : { nonZero, topK, expert, ...row };
}

function uncast(rewriter: Rewriter, id: ValueId): ValueId {
  const cast = producerOf(rewriter, id, "Cast");
  const [inner] = cast?.operands ?? [];
  return inner === undefined ? id : uncast(rewriter, inner);
}

/** Which of two dimensions are tokens, the other one being slots. */
function tokenRowOf(
  dims: FactorDims,
  tokens: readonly Factor[],
  slots: readonly Factor[],
): { readonly tokenRow: 0 | 1 | undefined } | undefined {
  const [first = [], second = []] = dims;
  if (dims.length !== 2) return undefined;
  if (tokens.length === 0 && slots.length === 0) return { tokenRow: undefined };
  if (isSameList(first, tokens) && isSameList(second, slots)) return { tokenRow: 0 };
  return isSameList(first, slots) && isSameList(second, tokens) ? { tokenRow: 1 } : undefined;
}

/** A row of a one-hot choice [tokens, slots, experts] whose experts come first. */
function oneHotChoice(rewriter: Rewriter, nonZero: Op, matrix: ViewTrace): Choice | undefined {
  const gather = producerOf(rewriter, matrix.source, "Gather");
  const [ones, index] = gather?.operands ?? [];
  const expert = readUniform(rewriter.graph.constant(index));
  const trace = ones === undefined ? undefined : traceView(rewriter, ones);
  const oneHot = producerOf(rewriter, trace?.source, "OneHot");
  if (gather === undefined || trace === undefined || oneHot === undefined || expert === undefined) return undefined;
  const topK = indicesOf(rewriter, oneHot.operands[0]);
  const values = constantInts(rewriter.graph, oneHot.operands[2]);
  const isLast = [-1, 2].includes(intAttr(oneHot, "axis", -1)) && values?.[0] === 0 && values[1] !== 0;
  const isPlain = matrix.view.result.every((dim, axis) => isSameList(dim, matrix.view.source[axis] ?? []));
  const [tokens = [], slots = [], experts = []] = trace.view.source;
  const [first = [], ...dims] = trace.view.result;
  const row = tokenRowOf(dims, tokens, slots);
  const isRow = intAttr(gather, "axis", 0) === 0 && isSameList(first, experts) && expert >= 0 && isPlain;
  if (topK === undefined || row === undefined || !isLast || !isRow) return undefined;
  return { nonZero, topK, expert, ...row };
}

/** The TopK whose indices [tokens, k] these are. */
function indicesOf(rewriter: Rewriter, id: ValueId | undefined): Op | undefined {
  if (id === undefined || rewriter.shapeOf(id)?.length !== 2) return undefined;
  const source = unshaped(rewriter, producerOf(rewriter, id, "Cast")?.operands[0] ?? id);
  const topK = producerOf(rewriter, source, "TopK");
  return topK?.results[1] === source && rewriter.shapeOf(source)?.at(-1) === rewriter.shapeOf(id)?.at(-1)
    ? topK
    : undefined;
}

/** The routing whose weights these are, gathered where it chose the expert. */
function weightsOf(rewriter: Rewriter, id: ValueId, { choice }: ChoicePart): Routing | undefined {
  const gather = producerOf(rewriter, bare(rewriter, id), "Gather");
  const [all, index] = gather?.operands ?? [];
  if (gather === undefined || all === undefined || index === undefined || intAttr(gather, "axis", 0) !== 0)
    return undefined;
  const routing = routingOf(rewriter, unshaped(rewriter, all));
  const k = routing === undefined ? undefined : chosenCount(rewriter, routing);
  const [tokens] = rewriter.shapeOf(routing?.topK.results[0]) ?? [];
  if (k === undefined || tokens === undefined || rewriter.shapeOf(all)?.[0] !== tokens * k) return undefined;
  const isPart = (value: ValueId | undefined, part: "token" | "slot"): boolean => {
    const found = value === undefined ? undefined : choiceOf(rewriter, bare(rewriter, value));
    return found?.choice.nonZero === choice.nonZero && (found.part === part || found.part === "either");
  };
  // token * k + slot
  const sum = producerOf(rewriter, bare(rewriter, index), "Add");
  for (const [row, slot] of [sum?.operands ?? [], [...(sum?.operands ?? [])].reverse()]) {
    const { token, factor } = multipleOf(rewriter, row);
    if (factor === k && isPart(token, "token") && isPart(slot, "slot")) return routing;
  }
  return undefined;
}

/** The factor of a product with a constant, and what is multiplied; 1 and the value itself for others. */
function multipleOf(
  rewriter: Rewriter,
  id: ValueId | undefined,
): { readonly token: ValueId | undefined; readonly factor: number } {
  const { graph } = rewriter;
  const product = id === undefined ? undefined : producerOf(rewriter, bare(rewriter, id), "Mul");
  const factors = product?.operands.map((operand) => readUniform(graph.constant(operand))) ?? [];
  const at = factors.findIndex((factor) => factor !== undefined);
  return at < 0 ? { token: id, factor: 1 } : { token: product?.operands[1 - at], factor: factors[at] ?? 1 };
}

interface Layers {
  readonly x: ValueId;
  readonly up: ValueId;
  readonly third: ValueId | undefined;
  readonly down: ValueId;
  readonly type: "silu" | "relu" | "gelu";
  readonly covers: readonly Op[];
}

/** Two or three layers on the tokens of a choice. */
function layersOf(rewriter: Rewriter, made: ValueId, chosen: ChoicePart): Layers | undefined {
  const down = weightProduct(rewriter, made);
  const activation = down === undefined ? undefined : activationOf(rewriter, down.x);
  const up = activation === undefined ? undefined : weightProduct(rewriter, activation.gate);
  if (down === undefined || activation === undefined || up === undefined) return undefined;
  const linear = activation.linear === undefined ? undefined : weightProduct(rewriter, activation.linear);
  if (activation.linear !== undefined && linear?.x !== up.x) return undefined;
  const gather = producerOf(rewriter, bare(rewriter, up.x), "Gather");
  const [x, tokens] = gather?.operands ?? [];
  const shape = rewriter.shapeOf(x);
  if (gather === undefined || x === undefined || tokens === undefined || shape === undefined) return undefined;
  const axis = intAttr(gather, "axis", 0);
  const found = choiceOf(rewriter, bare(rewriter, tokens));
  const isOfChoice = found?.choice.nonZero === chosen.choice.nonZero && found.part !== "slot";
  // All dimensions but tokens and width are 1.
  const isRow =
    (axis < 0 ? axis + shape.length : axis) === shape.length - 2 && shape.slice(0, -2).every((one) => one === 1);
  if (!isOfChoice || !isRow || rewriter.shapeOf(up.weights)?.[0] !== shape.at(-1)) return undefined;
  return {
    x: unshaped(rewriter, x),
    up: up.weights,
    third: linear?.weights,
    down: down.weights,
    type: activation.type,
    covers: [down.op, up.op, ...(linear === undefined ? [] : [linear.op]), gather],
  };
}

/** A product with a constant matrix. */
function weightProduct(
  rewriter: Rewriter,
  id: ValueId,
): { readonly op: Op; readonly x: ValueId; readonly weights: ValueId } | undefined {
  const op = producerOf(rewriter, id, "MatMul");
  const [x, weights] = op?.operands ?? [];
  if (op === undefined || x === undefined || weights === undefined) return undefined;
  const isConstant = rewriter.graph.constants.has(weights) && rewriter.shapeOf(weights)?.length === 2;
  return isConstant ? { op, x, weights } : undefined;
}
