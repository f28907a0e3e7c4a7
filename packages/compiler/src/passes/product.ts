// Products as multisets: a tree of multiplications and divisions by scalars, flattened to its factors and one number. Formulas
// such as 0.5 * x * (1 + erf(x / sqrt 2)) are written in every order and grouping; as multisets they are one.
import type { GraphBuilder, Op, TensorSource, ValueId } from "@waferc/ir/graph";
import { kindOf, toFloat64 } from "@waferc/numerics";
import { readScalar } from "./pattern.ts";

export interface Product {
  /** Product of the scalar factors. */
  readonly number: number;
  /** The other factors, in operand order. */
  readonly factors: readonly ValueId[];
  /** The multiplications and divisions that were flattened. */
  readonly ops: readonly Op[];
}

/** A constant above this is a table, whatever its elements are. */
const UNIFORM_BYTES = 2 ** 16;

/** The one number that a constant consists of, however often it repeats it. */
export function readUniform(source: TensorSource | undefined): number | undefined {
  if (source === undefined || source.byteLength > UNIFORM_BYTES || kindOf(source.dtype) === "string") return undefined;
  const elements = toFloat64(source.read());
  const [first] = elements;
  return elements.every((element) => Object.is(element, first)) ? first : undefined;
}

/** Deeper trees are no formula of an activation. */
const MAX_DEPTH = 6;

/** Factors of a value. `stop` is not taken apart, even if it is a product itself. */
export function productOf(graph: GraphBuilder, id: ValueId, stop?: ValueId, depth = MAX_DEPTH): Product {
  const scalar = readScalar(graph.constant(id));
  if (scalar !== undefined) return { number: scalar, factors: [], ops: [] };
  const op = id === stop || depth === 0 ? undefined : graph.producer(id);
  const [a, b] = op?.operands ?? [];
  if (op === undefined || op.domain !== "" || a === undefined || b === undefined)
    return { number: 1, factors: [id], ops: [] };
  if (op.kind === "Mul") return join(op, productOf(graph, a, stop, depth - 1), productOf(graph, b, stop, depth - 1));
  const divisor = op.kind === "Div" ? readScalar(graph.constant(b)) : undefined;
  if (divisor !== undefined)
    return join(op, productOf(graph, a, stop, depth - 1), { number: 1 / divisor, factors: [], ops: [] });
  return { number: 1, factors: [id], ops: [] };
}

function join(op: Op, a: Product, b: Product): Product {
  return { number: a.number * b.number, factors: [...a.factors, ...b.factors], ops: [op, ...a.ops, ...b.ops] };
}

/** Constants of formulas are rounded to f32 and multiplied together, in any order. */
export function isNear(found: number, wanted: number): boolean {
  return Math.abs(found - wanted) <= 2e-6 * Math.abs(wanted);
}
