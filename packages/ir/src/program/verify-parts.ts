/** Rules about expressions, views and routing rules that codes, classes and routes share. Each returns what is wrong. */
import type { DiagnosticCode } from "@waferc/base";
import { CODES } from "../codes.ts";
import { isInt32 } from "./expr.ts";
import { MAX_EXPR_DEPTH } from "./limits.ts";
import type { Expr, Rule } from "./program.ts";

/** A broken rule and how, to be completed by who knows the place. */
export interface Problem {
  readonly code: DiagnosticCode;
  readonly message: string;
}

/** What an expression can read. */
export interface Scope {
  readonly variables: ReadonlySet<string>;
  /** Those of the variables that may also be factors. */
  readonly params: ReadonlySet<string>;
}

/** Whether `value` is an integer from 0 that fits 31 bits, as every index, count and address does. */
export function isIndex(value: number): boolean {
  return isInt32(value) && value >= 0;
}

/** PRG-004 and PRG-005. */
export function expressionProblem(expr: Expr, scope: Scope, depth = 0): Problem | undefined {
  if (depth > MAX_EXPR_DEPTH) return malformed(`it is nested deeper than ${MAX_EXPR_DEPTH}`);
  switch (expr.kind) {
    case "const":
      return isInt32(expr.value) ? undefined : malformed(`${expr.value} is no 32-bit integer`);
    case "var":
      return scope.variables.has(expr.name) ? undefined : unknown(`variable "${expr.name}" is not in scope`);
    case "add":
      if (expr.terms.length < 2) return malformed(`a sum has ${expr.terms.length} terms`);
      return firstProblem(expr.terms, scope, depth);
    case "mul":
      return factorProblem(expr.factor, scope) ?? expressionProblem(expr.of, scope, depth + 1);
    case "floordiv":
    case "mod":
      if (!isInt32(expr.by) || expr.by < 1) return malformed(`divisor ${expr.by} is not positive`);
      return expressionProblem(expr.of, scope, depth + 1);
    case "min":
    case "max":
      if (expr.args.length === 0) return malformed(`${expr.kind} has no arguments`);
      return firstProblem(expr.args, scope, depth);
    default:
      return expr satisfies never;
  }
}

function firstProblem(exprs: readonly Expr[], scope: Scope, depth: number): Problem | undefined {
  for (const expr of exprs) {
    const problem = expressionProblem(expr, scope, depth + 1);
    if (problem) return problem;
  }
  return undefined;
}

function factorProblem(factor: number | string, scope: Scope): Problem | undefined {
  if (typeof factor === "number") return isInt32(factor) ? undefined : malformed(`${factor} is no 32-bit integer`);
  return scope.params.has(factor) ? undefined : unknown(`factor "${factor}" is not a parameter of the code`);
}

function malformed(message: string): Problem {
  return { code: CODES["PRG-004"], message };
}

function unknown(message: string): Problem {
  return { code: CODES["PRG-005"], message };
}

/** PRG-011. */
export function ruleProblem({ from, to, transit }: Rule): string | undefined {
  if (to.length === 0) return `Cannot route from ${from} to nowhere`;
  if (to.includes(from)) return `Cannot route from ${from} back to ${from}`;
  const twice = to.find((port, i) => to.indexOf(port) !== i);
  if (twice !== undefined) return `Cannot route from ${from} to ${twice} twice`;
  if (transit && to.length === 1 && to[0] === "ramp")
    return `Cannot pass control wavelets on from ${from} to the ramp only`;
  return undefined;
}
