// From the weights that multiply V back to Q K^T: the path of ops between the two, and what they do to the scores. On the way
// are scales, a soft cap c * tanh(x / c), mask terms added or selected, in any order, casts and clamps, the Softmax, guards that
// turn NaN or masked weights into 0, and views.
// A selection Where(keep, s, m) with a hugely negative m is the additive term Where(keep, 0, m): where a row keeps a key, the
// weight of a masked one is 0 in both. m counts as huge from -1e4 on, the largest that old exporters write; it is taken as
// -1e30 at least, so that a row without a kept key stays uniform: s + m then rounds to m for every score.
import { intAttr, type GraphBuilder, type Op, type ValueId } from "@waferc/ir/graph";
import { isFloat, kindOf, toFloat64 } from "@waferc/numerics";
import { isLastAxisSoftmax } from "./axes.ts";
import { readUniform } from "./product.ts";
import type { Rewriter } from "./rewriter.ts";
import { isViewOp, scalarProduct } from "./view-chain.ts";

/** One term of the mask, broadcastable to the scores where it is applied. */
export type MaskTerm =
  | { readonly kind: "add"; readonly mask: ValueId; readonly sign: 1 | -1 }
  /** `masked` where `keep` is false (or true, if `isInverted`), 0 elsewhere. */
  | { readonly kind: "select"; readonly keep: ValueId; readonly masked: number; readonly isInverted: boolean }
  /** Scores times a constant of ones and zeros, as in s * b - 1e4 * (1 - b); a later term must mask where the zeros are. */
  | { readonly kind: "blank"; readonly ones: ValueId };

export type ScoreStep = { readonly op: Op } & (
  | { readonly kind: "view" | "same" | "cap" | "softmax" | "guard" }
  | { readonly kind: "scale"; readonly factor: number }
  | { readonly kind: "mask"; readonly term: MaskTerm }
  /** Weights become 0 where `keep` is false (or true). */
  | { readonly kind: "zero"; readonly keep: ValueId; readonly isInverted: boolean }
);

export interface ScorePath {
  /** The matrix product Q K^T, or its transpose. */
  readonly product: Op;
  /** From the product to the weights. */
  readonly steps: readonly ScoreStep[];
}

/** A masking value at or below this leaves no weight beside a kept score. */
export const MASKED_BELOW = -1e4;

/** A larger constant is no mask that is looked into. */
const MASK_BYTES = 2 ** 26;

/** The path that ends at a value, if the value is made of the weights of attention. */
export function findPath(rewriter: Rewriter, weights: ValueId): ScorePath | undefined {
  const { graph } = rewriter;
  const op = graph.producer(weights);
  const [first] = op?.operands ?? [];
  if (op === undefined || op.domain !== "" || first === undefined) return undefined;
  if (isViewOp(op)) return extend(findPath(rewriter, first), { kind: "view", op });
  switch (op.kind) {
    case "Cast":
      return isFloatValue(graph, first) ? extend(findPath(rewriter, first), { kind: "same", op }) : undefined;
    case "Softmax":
      return isLastAxisSoftmax(graph, op) ? extend(findScores(rewriter, first), { kind: "softmax", op }) : undefined;
    case "Where":
      return findGuarded(rewriter, op);
    default:
      return undefined;
  }
}

function extend(path: ScorePath | undefined, step: ScoreStep): ScorePath | undefined {
  return path === undefined ? undefined : { product: path.product, steps: [...path.steps, step] };
}

function isFloatValue(graph: GraphBuilder, id: ValueId): boolean {
  const { dtype } = graph.value(id);
  return dtype !== undefined && isFloat(dtype);
}

/** Weights behind Where(condition, 0, w) or Where(condition, w, 0). */
function findGuarded(rewriter: Rewriter, op: Op): ScorePath | undefined {
  const { graph } = rewriter;
  const [condition, yes, no] = op.operands;
  const isInverted = readUniform(graph.constant(yes)) === 0;
  const weights = isInverted ? no : yes;
  if (condition === undefined || weights === undefined) return undefined;
  if (!isInverted && readUniform(graph.constant(no)) !== 0) return undefined;
  const path = findPath(rewriter, weights);
  if (path === undefined) return undefined;
  if (isInverted && isRowGuard(graph, condition, weights, path)) return extend(path, { kind: "guard", op });
  return extend(path, { kind: "zero", op, ...positive(graph, condition, isInverted) });
}

/** The condition without the Not ops around it. */
function positive(
  graph: GraphBuilder,
  condition: ValueId,
  isInverted: boolean,
): { readonly keep: ValueId; readonly isInverted: boolean } {
  const op = graph.producer(condition);
  const [inner] = op?.operands ?? [];
  if (op === undefined || op.domain !== "" || op.kind !== "Not" || inner === undefined)
    return { keep: condition, isInverted };
  return positive(graph, inner, !isInverted);
}

/** Whether the condition says that a weight is NaN, or that every score of its row is minus infinity, which makes it so. */
function isRowGuard(graph: GraphBuilder, condition: ValueId, weights: ValueId, path: ScorePath): boolean {
  const softmax = path.steps.find(({ kind }) => kind === "softmax")?.op;
  const named = (op: Op | undefined, kind: string): Op | undefined =>
    op?.domain === "" && op.kind === kind ? op : undefined;
  const uncast = (id: ValueId | undefined): ValueId | undefined => {
    const cast = named(graph.producer(id), "Cast");
    return cast === undefined ? id : uncast(cast.operands[0]);
  };
  const test = graph.producer(uncast(condition));
  if (named(test, "IsNaN") !== undefined) return uncast(test?.operands[0]) === uncast(weights);
  const smallest = named(test, "ReduceMin");
  if (smallest === undefined || intAttr(smallest, "keepdims", 1) === 0) return false;
  const isMasked = named(graph.producer(uncast(smallest.operands[0])), "Equal");
  return (
    isMasked !== undefined &&
    isMasked.operands.some((id) => id !== undefined && id === softmax?.operands[0]) &&
    isMasked.operands.some((id) => readUniform(graph.constant(id)) === -Infinity)
  );
}

/** The path that ends at the operand of the Softmax. */
function findScores(rewriter: Rewriter, id: ValueId): ScorePath | undefined {
  const { graph } = rewriter;
  const op = graph.producer(id);
  const [first, second] = op?.operands ?? [];
  if (op === undefined || op.domain !== "" || first === undefined) return undefined;
  if (isViewOp(op)) return extend(findScores(rewriter, first), { kind: "view", op });
  switch (op.kind) {
    case "MatMul":
      return { product: op, steps: [] };
    case "Cast":
      return isFloatValue(graph, first) ? extend(findScores(rewriter, first), { kind: "same", op }) : undefined;
    case "Mul":
    case "Div":
    case "Neg": {
      const scaled = scalarProduct(rewriter, op);
      if (scaled === undefined) return findBlanked(rewriter, op);
      return extend(findScores(rewriter, scaled.operand), { kind: "scale", op, factor: scaled.factor });
    }
    case "Tanh":
      return extend(findScores(rewriter, first), { kind: "cap", op });
    case "Add":
    case "Sub":
      return findAdded(rewriter, op, first, second, op.kind === "Add" ? 1 : -1);
    case "Where":
      return findSelected(rewriter, op);
    case "Max":
    case "Clip":
      return isClamp(graph, op) ? extend(findScores(rewriter, first), { kind: "same", op }) : undefined;
    default:
      return undefined;
  }
}

/** Whether an op only keeps scores from falling below a huge negative number. */
function isClamp(graph: GraphBuilder, op: Op): boolean {
  const [, low, high] = op.operands;
  const bound = readUniform(graph.constant(low));
  return op.operands.length <= 3 && high === undefined && bound !== undefined && bound <= MASKED_BELOW;
}

/** Scores times a constant of ones and zeros. */
function findBlanked(rewriter: Rewriter, op: Op): ScorePath | undefined {
  const [a, b] = op.operands;
  if (op.kind !== "Mul" || a === undefined || b === undefined) return undefined;
  for (const [scores, ones] of [[a, b] as const, [b, a] as const]) {
    const elements = readElements(rewriter.graph, ones);
    if (elements?.every((element) => element === 0 || element === 1) !== true) continue;
    return extend(findScores(rewriter, scores), { kind: "mask", op, term: { kind: "blank", ones } });
  }
  return undefined;
}

function readElements(graph: GraphBuilder, id: ValueId): Float64Array | undefined {
  const source = graph.constant(id);
  if (source === undefined || source.byteLength > MASK_BYTES || kindOf(source.dtype) === "string") return undefined;
  return toFloat64(source.read());
}

function findAdded(
  rewriter: Rewriter,
  op: Op,
  first: ValueId,
  second: ValueId | undefined,
  sign: 1 | -1,
): ScorePath | undefined {
  if (second === undefined) return undefined;
  const left = findScores(rewriter, first);
  if (left !== undefined) return extend(left, { kind: "mask", op, term: { kind: "add", mask: second, sign } });
  const right = sign === 1 ? findScores(rewriter, second) : undefined;
  return extend(right, { kind: "mask", op, term: { kind: "add", mask: first, sign: 1 } });
}

function findSelected(rewriter: Rewriter, op: Op): ScorePath | undefined {
  const { graph } = rewriter;
  const [condition, yes, no] = op.operands;
  if (condition === undefined || yes === undefined || no === undefined) return undefined;
  for (const [scores, other, isInverted] of [[yes, no, false] as const, [no, yes, true] as const]) {
    const masked = readUniform(graph.constant(other));
    const path = masked === undefined || masked > MASKED_BELOW ? undefined : findScores(rewriter, scores);
    if (path === undefined || masked === undefined) continue;
    const term: MaskTerm = { kind: "select", masked, ...positive(graph, condition, isInverted) };
    return extend(path, { kind: "mask", op, term });
  }
  return undefined;
}

/** What the steps of a path do to the scores: softcap * tanh(scale * s / softcap), and the mask terms with their factors. */
export interface ScoreRules {
  readonly scale: number;
  /** 0 for none. */
  readonly softcap: number;
  readonly masks: readonly ScaledMask[];
}

export interface ScaledMask {
  readonly op: Op;
  readonly term: MaskTerm;
  /** By what later scales multiply the term. */
  readonly factor: number;
}

/** Undefined if the steps are no attention: a cap of masked scores, or zeros that no mask explains. */
export function rulesOf(graph: GraphBuilder, path: ScorePath): ScoreRules | undefined {
  let scale = 1;
  let cap: number | undefined;
  let masks: ScaledMask[] = [];
  for (const step of path.steps) {
    if (step.kind === "scale") {
      if (cap === undefined) scale *= step.factor;
      else cap *= step.factor;
      masks = masks.map((mask) => ({ ...mask, factor: mask.factor * step.factor }));
    } else if (step.kind === "cap") {
      if (cap !== undefined || masks.length > 0) return undefined;
      cap = 1;
    } else if (step.kind === "mask") {
      masks.push({ op: step.op, term: step.term, factor: 1 });
    } else if (step.kind === "zero") {
      const zeroed = withZeroRows(masks, step.keep, step.isInverted);
      if (zeroed === undefined) return undefined;
      masks = zeroed;
    }
  }
  const explained = masks.map((mask, i) => (mask.term.kind === "blank" ? unblank(graph, mask, masks.slice(i)) : mask));
  const isMasking = ({ term, factor }: ScaledMask): boolean =>
    term.kind !== "select" || term.masked * factor <= MASKED_BELOW;
  if (!explained.every((mask) => mask?.term.kind !== "blank" && mask !== undefined && isMasking(mask)))
    return undefined;
  // tanh is odd, so that a negative cap is a positive one of negated scores.
  const softcap = Math.abs(cap ?? 0);
  return {
    scale: cap === undefined ? scale : scale * cap,
    softcap,
    masks: explained.filter((mask) => mask !== undefined),
  };
}

/** A selection in place of a product with zeros, if a constant term after it masks wherever the zeros are. */
function unblank(graph: GraphBuilder, mask: ScaledMask, later: readonly ScaledMask[]): ScaledMask | undefined {
  if (mask.term.kind !== "blank") return mask;
  const { ones } = mask.term;
  const isZero = readElements(graph, ones)?.map((one) => 1 - one);
  const isCovered = later.some(({ term, factor }) => {
    if (term.kind !== "add") return false;
    const elements = readElements(graph, term.mask);
    const isSameShape = graph.value(term.mask).shape?.join() === graph.value(ones).shape?.join();
    return isSameShape && elements?.every((one, i) => isZero?.[i] === 0 || one * factor * term.sign <= MASKED_BELOW);
  });
  if (!isCovered) return undefined;
  return { ...mask, factor: 1, term: { kind: "select", keep: ones, masked: MASKED_BELOW, isInverted: false } };
}

/** Weights that are 0 where the mask masks are those of minus infinity, rows without a kept key included. */
function withZeroRows(masks: readonly ScaledMask[], keep: ValueId, isInverted: boolean): ScaledMask[] | undefined {
  const isSame = ({ term }: ScaledMask): boolean =>
    term.kind === "select" && term.keep === keep && term.isInverted === isInverted;
  if (!masks.some(isSame)) return undefined;
  return masks.map((mask) =>
    isSame(mask) && mask.term.kind === "select" ? { ...mask, term: { ...mask.term, masked: -Infinity } } : mask,
  );
}
