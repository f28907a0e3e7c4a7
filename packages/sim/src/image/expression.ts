// Quasi-affine integer expressions (docs/program.md section 3) compiled to closures over a core's frame. A frame is a run of
// words in one Int32Array: x, y, the parameters, then two words for each loop (variable, limit). Step scalars are known when an
// image is loaded and fold to constants. The result of every operator must lie in [-2^31, 2^31): SIM-004.
import type { Expr } from "@waferc/ir/program";
import { Violation } from "../fault.ts";

/** Value of an expression on the core whose frame starts at `base`. Throws `Violation` SIM-004. */
export type Evaluate = (frames: Int32Array, base: number) => number;

export interface CompiledExpr {
  readonly evaluate: Evaluate;
  /** The value, if it is the same on every core and in every iteration. */
  readonly constant: number | undefined;
}

export interface Scope {
  /** Offset in the frame of x, y, parameters and loop variables. */
  readonly slots: ReadonlyMap<string, number>;
  readonly steps: ReadonlyMap<string, number>;
}

/** Frame offsets of the core's coordinates. */
export const X_SLOT = 0;
export const Y_SLOT = 1;
export const FIRST_PARAM_SLOT = 2;

export function constantExpr(value: number): CompiledExpr {
  const word = checkRange(value);
  return { constant: word, evaluate: () => word };
}

function checkRange(value: number): number {
  const word = value | 0;
  if (word !== value) throw new Violation("SIM-004", `Cannot hold ${value} in an integer: the range is [-2^31, 2^31)`);
  return word;
}

export function compileExpr(expr: Expr, scope: Scope): CompiledExpr {
  switch (expr.kind) {
    case "const":
      return constantExpr(expr.value);
    case "var":
      return compileVariable(expr.name, scope);
    case "add":
      return compileSum(expr.terms.map((term) => compileExpr(term, scope)));
    case "mul":
      return compileProduct(
        typeof expr.factor === "number" ? constantExpr(expr.factor) : compileVariable(expr.factor, scope),
        compileExpr(expr.of, scope),
      );
    case "floordiv": {
      const { by } = expr;
      return mapPart(compileExpr(expr.of, scope), (value) => Math.floor(value / by));
    }
    case "mod": {
      const { by } = expr;
      return mapPart(compileExpr(expr.of, scope), (value) => value - by * Math.floor(value / by));
    }
    case "min":
      return compileExtreme(expr.args, scope, Math.min);
    case "max":
      return compileExtreme(expr.args, scope, Math.max);
    default:
      return expr satisfies never;
  }
}

function compileVariable(name: string, scope: Scope): CompiledExpr {
  const slot = scope.slots.get(name);
  if (slot !== undefined) return { constant: undefined, evaluate: (frames, base) => frames[base + slot]! };
  const step = scope.steps.get(name);
  if (step !== undefined) return constantExpr(step);
  throw new Violation("SIM-001", `Cannot find the variable "${name}" of an expression`);
}

function mapPart(part: CompiledExpr, map: (value: number) => number): CompiledExpr {
  if (part.constant !== undefined) return constantExpr(map(part.constant));
  const { evaluate } = part;
  return { constant: undefined, evaluate: (frames, base) => map(evaluate(frames, base)) };
}

function compileSum(terms: readonly CompiledExpr[]): CompiledExpr {
  let constant = 0;
  const varying: Evaluate[] = [];
  for (const term of terms) {
    if (term.constant !== undefined) constant += term.constant;
    else varying.push(term.evaluate);
  }
  const [first, second] = varying;
  if (!first) return constantExpr(constant);
  if (!second) return { constant: undefined, evaluate: (frames, base) => checkRange(constant + first(frames, base)) };
  if (varying.length === 2) {
    return {
      constant: undefined,
      evaluate: (frames, base) => checkRange(constant + first(frames, base) + second(frames, base)),
    };
  }
  const sum: Evaluate = (frames, base) => {
    let total = constant;
    for (const term of varying) total += term(frames, base);
    return checkRange(total);
  };
  return { constant: undefined, evaluate: sum };
}

function compileProduct(factor: CompiledExpr, of: CompiledExpr): CompiledExpr {
  if (factor.constant !== undefined) {
    const by = factor.constant;
    return mapPart(of, (value) => checkRange(by * value));
  }
  const { evaluate: left } = factor;
  const { evaluate: right } = of;
  return { constant: undefined, evaluate: (frames, base) => checkRange(left(frames, base) * right(frames, base)) };
}

function compileExtreme(args: readonly Expr[], scope: Scope, pick: (a: number, b: number) => number): CompiledExpr {
  const parts = args.map((arg) => compileExpr(arg, scope));
  const [first, ...rest] = parts;
  if (!first) throw new Violation("SIM-001", "Cannot evaluate a min or max without arguments");
  return rest.reduce((left, right) => {
    if (left.constant !== undefined && right.constant !== undefined) {
      return constantExpr(pick(left.constant, right.constant));
    }
    const { evaluate: a } = left;
    const { evaluate: b } = right;
    return { constant: undefined, evaluate: (frames, base) => pick(a(frames, base), b(frames, base)) };
  }, first);
}
