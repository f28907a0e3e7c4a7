// Means, centred values and variances of the rows of a value, however they are written: what norms are made of. A row is a
// block of the last axes of x. Statistics may stand behind reshapes and scalars, as they do where a mean is a global
// pool, a sum over a length, or a product with a vector of equal weights.
import type { Op, ValueId } from "@waferc/ir/graph";
import { toFloat64 } from "@waferc/numerics";
import { constantInts, rankOf } from "./axes.ts";
import { flatSource, hasSameElements } from "./flat-source.ts";
import { readScalar } from "./pattern.ts";
import { isNear, productOf } from "./product.ts";
import type { Rewriter } from "./rewriter.ts";
import { sumOf } from "./sum-terms.ts";
import { intAttr, intsAttr } from "@waferc/ir/graph";

/** `factor` times the mean of the rows of `of`, or of their squares. */
export interface Mean {
  readonly of: ValueId;
  readonly isOfSquares: boolean;
  /** Elements of a row. */
  readonly count: number;
  readonly factor: number;
  readonly ops: readonly Op[];
}

/** A weight vector that is read to see whether it is uniform. */
const WEIGHTS_BYTES = 2 ** 20;

export function matchMean(rewriter: Rewriter, id: ValueId): Mean | undefined {
  const { graph } = rewriter;
  const ops: Op[] = [];
  let factor = 1;
  let source = id;
  for (;;) {
    const product = productOf(graph, source);
    const [only] = product.factors;
    if (only === undefined || product.factors.length > 1) return undefined;
    const next = flatSource(rewriter, only);
    factor *= product.number;
    ops.push(...product.ops);
    if (next === source) break;
    source = next;
  }
  const op = graph.producer(source);
  const [of] = op?.operands ?? [];
  const found = op === undefined || of === undefined ? undefined : reductionOf(rewriter, op, of);
  if (found === undefined || op === undefined || of === undefined) return undefined;
  const { count, weight, isOfSquares } = found;
  return { of, isOfSquares, count, factor: factor * weight, ops: [...ops, op] };
}

interface Reduction {
  readonly count: number;
  /** The op is this many times the mean. */
  readonly weight: number;
  readonly isOfSquares: boolean;
}

function reductionOf(rewriter: Rewriter, op: Op, of: ValueId): Reduction | undefined {
  const shape = rewriter.shapeOf(of);
  if (op.domain !== "" || shape === undefined) return undefined;
  if (op.kind === "MatMul") return weightedSum(rewriter, op);
  const first = op.kind === "GlobalAveragePool" ? 2 : firstReducedAxis(rewriter, op);
  const count = first === undefined ? 1 : shape.slice(first).reduce((a, b) => a * b, 1);
  if (count <= 1) return undefined;
  switch (op.kind) {
    case "GlobalAveragePool":
    case "ReduceMean":
      return { count, weight: 1, isOfSquares: false };
    case "ReduceSum":
      return { count, weight: count, isOfSquares: false };
    case "ReduceSumSquare":
      return { count, weight: count, isOfSquares: true };
    default:
      return undefined;
  }
}

/** The first axis of a reduction of the last axes. */
function firstReducedAxis({ graph }: Rewriter, op: Op): number | undefined {
  const rank = rankOf(graph, op.operands[0]);
  if (rank === undefined || !op.kind.startsWith("Reduce")) return undefined;
  const given = intsAttr(op, "axes") ?? constantInts(graph, op.operands[1]);
  if (given === undefined && op.operands[1] !== undefined) return undefined;
  const reducesAll = intAttr(op, "noop_with_empty_axes", 0) === 0;
  const axes = given ?? (reducesAll ? Array.from({ length: rank }, (_, axis) => axis) : []);
  const sorted = axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  const [first] = sorted;
  if (first === undefined || first + sorted.length !== rank) return undefined;
  return sorted.every((axis, i) => axis === first + i) ? first : undefined;
}

/** A product with a column of equal weights. */
function weightedSum({ graph }: Rewriter, op: Op): Reduction | undefined {
  const source = graph.constant(op.operands[1]);
  if (source === undefined || source.byteLength > WEIGHTS_BYTES || source.dtype === "string") return undefined;
  const [count = 1, columns = 1] = source.shape;
  if (source.shape.length > 2 || columns !== 1 || count <= 1) return undefined;
  const weights = toFloat64(source.read());
  const [weight = 0] = weights;
  return weights.every((one) => one === weight) ? { count, weight: weight * count, isOfSquares: false } : undefined;
}

/** What is squared, as Mul(x, x) or Pow(x, 2). */
export function matchSquare({ graph }: Rewriter, id: ValueId): ValueId | undefined {
  const op = graph.producer(id);
  const [a, b] = op?.operands ?? [];
  if (op?.domain !== "" || a === undefined) return undefined;
  if (op.kind === "Mul") return a === b ? a : undefined;
  return op.kind === "Pow" && readScalar(graph.constant(b)) === 2 ? a : undefined;
}

/** A value that is one statistic for every row of x, and broadcasts with it as such. */
export function isRowStatistic(rewriter: Rewriter, id: ValueId, x: ValueId, count: number): boolean {
  const [shape, full] = [rewriter.shapeOf(id), rewriter.shapeOf(x)];
  const axis = full === undefined ? undefined : rowAxis(full, count);
  if (shape === undefined || full === undefined || axis === undefined || shape.length > full.length) return false;
  const offset = full.length - shape.length;
  return full.every((length, i) => (i < offset ? 1 : shape[i - offset]) === (i < axis ? length : 1));
}

/** The axis from which on the lengths of a shape make up rows of `count` elements. */
export function rowAxis(shape: readonly number[], count: number): number | undefined {
  let product = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    product *= shape[axis] ?? 1;
    if (product === count) return axis;
    if (product > count) return undefined;
  }
  return undefined;
}

export interface Centered {
  readonly x: ValueId;
  readonly count: number;
  readonly ops: readonly Op[];
}

/** x - mean(x). */
export function matchCentered(rewriter: Rewriter, id: ValueId): Centered | undefined {
  const op = rewriter.graph.producer(id);
  const [x, m] = op?.operands ?? [];
  if (op?.domain !== "" || op.kind !== "Sub" || x === undefined || m === undefined) return undefined;
  const mean = matchMean(rewriter, m);
  if (mean === undefined || !isPlainMean(rewriter, mean, x) || !isRowStatistic(rewriter, m, x, mean.count))
    return undefined;
  return { x, count: mean.count, ops: [op, ...mean.ops] };
}

/** Is it just the mean of the rows of x? */
export function isPlainMean(rewriter: Rewriter, mean: Mean, x: ValueId): boolean {
  return !mean.isOfSquares && isNear(mean.factor, 1) && hasSameElements(rewriter, mean.of, x);
}

/** `factor` times the mean square of the rows of x, or their variance if it is centred, plus epsilon. */
export interface SquareMean {
  readonly x: ValueId;
  readonly isCentered: boolean;
  readonly count: number;
  readonly factor: number;
  readonly epsilon: number;
  readonly ops: readonly Op[];
}

export function matchSquareMean(rewriter: Rewriter, id: ValueId): SquareMean | undefined {
  const { terms, number: epsilon } = sumOf(rewriter.graph, id);
  const ops = terms.flatMap(({ path }) => path);
  const [first, second] = terms;
  if (first?.sign !== 1 || epsilon < 0) return undefined;
  if (terms.length === 1) {
    const inner = clampedAtZero(rewriter, first.value);
    if (inner !== undefined) {
      const variance = matchSquareMean(rewriter, inner);
      return variance?.isCentered === true && variance.epsilon === 0 ? { ...variance, epsilon } : undefined;
    }
    const found = meanOfSquares(rewriter, first.value);
    if (found === undefined) return undefined;
    const centered = matchCentered(rewriter, flatSource(rewriter, found.x));
    if (centered?.count === found.count) {
      return { ...found, x: centered.x, isCentered: true, epsilon, ops: [...ops, ...found.ops, ...centered.ops] };
    }
    return { ...found, isCentered: false, epsilon, ops: [...ops, ...found.ops] };
  }
  if (second?.sign !== -1 || terms.length > 2) return undefined;
  // E[x^2] - E[x]^2
  const squares = meanOfSquares(rewriter, first.value);
  const m = matchSquare(rewriter, flatSource(rewriter, second.value));
  const mean = m === undefined ? undefined : matchMean(rewriter, m);
  if (squares === undefined || mean?.count !== squares.count || !isNear(squares.factor, 1)) return undefined;
  if (!isPlainMean(rewriter, mean, squares.x)) return undefined;
  return { ...squares, isCentered: true, epsilon, ops: [...ops, ...squares.ops, ...mean.ops] };
}

/** Max(x, 0), Relu: what keeps a variance from rounding below 0. */
function clampedAtZero({ graph }: Rewriter, id: ValueId): ValueId | undefined {
  const op = graph.producer(id);
  const [a, b] = op?.operands ?? [];
  if (op?.domain !== "") return undefined;
  if (op.kind === "Relu") return a;
  if (op.kind !== "Max" || op.operands.length !== 2) return undefined;
  if (readScalar(graph.constant(a)) === 0) return b;
  return readScalar(graph.constant(b)) === 0 ? a : undefined;
}

type MeanOfSquares = Omit<SquareMean, "isCentered" | "epsilon">;

function meanOfSquares(rewriter: Rewriter, id: ValueId): MeanOfSquares | undefined {
  const mean = matchMean(rewriter, id);
  if (mean === undefined) return undefined;
  const { count, factor, ops } = mean;
  const x = mean.isOfSquares ? mean.of : matchSquare(rewriter, flatSource(rewriter, mean.of));
  if (x === undefined || factor <= 0) return undefined;
  const square = rewriter.graph.producer(flatSource(rewriter, mean.of));
  return { x, count, factor, ops: square === undefined || mean.isOfSquares ? ops : [...ops, square] };
}
