// A small declarative matcher over the dataflow that leads to a value. Patterns name ops, never nodes; operands of
// commutative ops match in either order, with backtracking; a name that occurs twice must bind the same value.
// Leaves out patterns with several results, and patterns that follow uses rather than definitions.
import { invariant } from "@waferc/base";
import type { GraphBuilder, Op, TensorSource, ValueId } from "@waferc/ir/graph";
import { kindOf, toFloat64 } from "@waferc/numerics";

export type Pattern =
  | { readonly kind: "value"; readonly name: string; readonly when?: ValueTest | undefined }
  | { readonly kind: "scalar"; readonly name?: string | undefined; readonly equals?: number | undefined }
  | {
      readonly kind: "op";
      readonly ops: readonly string[];
      readonly operands: readonly Pattern[];
      readonly when?: OpTest | undefined;
    }
  | { readonly kind: "oneOf"; readonly patterns: readonly Pattern[] };

export type ValueTest = (graph: GraphBuilder, value: ValueId) => boolean;
export type OpTest = (graph: GraphBuilder, op: Op) => boolean;

/** What a match bound: values and scalars by name, and the ops it covers, outermost first. */
export interface Match {
  readonly values: ReadonlyMap<string, ValueId>;
  readonly numbers: ReadonlyMap<string, number>;
  readonly ops: readonly Op[];
}

const COMMUTATIVE = new Set(["Add", "Mul", "And", "Or", "Equal", "Max", "Min"]);

/** Relative slack for a constant in a formula: exporters compute 1/sqrt(2) in f32 or f64. */
const SCALAR_TOLERANCE = 1e-6;

/** Any value; the same value wherever the name occurs again. */
export const value = (name: string, when?: ValueTest): Pattern => ({ kind: "value", name, when });

/** A constant with one element, bound as a number. */
export const scalar = (name: string): Pattern => ({ kind: "scalar", name });

/** A constant with one element, equal to `number` up to f32 rounding. */
export const number = (equals: number): Pattern => ({ kind: "scalar", equals });

/** The op of default-domain kind `kind` (or one of several, as "Sub|Add") with these operands. */
export const op = (kind: string, operands: readonly Pattern[], when?: OpTest): Pattern => ({
  kind: "op",
  ops: kind.split("|"),
  operands,
  when,
});

export const oneOf = (...patterns: readonly Pattern[]): Pattern => ({ kind: "oneOf", patterns });

/** Every way in which the definition of `root` matches, one after the other. */
export function matchesOf(graph: GraphBuilder, pattern: Pattern, root: ValueId): Generator<Match> {
  return solve(graph, pattern, root, { values: new Map(), numbers: new Map(), ops: [] });
}

/** The first match, or undefined. */
export function matchPattern(graph: GraphBuilder, pattern: Pattern, root: ValueId): Match | undefined {
  for (const match of matchesOf(graph, pattern, root)) return match;
  return undefined;
}

/** A value that a match bound; the pattern must have its name on every path. */
export function boundValue(match: Match, name: string): ValueId {
  const id = match.values.get(name);
  invariant(id !== undefined, `the pattern must bind "${name}"`);
  return id;
}

/** A scalar that a match bound. */
export function boundNumber(match: Match, name: string): number {
  const found = match.numbers.get(name);
  invariant(found !== undefined, `the pattern must bind "${name}"`);
  return found;
}

function* solve(graph: GraphBuilder, pattern: Pattern, id: ValueId | undefined, match: Match): Generator<Match> {
  if (id === undefined) return;
  switch (pattern.kind) {
    case "value": {
      const bound = match.values.get(pattern.name);
      if (bound !== undefined ? bound !== id : pattern.when?.(graph, id) === false) return;
      yield { ...match, values: new Map(match.values).set(pattern.name, id) };
      return;
    }
    case "scalar": {
      const number = readScalar(graph.constant(id));
      if (number === undefined || (pattern.equals !== undefined && !isClose(number, pattern.equals))) return;
      if (pattern.name === undefined) yield match;
      else yield { ...match, numbers: new Map(match.numbers).set(pattern.name, number) };
      return;
    }
    case "op":
      yield* solveOp(graph, pattern, id, match);
      return;
    case "oneOf":
      for (const one of pattern.patterns) yield* solve(graph, one, id, match);
      return;
    default:
      pattern satisfies never;
  }
}

function* solveOp(
  graph: GraphBuilder,
  pattern: Extract<Pattern, { kind: "op" }>,
  id: ValueId,
  match: Match,
): Generator<Match> {
  const found = graph.producer(id);
  if (found === undefined || found.domain !== "" || !pattern.ops.includes(found.kind) || found.results[0] !== id)
    return;
  if (pattern.when?.(graph, found) === false) return;
  const covered: Match = { ...match, ops: [...match.ops, found] };
  const [first, second] = found.operands;
  yield* solveAll(graph, pattern.operands, found.operands, 0, covered);
  if (pattern.operands.length === 2 && first !== second && COMMUTATIVE.has(found.kind)) {
    yield* solveAll(graph, pattern.operands, [second, first], 0, covered);
  }
}

function* solveAll(
  graph: GraphBuilder,
  patterns: readonly Pattern[],
  operands: readonly (ValueId | undefined)[],
  index: number,
  match: Match,
): Generator<Match> {
  const pattern = patterns[index];
  if (pattern === undefined) {
    yield match;
    return;
  }
  for (const next of solve(graph, pattern, operands[index], match)) {
    yield* solveAll(graph, patterns, operands, index + 1, next);
  }
}

/** The element of a one-element constant of numbers. */
export function readScalar(source: TensorSource | undefined): number | undefined {
  if (source === undefined || source.shape.some((length) => length !== 1) || kindOf(source.dtype) === "string")
    return undefined;
  return toFloat64(source.read())[0];
}

function isClose(found: number, wanted: number): boolean {
  return Math.abs(found - wanted) <= SCALAR_TOLERANCE * Math.abs(wanted);
}
