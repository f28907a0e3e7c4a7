// Polynomials in one value: a tree of sums, products, divisions by scalars and whole powers, as coefficients by power. Activations
// hold x in such arguments, in every order, grouping and distribution.
import type { GraphBuilder, ValueId } from "@waferc/ir/graph";
import { readScalar } from "./pattern.ts";
import { isNear } from "./product.ts";

/** Coefficients by power, from 0. */
export type Polynomial = readonly number[];

const MAX_DEGREE = 3;
const MAX_DEPTH = 8;

/** The value as a polynomial in x; undefined if it depends on something else or in another way. */
export function polynomialOf(
  graph: GraphBuilder,
  id: ValueId | undefined,
  x: ValueId,
  depth = MAX_DEPTH,
): Polynomial | undefined {
  if (id === x) return [0, 1];
  const scalar = readScalar(graph.constant(id));
  if (scalar !== undefined) return [scalar];
  const op = depth === 0 ? undefined : graph.producer(id);
  if (op?.domain !== "") return undefined;
  const [a, b] = op.operands;
  const of = (operand: ValueId | undefined): Polynomial | undefined => polynomialOf(graph, operand, x, depth - 1);
  switch (op.kind) {
    case "Add":
      return sum(of(a), of(b), 1);
    case "Sub":
      return sum(of(a), of(b), -1);
    case "Neg":
      return of(a)?.map((coefficient) => -coefficient);
    case "Mul":
      return times(of(a), of(b));
    case "Div": {
      const divisor = readScalar(graph.constant(b));
      return divisor === undefined ? undefined : of(a)?.map((coefficient) => coefficient / divisor);
    }
    case "Pow": {
      const exponent = readScalar(graph.constant(b));
      const base = of(a);
      if (exponent === 2) return times(base, base);
      return exponent === 3 ? times(times(base, base), base) : undefined;
    }
    default:
      return undefined;
  }
}

function sum(a: Polynomial | undefined, b: Polynomial | undefined, sign: number): Polynomial | undefined {
  if (a === undefined || b === undefined) return undefined;
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? 0) + sign * (b[i] ?? 0));
}

function times(a: Polynomial | undefined, b: Polynomial | undefined): Polynomial | undefined {
  if (a === undefined || b === undefined || a.length + b.length - 2 > MAX_DEGREE) return undefined;
  const product = Array<number>(a.length + b.length - 1).fill(0);
  a.forEach((left, i) => b.forEach((right, k) => (product[i + k]! += left * right)));
  return product;
}

/** Whether the polynomial has these coefficients, up to the rounding of constants. */
export function isPolynomial(found: Polynomial | undefined, wanted: Polynomial): boolean {
  if (found === undefined) return false;
  const length = Math.max(found.length, wanted.length);
  return Array.from({ length }, (_, i) => i).every((i) =>
    (wanted[i] ?? 0) === 0 ? (found[i] ?? 0) === 0 : isNear(found[i] ?? 0, wanted[i] ?? 0),
  );
}

/** Values from which the value is made by arithmetic with scalars and itself: what x may be, the nearest first. */
export function basesOf(graph: GraphBuilder, id: ValueId): readonly ValueId[] {
  const seen = new Set<ValueId>([id]);
  let level: readonly ValueId[] = [id];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
    level = level.flatMap((value) => {
      const op = graph.producer(value);
      if (op?.domain !== "" || !ARITHMETIC.has(op.kind)) return [];
      return op.operands.filter(
        (operand) => operand !== undefined && graph.constant(operand) === undefined,
      ) as ValueId[];
    });
    for (const value of level) seen.add(value);
  }
  return [...seen];
}

const ARITHMETIC: ReadonlySet<string> = new Set(["Add", "Sub", "Neg", "Mul", "Div", "Pow"]);
