// Splits integer expressions into a part that is fixed on a core and a linear part in the loop variables, so that an engine
// evaluates `base + sum(coefficient * variable)` with numbers taken from a table instead of walking an expression.
// Leaves out: expressions with a loop variable under floordiv, mod, min or max; the caller keeps a closure for those.
import type { Expr } from "@waferc/ir/program";

export interface AffineTerm {
  /** Loop variable. */
  readonly variable: string;
  /** Free of loop variables. */
  readonly coefficient: Expr;
}

export interface AffineSplit {
  /** Free of loop variables. */
  readonly base: Expr;
  readonly terms: readonly AffineTerm[];
}

const ZERO: Expr = { kind: "const", value: 0 };
const ONE: Expr = { kind: "const", value: 1 };

/** Undefined if a loop variable occurs under an operator that is not linear. */
export function splitAffine(expr: Expr, isLoopVariable: (name: string) => boolean): AffineSplit | undefined {
  switch (expr.kind) {
    case "const":
      return { base: expr, terms: [] };
    case "var":
      if (!isLoopVariable(expr.name)) return { base: expr, terms: [] };
      return { base: ZERO, terms: [{ variable: expr.name, coefficient: ONE }] };
    case "add":
      return splitSum(expr.terms, isLoopVariable);
    case "mul": {
      const of = splitAffine(expr.of, isLoopVariable);
      if (!of || (typeof expr.factor === "string" && isLoopVariable(expr.factor))) return undefined;
      const { factor } = expr;
      return {
        base: scale(factor, of.base),
        terms: of.terms.map((term) => ({ ...term, coefficient: scale(factor, term.coefficient) })),
      };
    }
    case "floordiv":
    case "mod":
      return readsLoop(expr.of, isLoopVariable) ? undefined : { base: expr, terms: [] };
    case "min":
    case "max":
      return expr.args.some((arg) => readsLoop(arg, isLoopVariable)) ? undefined : { base: expr, terms: [] };
    default:
      return expr satisfies never;
  }
}

function splitSum(parts: readonly Expr[], isLoopVariable: (name: string) => boolean): AffineSplit | undefined {
  const bases: Expr[] = [];
  const terms: AffineTerm[] = [];
  for (const part of parts) {
    const split = splitAffine(part, isLoopVariable);
    if (!split) return undefined;
    if (split.base.kind !== "const" || split.base.value !== 0) bases.push(split.base);
    terms.push(...split.terms);
  }
  const [only, second] = bases;
  return { base: second ? { kind: "add", terms: bases } : (only ?? ZERO), terms };
}

function scale(factor: number | string, of: Expr): Expr {
  if (of.kind === "const" && of.value === 0) return ZERO;
  if (typeof factor === "number" && of.kind === "const") return { kind: "const", value: factor * of.value };
  return { kind: "mul", factor, of };
}

function readsLoop(expr: Expr, isLoopVariable: (name: string) => boolean): boolean {
  const split = splitAffine(expr, isLoopVariable);
  return !split || split.terms.length > 0;
}
