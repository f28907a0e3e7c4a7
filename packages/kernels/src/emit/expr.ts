/**
 * Arithmetic on quasi-affine expressions, as kernel templates write it: plain numbers mix with expressions, constants fold, and conditions are 0/1
 * masks (docs/program.md section 3 has no branch: a count of 0 is the only conditional).
 */
import { expr as build, type Expr } from "@waferc/ir/program";

export type Int = number | Expr;

export function expr(value: Int): Expr {
  return typeof value === "number" ? build.constant(value) : value;
}

export function sum(...terms: readonly Int[]): Expr {
  return build.add(...terms.map(expr));
}

export function times(factor: number, of: Int): Expr {
  return build.mul(factor, expr(of));
}

export function minus(a: Int, b: Int): Expr {
  return sum(a, times(-1, b));
}

export function quotient(a: Int, by: number): Expr {
  return build.floorDiv(expr(a), by);
}

export function remainder(a: Int, by: number): Expr {
  return build.mod(expr(a), by);
}

/** ceil(a / by). */
export function ceilQuotient(a: Int, by: number): Expr {
  return build.floorDiv(sum(a, by - 1), by);
}

export function least(...args: readonly Int[]): Expr {
  return build.min(...args.map(expr));
}

export function greatest(...args: readonly Int[]): Expr {
  return build.max(...args.map(expr));
}

export function clamp(a: Int, low: Int, high: Int): Expr {
  return greatest(low, least(a, high));
}

/** 1 if a >= b, else 0. */
export function atLeast(a: Int, b: Int): Expr {
  return clamp(sum(minus(a, b), 1), 0, 1);
}

/** 1 if a < b, else 0. */
export function below(a: Int, b: Int): Expr {
  return clamp(minus(b, a), 0, 1);
}

/** 1 if a == b, else 0. */
export function equal(a: Int, b: Int): Expr {
  const difference = minus(a, b);
  return clamp(minus(1, greatest(difference, times(-1, difference))), 0, 1);
}

/** `count` (at most `bound`) where every 0/1 mask is 1, else 0. */
export function masked(count: Int, bound: number, ...masks: readonly Int[]): Expr {
  if (masks.length === 0) return expr(count);
  const on = masks.length === 1 ? (masks[0] ?? 1) : least(...masks);
  if (typeof count === "number") return times(count, on);
  const folded = expr(count);
  if (folded.kind === "const") return times(folded.value, on);
  return least(folded, times(bound, on));
}

export function isZero(a: Int): boolean {
  return typeof a === "number" ? a <= 0 : a.kind === "const" && a.value <= 0;
}
