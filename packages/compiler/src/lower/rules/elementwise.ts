/**
 * Elementwise ops: unary ones, binary ones with broadcasting, and those that are short sequences of both. A constant that repeats along the
 * rows stays one row, one that is the same everywhere a scalar, any other is spread out at compile time; an activation that broadcasts is
 * spread out by a view.
 */
import { floatAttr, stringAttr, valueOf } from "@waferc/ir/graph";
import type { Op } from "@waferc/ir/graph";
import type { Operand } from "@waferc/ir/dataflow";
import { expandView, identityView } from "../affine-view.ts";
import { uniformValue } from "../constant-data.ts";
import type { LoweringContext } from "../lowering-context.ts";
import { tensorOperand } from "../lowering-context.ts";
import { noObjection } from "../lowering-rule.ts";
import type { LoweringRule } from "../lowering-rule.ts";
import { matrixOf } from "../mesh-value.ts";
import type { ConstantValue, LoweredValue, MeshValue } from "../mesh-value.ts";
import type { OpFacts } from "../op-facts.ts";

/** Small sequences of elementwise kernels on values of one shape. */
export class Elementwise {
  readonly #ctx: LoweringContext;
  readonly #name: string;
  readonly #shape: readonly number[];

  constructor(ctx: LoweringContext, name: string, shape: readonly number[]) {
    this.#ctx = ctx;
    this.#name = name;
    this.#shape = shape;
  }

  unary(fn: string, x: LoweredValue): LoweredValue {
    return this.#emit("elementwise.unary", fn, [x]);
  }

  binary(fn: string, a: LoweredValue | number, b: LoweredValue | number): LoweredValue {
    return this.#emit("elementwise.binary", fn, [a, b]);
  }

  /** 1 where the comparison holds, else 0. */
  compare(fn: string, a: LoweredValue | number, b: LoweredValue | number): LoweredValue {
    return this.#emit("elementwise.compare", fn, [a, b]);
  }

  /** `a` where the condition is not 0, else `b`. */
  select(condition: LoweredValue, a: LoweredValue | number, b: LoweredValue | number): LoweredValue {
    const spread = condition.kind === "constant" ? this.#wholeWeight(condition) : condition;
    return this.#emit("elementwise.select", undefined, [spread, a, b]);
  }

  /** A condition stays a tensor, also where it is the same everywhere: a kernel compares no two numbers. */
  #wholeWeight(value: ConstantValue): Operand {
    return this.#ctx.weightOperand(value, expandView(identityView(value.shape), this.#shape));
  }

  #emit(
    template: string,
    fn: string | undefined,
    operands: readonly (LoweredValue | Operand | number)[],
  ): LoweredValue {
    const params = fn === undefined ? {} : { fn };
    const spec = { template, operands: operands.map((value) => this.#operand(value)), params };
    return this.#ctx.whole(this.#ctx.builder.emit(spec, { name: this.#name, shape: this.#shape }));
  }

  #operand(value: LoweredValue | Operand | number): Operand {
    if (typeof value === "number") return { kind: "scalar", value };
    if (value.kind !== "mesh" && value.kind !== "constant") return value;
    return elementwiseOperand(this.#ctx, value, this.#shape);
  }
}

/** An operand of an elementwise kernel whose result has `shape`. */
export function elementwiseOperand(ctx: LoweringContext, value: LoweredValue, shape: readonly number[]): Operand {
  if (value.kind === "mesh") return tensorOperand(ctx.materialize(spread(value, shape)));
  const uniform = uniformValue(value);
  if (uniform !== undefined) return { kind: "scalar", value: uniform };
  if (value.shape.slice(0, -1).every((length) => length === 1)) return rowOperand(ctx, value, shape);
  return ctx.weightOperand(value, expandView(identityView(value.shape), shape));
}

/** A constant row that repeats along the rows of a matrix of `shape`. */
export function rowOperand(
  ctx: LoweringContext,
  value: Extract<LoweredValue, { kind: "constant" }>,
  shape: readonly number[],
): Operand {
  const [, cols] = matrixOf(shape);
  const row = [1, cols];
  const sharding = { rows: { extent: 1, block: 1, axis: "none" }, cols: ctx.builder.sharding(row).cols } as const;
  const flat = identityView([value.shape.at(-1) ?? 1]);
  return ctx.builder.weight(ctx.weight(value, expandView(flat, row)), sharding);
}

function spread(value: MeshValue, shape: readonly number[]): MeshValue {
  return { ...value, view: expandView(value.view, shape) };
}

function resultShape(facts: OpFacts): readonly number[] {
  return facts.resultShape() ?? [];
}

function sequence(make: (e: Elementwise, operands: readonly LoweredValue[], op: Op) => LoweredValue): LoweringRule {
  return {
    objection: noObjection,
    lower(ctx, facts) {
      const { op } = facts;
      const shape = resultShape(facts);
      const operands = op.operands.map((_, index) => ctx.operand(op, index));
      const [id] = op.results;
      const result = make(new Elementwise(ctx, ctx.nameOf(id), shape), operands, op);
      // A result that is an operand unchanged may still have to be spread out.
      ctx.define(id, result.kind === "mesh" ? spread(result, shape) : result);
    },
  };
}

const first = (values: readonly LoweredValue[]): LoweredValue => values[0] as LoweredValue;

function unary(fn: string): LoweringRule {
  return sequence((e, values) => e.unary(fn, first(values)));
}

function binary(fn: string): LoweringRule {
  return sequence((e, [a, b]) => e.binary(fn, a as LoweredValue, b as LoweredValue));
}

/** Ops with any number of operands, folded from the left; constants come last, because a kernel needs an activation. */
function variadic(fn: string, isMean = false): LoweringRule {
  return sequence((e, operands) => {
    const values = [
      ...operands.filter(({ kind }) => kind === "mesh"),
      ...operands.filter(({ kind }) => kind === "constant"),
    ];
    const total = values.slice(1).reduce((sum, value) => e.binary(fn, sum, value), first(values));
    return isMean ? e.binary("div", total, values.length) : total;
  });
}

const swish = sequence((e, values, op) => {
  const x = first(values);
  const alpha = floatAttr(op, "alpha", 1);
  return alpha === 1 ? e.unary("silu", x) : e.binary("mul", x, e.unary("sigmoid", e.binary("mul", x, alpha)));
});

const gelu = sequence((e, values, op) =>
  e.unary(stringAttr(op, "approximate", "none") === "tanh" ? "gelu_tanh" : "gelu", first(values)),
);

/** log(1 + exp(x)) without overflow. */
const softplus = sequence((e, values) => {
  const x = first(values);
  const decay = e.unary("exp", e.unary("neg", e.unary("abs", x)));
  return e.binary("add", e.unary("relu", x), e.unary("log", e.binary("add", decay, 1)));
});

const leakyRelu = sequence((e, values, op) => {
  const x = first(values);
  return e.binary("add", e.unary("relu", x), e.binary("mul", e.binary("min", x, 0), floatAttr(op, "alpha", 0.01)));
});

/** Above this magnitude every float32 is an integer; adding and taking away as much rounds the others to nearest even. */
const ALL_INTEGERS = 2 ** 23;

const round = sequence((e, values) => {
  const x = first(values);
  const magnitude = e.unary("abs", x);
  const rounded = e.binary("sub", e.binary("add", magnitude, ALL_INTEGERS), ALL_INTEGERS);
  const signed = e.select(e.compare("lt", x, 0), e.unary("neg", rounded), rounded);
  return e.select(e.compare("lt", magnitude, ALL_INTEGERS), signed, x);
});

const isNaN = sequence((e, values) => e.compare("ne", first(values), first(values)));

const ceil = sequence((e, values) => e.unary("neg", e.unary("floor", e.unary("neg", first(values)))));

const clip: LoweringRule = {
  objection: (facts) =>
    [1, 2].some((index) => facts.has(index) && facts.constant(index) === undefined)
      ? "has bounds that are no constants"
      : undefined,
  lower(ctx, facts) {
    const { op } = facts;
    const bounds = { max: facts.constant(1), min: facts.constant(2) };
    const e = new Elementwise(ctx, ctx.nameOf(op.results[0]), resultShape(facts));
    let value = ctx.operand(op, 0);
    for (const [fn, bound] of Object.entries(bounds)) {
      if (bound?.dtype === "f32") value = e.binary(fn, value, bound.data[0] ?? 0);
    }
    ctx.define(op.results[0], value);
  },
};

/** x to a constant power, as the products, roots and quotients that it is. */
const POWERS: ReadonlyMap<number, (e: Elementwise, x: LoweredValue) => LoweredValue> = new Map([
  [1, (_, x) => x],
  [2, (e, x) => e.binary("mul", x, x)],
  [3, (e, x) => e.binary("mul", e.binary("mul", x, x), x)],
  [
    4,
    (e, x) => {
      const square = e.binary("mul", x, x);
      return e.binary("mul", square, square);
    },
  ],
  [0.5, (e, x) => e.unary("sqrt", x)],
  [-0.5, (e, x) => e.unary("rsqrt", x)],
  [-1, (e, x) => e.unary("recip", x)],
  [-2, (e, x) => e.unary("recip", e.binary("mul", x, x))],
]);

function exponentOf(facts: OpFacts): number | undefined {
  const exponents = new Set(facts.integers(1));
  return exponents.size === 1 ? [...exponents][0] : undefined;
}

const pow: LoweringRule = {
  objection(facts) {
    const exponent = exponentOf(facts);
    if (exponent === undefined) return "has an exponent that is no constant scalar";
    return POWERS.has(exponent) ? undefined : `has the exponent ${exponent}`;
  },
  lower(ctx, facts) {
    const { op } = facts;
    const shape = resultShape(facts);
    const power = POWERS.get(exponentOf(facts) ?? 1);
    const x = spread(ctx.activation(op, 0), shape);
    ctx.define(op.results[0], power?.(new Elementwise(ctx, ctx.nameOf(op.results[0]), shape), x) ?? x);
  },
};

/** What is true is 1, what is false 0. */
const LOGIC = {
  Not: sequence((e, values) => e.binary("sub", 1, first(values))),
  And: binary("min"),
  Or: binary("max"),
  Xor: sequence((e, [a, b]) => e.compare("ne", a as LoweredValue, b as LoweredValue)),
} as const;

const COMPARISONS = { Equal: "eq", Less: "lt", LessOrEqual: "le", Greater: "gt", GreaterOrEqual: "ge" } as const;

function comparison(fn: string): LoweringRule {
  return sequence((e, [a, b]) => e.compare(fn, a as LoweredValue, b as LoweredValue));
}

const where = sequence((e, [condition, a, b]) => {
  const uniform = condition?.kind === "constant" ? uniformValue(condition) : undefined;
  const chosen = uniform === 0 ? b : a;
  if (uniform !== undefined && chosen?.kind === "mesh") return chosen;
  return e.select(condition as LoweredValue, a as LoweredValue, b as LoweredValue);
});

/** Between floats and truth values. */
const cast: LoweringRule = {
  objection: ({ op, graph }) => {
    const [id] = op.results;
    const to = id === undefined ? undefined : valueOf(graph, id).dtype;
    return to === "f32" || to === "bool" ? undefined : `converts to ${to}`;
  },
  lower(ctx, facts) {
    const { op } = facts;
    const [id] = op.results;
    const isTest = id !== undefined && valueOf(ctx.graph, id).dtype === "bool" && facts.dtype(0) !== "bool";
    const x = ctx.operand(op, 0);
    ctx.define(id, isTest ? new Elementwise(ctx, ctx.nameOf(id), resultShape(facts)).compare("ne", x, 0) : x);
  },
};

const UNARY = {
  Neg: "neg",
  Abs: "abs",
  Exp: "exp",
  Log: "log",
  Erf: "erf",
  Tanh: "tanh",
  Sin: "sin",
  Cos: "cos",
  Sqrt: "sqrt",
  Reciprocal: "recip",
  Floor: "floor",
  Sigmoid: "sigmoid",
  Relu: "relu",
} as const;

const BINARY = { Add: "add", Sub: "sub", Mul: "mul", Div: "div" } as const;

export const elementwiseRules: readonly (readonly [kind: string, rule: LoweringRule])[] = [
  ...Object.entries(UNARY).map(([kind, fn]) => [kind, unary(fn)] as const),
  ...Object.entries(BINARY).map(([kind, fn]) => [kind, binary(fn)] as const),
  ["Min", variadic("min")],
  ["Max", variadic("max")],
  ["Sum", variadic("add")],
  ["Mean", variadic("add", true)],
  ["Swish", swish],
  ["Gelu", gelu],
  ["Softplus", softplus],
  ["LeakyRelu", leakyRelu],
  ["Ceil", ceil],
  ["Round", round],
  ["IsNaN", isNaN],
  ["Clip", clip],
  ["Pow", pow],
  ["Cast", cast],
  ["Where", where],
  ...Object.entries(LOGIC),
  ...Object.entries(COMPARISONS).map(([kind, fn]) => [kind, comparison(fn)] as const),
];
