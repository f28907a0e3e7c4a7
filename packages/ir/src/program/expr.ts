/**
 * What integer expressions mean: evaluation and interval bounds (docs/program.md section 3).
 * Intermediate results are exact as doubles: a product of two values in range that a double cannot hold is out of range anyway.
 */
import type { Expr } from "./program.ts";

/** Values of the variables in scope. */
export type ExprEnv = ReadonlyMap<string, number>;

/** Inclusive bounds of an integer. */
export interface Interval {
  readonly min: number;
  readonly max: number;
}

export const INT32_MIN = -(2 ** 31);
export const INT32_MAX = 2 ** 31 - 1;

/** Whether `value` is an integer that an expression may have. -0 is not one: it has no text of its own. */
export function isInt32(value: number): boolean {
  return Object.is(value | 0, value);
}

/**
 * The expression's value.
 * @throws RangeError if a variable has no value, or if the result of any operator is outside [-2^31, 2^31)
 */
export function evaluateExpr(expr: Expr, env: ExprEnv): number {
  const value = evaluateUnchecked(expr, env);
  // The addition turns -0 into 0.
  if (value >= INT32_MIN && value <= INT32_MAX) return value + 0;
  throw new RangeError(`integer expression has value ${value}, outside [-2^31, 2^31)`);
}

function evaluateUnchecked(expr: Expr, env: ExprEnv): number {
  switch (expr.kind) {
    case "const":
      return expr.value;
    case "var":
      return valueOfVariable(expr.name, env);
    case "add": {
      let sum = 0;
      for (const term of expr.terms) sum += evaluateExpr(term, env);
      return sum;
    }
    case "mul": {
      const factor = typeof expr.factor === "number" ? expr.factor : valueOfVariable(expr.factor, env);
      return factor * evaluateExpr(expr.of, env);
    }
    case "floordiv":
      return Math.floor(evaluateExpr(expr.of, env) / expr.by);
    case "mod":
      return floorMod(evaluateExpr(expr.of, env), expr.by);
    case "min":
      return Math.min(...expr.args.map((arg) => evaluateExpr(arg, env)));
    case "max":
      return Math.max(...expr.args.map((arg) => evaluateExpr(arg, env)));
    default:
      return expr satisfies never;
  }
}

function valueOfVariable(name: string, env: ExprEnv): number {
  const value = env.get(name);
  if (value === undefined) throw new RangeError(`variable "${name}" has no value`);
  return value;
}

/** Remainder of the division that rounds toward minus infinity; never negative for a positive divisor. */
export function floorMod(value: number, by: number): number {
  return value - by * Math.floor(value / by);
}

/**
 * Bounds of the expression's value over all values of its variables. Sound, and exact where every variable occurs once.
 * @throws RangeError if a variable has no range
 */
export function exprRange(expr: Expr, ranges: ReadonlyMap<string, Interval>): Interval {
  switch (expr.kind) {
    case "const":
      return { min: expr.value, max: expr.value };
    case "var":
      return rangeOfVariable(expr.name, ranges);
    case "add": {
      const terms = expr.terms.map((term) => exprRange(term, ranges));
      return { min: terms.reduce((sum, t) => sum + t.min, 0), max: terms.reduce((sum, t) => sum + t.max, 0) };
    }
    case "mul": {
      const { factor } = expr;
      const by = typeof factor === "number" ? { min: factor, max: factor } : rangeOfVariable(factor, ranges);
      return productRange(by, exprRange(expr.of, ranges));
    }
    case "floordiv": {
      const of = exprRange(expr.of, ranges);
      return { min: Math.floor(of.min / expr.by), max: Math.floor(of.max / expr.by) };
    }
    case "mod": {
      const of = exprRange(expr.of, ranges);
      const isOnePeriod = Math.floor(of.min / expr.by) === Math.floor(of.max / expr.by);
      if (!isOnePeriod) return { min: 0, max: expr.by - 1 };
      return { min: floorMod(of.min, expr.by), max: floorMod(of.max, expr.by) };
    }
    case "min":
    case "max": {
      const choose = expr.kind === "min" ? Math.min : Math.max;
      const args = expr.args.map((arg) => exprRange(arg, ranges));
      return { min: choose(...args.map((a) => a.min)), max: choose(...args.map((a) => a.max)) };
    }
    default:
      return expr satisfies never;
  }
}

function rangeOfVariable(name: string, ranges: ReadonlyMap<string, Interval>): Interval {
  const range = ranges.get(name);
  if (!range) throw new RangeError(`variable "${name}" has no range`);
  return range;
}

function productRange(a: Interval, b: Interval): Interval {
  const corners = [a.min * b.min, a.min * b.max, a.max * b.min, a.max * b.max];
  return { min: Math.min(...corners) + 0, max: Math.max(...corners) + 0 };
}

/** Names of the variables and parameters that the expression reads, in the order of their first occurrence. */
export function variablesOf(expr: Expr): ReadonlySet<string> {
  const names = new Set<string>();
  collectVariables(expr, names);
  return names;
}

function collectVariables(expr: Expr, names: Set<string>): void {
  switch (expr.kind) {
    case "const":
      return;
    case "var":
      names.add(expr.name);
      return;
    case "add":
      for (const term of expr.terms) collectVariables(term, names);
      return;
    case "mul":
      if (typeof expr.factor === "string") names.add(expr.factor);
      collectVariables(expr.of, names);
      return;
    case "floordiv":
    case "mod":
      collectVariables(expr.of, names);
      return;
    case "min":
    case "max":
      for (const arg of expr.args) collectVariables(arg, names);
      return;
    default:
      expr satisfies never;
  }
}

/** The value of an expression that reads no variable; undefined for others and for results out of range. */
export function constantValue(expr: Expr): number | undefined {
  if (expr.kind === "const") return expr.value;
  if (variablesOf(expr).size > 0) return undefined;
  try {
    return evaluateExpr(expr, new Map());
  } catch {
    return undefined;
  }
}
