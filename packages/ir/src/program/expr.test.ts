import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as build from "./build-expr.ts";
import { evaluateExpr, exprRange, variablesOf } from "./expr.ts";
import type { Expr } from "./program.ts";

const NAMES = ["x", "y", "p", "i"];
const RANGES = new Map(NAMES.map((name) => [name, { min: -4, max: 5 }]));

const arbitraryEnv = fc
  .tuple(...NAMES.map(() => fc.integer({ min: -4, max: 5 })))
  .map((values) => new Map(NAMES.map((name, i) => [name, values[i] as number])));

const small = fc.integer({ min: -6, max: 6 });
const divisor = fc.integer({ min: 1, max: 7 });

const plain: fc.Arbitrary<Expr> = fc.letrec<{ expr: Expr }>((tie) => ({
  expr: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    small.map((value): Expr => ({ kind: "const", value })),
    fc.constantFrom(...NAMES).map((name): Expr => ({ kind: "var", name })),
    fc.array(tie("expr"), { minLength: 2, maxLength: 3 }).map((terms): Expr => ({ kind: "add", terms })),
    fc.tuple(fc.oneof(small, fc.constant("p")), tie("expr")).map(([factor, of]): Expr => ({ kind: "mul", factor, of })),
    fc.tuple(tie("expr"), divisor).map(([of, by]): Expr => ({ kind: "floordiv", of, by })),
    fc.tuple(tie("expr"), divisor).map(([of, by]): Expr => ({ kind: "mod", of, by })),
    fc.array(tie("expr"), { minLength: 1, maxLength: 3 }).map((args): Expr => ({ kind: "min", args })),
    fc.array(tie("expr"), { minLength: 1, maxLength: 3 }).map((args): Expr => ({ kind: "max", args })),
  ),
})).expr;

/** An empty substitution rebuilds every node with the simplifying builders. */
const rebuilt = (expr: Expr): Expr => build.substitute(expr, new Map());

function isInRange(expr: Expr, env: ReadonlyMap<string, number>): boolean {
  try {
    evaluateExpr(expr, env);
    return true;
  } catch {
    return false;
  }
}

describe("expression builders", () => {
  test("keep the value of what they simplify", () => {
    fc.assert(
      fc.property(plain, arbitraryEnv, (expr, env) => {
        fc.pre(isInRange(expr, env));
        expect(evaluateExpr(rebuilt(expr), env)).toBe(evaluateExpr(expr, env));
        expect(evaluateExpr(build.simplify(expr, RANGES), env)).toBe(evaluateExpr(expr, env));
      }),
      { seed: 1, numRuns: 3000 },
    );
  });

  test("are idempotent", () => {
    fc.assert(
      fc.property(plain, (expr) => {
        const once = rebuilt(expr);
        expect(rebuilt(once)).toEqual(once);
      }),
      { seed: 2, numRuns: 1000 },
    );
  });

  test("fold, collect and divide", () => {
    const { add, mul, sub, floorDiv, mod, min, variable } = build;
    expect(add(build.x, 2, sub(3, build.x))).toEqual(build.constant(5));
    expect(floorDiv(add(mul(8, build.x), 5), 4)).toEqual(add(mul(2, build.x), 1));
    expect(mod(add(mul(8, build.x), 7), 4)).toEqual(build.constant(3));
    expect(min(variable("p"), 4, min(3, variable("p")))).toEqual({
      kind: "min",
      args: [variable("p"), build.constant(3)],
    });
    expect(build.simplify(min(build.x, 9), RANGES)).toEqual(build.x);
    expect(build.ceilDiv(build.constant(7), 3)).toEqual(build.constant(3));
  });

  test("refuse what has no meaning", () => {
    expect(() => build.floorDiv(build.x, 0)).toThrow(RangeError);
    expect(() => build.constant(0.5)).toThrow(RangeError);
  });
});

describe("evaluateExpr", () => {
  const at = (expr: Expr, value: number): number => evaluateExpr(expr, new Map([["x", value]]));

  test("rounds division toward minus infinity", () => {
    expect(at({ kind: "floordiv", of: build.x, by: 4 }, -1)).toBe(-1);
    expect(at({ kind: "mod", of: build.x, by: 4 }, -1)).toBe(3);
    expect(Object.is(at({ kind: "mul", factor: -1, of: build.x }, 0), 0)).toBe(true);
  });

  test("refuses results outside 32 bits, in the middle too", () => {
    const big = build.mul(2 ** 30, build.x);
    expect(at(big, 1)).toBe(2 ** 30);
    expect(() => at(big, 2)).toThrow(RangeError);
    expect(() => at({ kind: "mod", of: big, by: 7 }, 2)).toThrow(RangeError);
    expect(() => at(build.y, 0)).toThrow('variable "y" has no value');
  });
});

describe("exprRange", () => {
  test("holds every value", () => {
    fc.assert(
      fc.property(plain, arbitraryEnv, (expr, env) => {
        fc.pre(isInRange(expr, env));
        const range = exprRange(expr, RANGES);
        const value = evaluateExpr(expr, env);
        expect(value).toBeGreaterThanOrEqual(range.min);
        expect(value).toBeLessThanOrEqual(range.max);
      }),
      { seed: 3, numRuns: 3000 },
    );
  });
});

describe("variablesOf", () => {
  test("lists factors too", () => {
    expect([...variablesOf(build.mul("p", build.add(build.x, build.y)))]).toEqual(["p", "x", "y"]);
  });
});
