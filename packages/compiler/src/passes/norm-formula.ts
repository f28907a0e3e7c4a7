// The formula of a norm at a value: finds x, epsilon, scales and bias, whatever the order and grouping of the arithmetic. Emits
// nothing; `recognize-norms.ts` decides whether scales and bias are vectors along the rows.
import { invariant } from "@waferc/base";
import { intAttr, type Op, type ValueId } from "@waferc/ir/graph";
import { dtypeOfOnnx } from "@waferc/ops";
import { flatSource, hasSameElements } from "./flat-source.ts";
import { isPlainMean, isRowStatistic, matchCentered, matchMean, matchSquareMean, type SquareMean } from "./moments.ts";
import { isPrivatePath, powerProductOf, type PowerFactor } from "./power-product.ts";
import { isNear } from "./product.ts";
import type { Rewriter } from "./rewriter.ts";
import { sumOf, type Term } from "./sum-terms.ts";

export interface Norm {
  readonly kind: "LayerNormalization" | "RMSNormalization";
  readonly x: ValueId;
  /** Length of a row of x. */
  readonly count: number;
  readonly epsilon: number;
  /** A factor beside the scales. */
  readonly number: number;
  readonly scales: readonly ValueId[];
  readonly bias: Pick<Term, "value" | "sign"> | undefined;
  /** What the norm stands for, the root first. */
  readonly ops: readonly Op[];
}

/** The product part of a norm: everything but the bias. */
interface Scaled extends Omit<Norm, "bias"> {
  /** Whether x stands where x - mean(x) should: the mean's product must be subtracted elsewhere. */
  readonly isUncentered: boolean;
  /** The mean square or variance with its epsilon, to the power -1/2 in the product. */
  readonly inverse: ValueId;
}

/** Every way to read the result of `root` as a norm, fullest first. */
export function* matchNorm(rewriter: Rewriter, root: Op): Generator<Norm> {
  const [result] = root.results;
  invariant(result !== undefined, "a root has a result");
  const { graph } = rewriter;
  const isSum = root.kind === "Add" || root.kind === "Sub";
  if (!isSum && root.kind !== "Mul" && root.kind !== "Div") return;
  const { terms } = isSum ? sumOf(graph, result) : { terms: [{ value: result, sign: 1, path: [] } as Term] };
  for (const term of terms) {
    if (term.sign === -1 || !isPrivatePath(graph, [...term.path, ...producerOf(rewriter, term)])) continue;
    const scaled = matchScaled(rewriter, term.value);
    // RMSNormalization has no bias; an addition to it is an op of its own.
    if (scaled === undefined || (scaled.kind === "RMSNormalization" && terms.length > 1)) continue;
    const rest = terms.filter((other) => other !== term);
    const others = scaled.isUncentered ? withoutMeanProduct(rewriter, scaled, rest) : rest;
    if (others === undefined || others.length > 1) continue;
    yield { ...scaled, bias: others[0], ops: [...new Set([...term.path, ...scaled.ops])] };
  }
}

function producerOf(rewriter: Rewriter, { value, path }: Term): readonly Op[] {
  const op = rewriter.graph.producer(value);
  return op === undefined || path.length === 0 ? [] : [op];
}

/** A product with a mean square to the power -1/2, directly or behind a cast to the type that x had. */
function matchScaled(rewriter: Rewriter, root: ValueId): Scaled | undefined {
  const product = powerProductOf(rewriter.graph, root);
  for (const factor of product.factors) {
    const found = factor.exponent === -0.5 ? matchNormal(rewriter, root, factor.value) : undefined;
    if (found !== undefined) return found;
  }
  for (const factor of product.factors) {
    const found = factor.exponent === 1 ? matchCast(rewriter, factor) : undefined;
    if (found === undefined) continue;
    const others = product.factors.filter((other) => other !== factor);
    if (others.some(({ exponent }) => exponent !== 1)) return undefined;
    const scales = others.map(({ value }) => value);
    return { ...found, number: product.number, scales, ops: [...product.ops, ...found.ops] };
  }
  return undefined;
}

/** The normalised x in f32, cast back to the type that x had before it was cast to f32. */
function matchCast(rewriter: Rewriter, { value, path }: PowerFactor): Scaled | undefined {
  const { graph } = rewriter;
  const cast = graph.producer(value);
  const [normal] = cast?.operands ?? [];
  if (cast?.domain !== "" || cast.kind !== "Cast" || normal === undefined) return undefined;
  const inner = matchScaled(rewriter, normal);
  if (inner === undefined || inner.isUncentered || inner.scales.length > 0 || inner.number !== 1) return undefined;
  const up = graph.producer(inner.x);
  const [x] = up?.operands ?? [];
  const isRoundTrip =
    up?.kind === "Cast" && x !== undefined && dtypeOfOnnx(intAttr(cast, "to", 0)) === rewriter.dtypeOf(x);
  const isPrivate = isPrivatePath(graph, [
    ...path,
    cast,
    ...producerOf(rewriter, { value: normal, path: [cast], sign: 1 }),
  ]);
  if (!isRoundTrip || !isPrivate || rewriter.dtypeOf(inner.x) !== "f32") return undefined;
  return { ...inner, x, ops: [cast, ...inner.ops, up] };
}

/** The product at `root`, if it is x (or x - mean(x)) times the power -1/2 of the square mean `inverse` times scales. */
function matchNormal(rewriter: Rewriter, root: ValueId, inverse: ValueId): Scaled | undefined {
  const { graph } = rewriter;
  const squares = matchSquareMean(rewriter, inverse);
  if (squares === undefined || !isRowStatistic(rewriter, inverse, squares.x, squares.count)) return undefined;
  const isX = (id: ValueId): boolean => hasSameElements(rewriter, id, squares.x);
  const { number, factors, ops } = powerProductOf(graph, root, isX);
  const numerator = numeratorOf(rewriter, squares, factors);
  const root2 = factors.find((factor) => factor.exponent === -0.5 && factor.value === inverse);
  if (numerator === undefined || root2 === undefined || !isPrivatePath(graph, numerator.factor.path)) return undefined;
  const others = factors.filter((factor) => factor !== numerator.factor && factor !== root2);
  if (others.some(({ exponent }) => exponent !== 1)) return undefined;
  const ratio = number / Math.sqrt(squares.factor);
  return {
    kind: squares.isCentered ? "LayerNormalization" : "RMSNormalization",
    x: numerator.x,
    count: squares.count,
    epsilon: squares.epsilon / squares.factor,
    number: isNear(ratio, 1) ? 1 : ratio,
    scales: others.map(({ value }) => value),
    isUncentered: numerator.isUncentered,
    inverse,
    ops: [...ops, ...squares.ops],
  };
}

interface Numerator {
  readonly factor: PowerFactor;
  readonly x: ValueId;
  readonly isUncentered: boolean;
}

function numeratorOf(rewriter: Rewriter, squares: SquareMean, factors: readonly PowerFactor[]): Numerator | undefined {
  for (const factor of factors) {
    if (factor.exponent !== 1) continue;
    const centered = squares.isCentered ? matchCentered(rewriter, flatSource(rewriter, factor.value)) : undefined;
    if (centered?.count === squares.count && hasSameElements(rewriter, centered.x, squares.x)) {
      return { factor, x: centered.x, isUncentered: false };
    }
  }
  const factor = factors.find(({ exponent, value }) => exponent === 1 && hasSameElements(rewriter, value, squares.x));
  return factor === undefined ? undefined : { factor, x: factor.value, isUncentered: squares.isCentered };
}

/** The terms without the subtracted product of the mean with the same factors, which must be among them. */
function withoutMeanProduct(rewriter: Rewriter, scaled: Scaled, terms: readonly Term[]): readonly Term[] | undefined {
  const found = terms.find((term) => term.sign === -1 && isMeanProduct(rewriter, scaled, term.value));
  return found === undefined ? undefined : terms.filter((term) => term !== found);
}

function isMeanProduct(rewriter: Rewriter, { x, count, inverse, scales, number }: Scaled, id: ValueId): boolean {
  const product = powerProductOf(rewriter.graph, id);
  const wanted = [inverse, ...scales];
  const rest = product.factors.filter(({ value }) => !wanted.includes(value));
  const [mean] = rest;
  if (mean?.exponent !== 1 || rest.length > 1 || product.factors.length !== wanted.length + 1) return false;
  const isSame = product.factors.every(({ value, exponent }) => exponent === (value === inverse ? -0.5 : 1));
  const statistic = matchMean(rewriter, mean.value);
  if (statistic === undefined || !isSame || statistic.count !== count) return false;
  // A scalar of the mean itself is among the product's.
  const plain = { ...statistic, factor: (statistic.factor * product.number) / number };
  return isPlainMean(rewriter, plain, x) && isRowStatistic(rewriter, mean.value, x, count);
}
