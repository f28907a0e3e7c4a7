/**
 * Builders of integer expressions that simplify as they build: constants fold, sums flatten and collect like terms, multiples
 * leave floordiv and mod. The result has the value of the plain expression wherever that is in range.
 */
import { constantValue, exprRange, floorMod } from "./expr.ts";
import type { Interval } from "./expr.ts";
import type { Expr } from "./program.ts";

/** A number stands for its constant. */
export type ExprLike = Expr | number;

export function constant(value: number): Expr {
  if (!Number.isSafeInteger(value)) throw new RangeError(`constant ${value} is not an integer`);
  return { kind: "const", value: value + 0 };
}

export function variable(name: string): Expr {
  return { kind: "var", name };
}

export const x: Expr = variable("x");
export const y: Expr = variable("y");

export function toExpr(value: ExprLike): Expr {
  return typeof value === "number" ? constant(value) : value;
}

/** A linear form: a constant and a factor for each term that is neither sum, constant nor constant multiple. */
class LinearForm {
  constant = 0;
  readonly terms = new Map<string, { factor: number; readonly of: Expr }>();

  add(expr: Expr, factor: number): this {
    switch (expr.kind) {
      case "const":
        this.constant += factor * expr.value;
        return this;
      case "add":
        for (const term of expr.terms) this.add(term, factor);
        return this;
      case "mul":
        if (typeof expr.factor === "number") return this.add(expr.of, factor * expr.factor);
        break;
      case "var":
      case "floordiv":
      case "mod":
      case "min":
      case "max":
        break;
      default:
        expr satisfies never;
    }
    const key = JSON.stringify(expr);
    const term = this.terms.get(key);
    if (term) term.factor += factor;
    else this.terms.set(key, { factor, of: expr });
    return this;
  }

  /** Moves what is divisible by `by` to a new form, divided. */
  splitMultiples(by: number): LinearForm {
    const quotient = new LinearForm();
    for (const [key, term] of this.terms) {
      if (floorMod(term.factor, by) !== 0) continue;
      quotient.terms.set(key, { factor: term.factor / by, of: term.of });
      this.terms.delete(key);
    }
    quotient.constant = Math.floor(this.constant / by);
    this.constant = floorMod(this.constant, by);
    return quotient;
  }

  toExpr(): Expr {
    const terms: Expr[] = [];
    for (const { factor, of } of this.terms.values()) {
      if (factor !== 0) terms.push(factor === 1 ? of : { kind: "mul", factor, of });
    }
    if (this.constant !== 0 || terms.length === 0) terms.push(constant(this.constant));
    return terms.length === 1 ? (terms[0] as Expr) : { kind: "add", terms };
  }
}

export function add(...terms: readonly ExprLike[]): Expr {
  const form = new LinearForm();
  for (const term of terms) form.add(toExpr(term), 1);
  return form.toExpr();
}

export function sub(a: ExprLike, b: ExprLike): Expr {
  return new LinearForm().add(toExpr(a), 1).add(toExpr(b), -1).toExpr();
}

/** `factor` is a constant or the name of a formal parameter. */
export function mul(factor: number | string, of: ExprLike): Expr {
  const expr = toExpr(of);
  if (typeof factor === "number") return new LinearForm().add(expr, factor).toExpr();
  const value = constantValue(expr);
  return value === undefined ? { kind: "mul", factor, of: expr } : mul(value, variable(factor));
}

/** @throws RangeError unless `by` is a positive integer */
export function floorDiv(of: ExprLike, by: number): Expr {
  requireDivisor(by);
  const rest = new LinearForm().add(toExpr(of), 1);
  const quotient = rest.splitMultiples(by);
  if (rest.terms.size === 0) return quotient.toExpr();
  return quotient.add({ kind: "floordiv", of: rest.toExpr(), by }, 1).toExpr();
}

/** @throws RangeError unless `by` is a positive integer */
export function mod(of: ExprLike, by: number): Expr {
  requireDivisor(by);
  const rest = new LinearForm().add(toExpr(of), 1);
  rest.splitMultiples(by);
  return rest.terms.size === 0 ? constant(rest.constant) : { kind: "mod", of: rest.toExpr(), by };
}

function requireDivisor(by: number): void {
  if (!Number.isSafeInteger(by) || by <= 0) throw new RangeError(`divisor ${by} is not a positive integer`);
}

export function min(...args: readonly ExprLike[]): Expr {
  return choose("min", Math.min, args.map(toExpr));
}

export function max(...args: readonly ExprLike[]): Expr {
  return choose("max", Math.max, args.map(toExpr));
}

function choose(kind: "min" | "max", pick: (a: number, b: number) => number, args: readonly Expr[]): Expr {
  if (args.length === 0) throw new RangeError(`${kind} needs an argument`);
  let bound: number | undefined;
  const others = new Map<string, Expr>();
  for (const arg of args.flatMap((a) => (a.kind === kind ? a.args : [a]))) {
    const value = constantValue(arg);
    if (value === undefined) others.set(JSON.stringify(arg), arg);
    else bound = bound === undefined ? value : pick(bound, value);
  }
  const kept = [...others.values(), ...(bound === undefined ? [] : [constant(bound)])];
  return kept.length === 1 ? (kept[0] as Expr) : { kind, args: kept };
}

/** ceil(of / by). */
export function ceilDiv(of: ExprLike, by: number): Expr {
  return floorDiv(add(of, by - 1), by);
}

/** The expression with variables and parameters replaced, simplified again. A parameter that is a factor needs a constant. */
export function substitute(expr: Expr, values: ReadonlyMap<string, ExprLike>): Expr {
  switch (expr.kind) {
    case "const":
      return expr;
    case "var":
      return toExpr(values.get(expr.name) ?? expr);
    case "add":
      return add(...expr.terms.map((term) => substitute(term, values)));
    case "mul":
      return mul(substituteFactor(expr.factor, values), substitute(expr.of, values));
    case "floordiv":
      return floorDiv(substitute(expr.of, values), expr.by);
    case "mod":
      return mod(substitute(expr.of, values), expr.by);
    case "min":
      return min(...expr.args.map((arg) => substitute(arg, values)));
    case "max":
      return max(...expr.args.map((arg) => substitute(arg, values)));
    default:
      return expr satisfies never;
  }
}

function substituteFactor(factor: number | string, values: ReadonlyMap<string, ExprLike>): number | string {
  const value = typeof factor === "string" ? values.get(factor) : undefined;
  if (value === undefined) return factor;
  const replaced = toExpr(value);
  if (replaced.kind === "var") return replaced.name;
  const number = constantValue(replaced);
  if (number === undefined) throw new RangeError(`factor "${factor}" cannot become an expression`);
  return number;
}

/** The expression simplified by what is known of its variables: min, max, mod and floordiv that decide nothing go away. */
export function simplify(expr: Expr, ranges: ReadonlyMap<string, Interval>): Expr {
  const rebuilt = rebuild(expr, ranges);
  const range = exprRange(rebuilt, ranges);
  return range.min === range.max ? constant(range.min) : rebuilt;
}

function rebuild(expr: Expr, ranges: ReadonlyMap<string, Interval>): Expr {
  switch (expr.kind) {
    case "const":
    case "var":
      return expr;
    case "add":
      return add(...expr.terms.map((term) => simplify(term, ranges)));
    case "mul":
      return mul(expr.factor, simplify(expr.of, ranges));
    case "floordiv":
      return floorDiv(simplify(expr.of, ranges), expr.by);
    case "mod": {
      const of = simplify(expr.of, ranges);
      const range = exprRange(of, ranges);
      return range.min >= 0 && range.max < expr.by ? of : mod(of, expr.by);
    }
    case "min":
    case "max":
      return dropDominated(
        expr.kind,
        expr.args.map((arg) => simplify(arg, ranges)),
        ranges,
      );
    default:
      return expr satisfies never;
  }
}

/** Without the arguments that another one is never beyond; of two that are always equal the first stays. */
function dropDominated(kind: "min" | "max", args: readonly Expr[], ranges: ReadonlyMap<string, Interval>): Expr {
  const kept: Expr[] = [];
  for (const arg of args) {
    const beats = (a: Expr, b: Expr): boolean => {
      const difference = exprRange(kind === "min" ? sub(b, a) : sub(a, b), ranges);
      return difference.min >= 0;
    };
    if (kept.some((other) => beats(other, arg))) continue;
    const survivors = kept.filter((other) => !beats(arg, other));
    kept.splice(0, kept.length, ...survivors, arg);
  }
  return kind === "min" ? min(...kept) : max(...kept);
}
