// What a random graph may do next with a value: products with constants and activations, attention as exporters write it, norms, softmax,
// elementwise ops with broadcasting, reductions; transposes, reshapes, slices, splits, joins. Ops that jump (floor, compare) are left out, and
// arguments of roots, logarithms and quotients stay away from 0, so that a float32 tolerance is fair.
import { attr, attrsOf } from "@waferc/ir/graph";
import type { GraphState, Node } from "./graph-state.ts";
import { product } from "./graph-state.ts";

/** Undefined if the value is not fit for the step. */
export type Step = (state: GraphState, x: Node) => Node | undefined;

// Elementwise

const PLAIN = ["Neg", "Abs", "Tanh", "Sigmoid", "Erf", "Relu", "Sin", "Cos", "Gelu", "Softplus"];
const ON_POSITIVE = ["Sqrt", "Log", "Reciprocal"];

/** At least a half. */
const positive = (state: GraphState, x: Node): Node => state.op("Add", [state.op("Abs", [x]), state.scalar(0.5)]);
const bounded = (state: GraphState, x: Node): Node => state.op("Tanh", [x]);

const unary: Step = (state, x) => {
  const kind = state.rng.pick([...PLAIN, ...ON_POSITIVE, "Exp", "Clip", "Pow"]);
  if (kind === "Exp") return state.op(kind, [bounded(state, x)]);
  if (kind === "Clip") return state.op(kind, [x, state.scalar(-0.75), state.scalar(0.5)]);
  if (kind === "Pow") return state.op(kind, [bounded(state, x), state.scalar(state.rng.pick([2, 3]))]);
  return state.op(kind, [ON_POSITIVE.includes(kind) ? positive(state, x) : x]);
};

/** A constant that broadcasts to the operand: scalar, last dimension, full, or with random ones. */
const withConstant: Step = (state, x) => {
  const forms = [[], x.shape.slice(-1), x.shape, x.shape.map((dim) => (state.rng.chance(0.5) ? 1 : dim))];
  const operands = [x, state.constant(state.rng.pick(forms))];
  const kind = state.rng.pick(["Add", "Sub", "Mul", "Min", "Max"]);
  return state.op(kind, state.rng.chance(0.3) ? operands.reverse() : operands);
};

/** Another activation that broadcasts to the operand or is broadcast to. */
const withActivation: Step = (state, x) => {
  const kind = state.rng.pick(["Add", "Sub", "Mul", "Div", "Min", "Max"]);
  // Not itself: norms of the zeros of x - x would show nothing but rounding.
  const same = state.nodes.filter(({ value, shape }) => value !== x.value && String(shape) === String(x.shape));
  const shape = x.shape.map((dim) => (state.rng.chance(0.3) ? 1 : dim)).slice(state.rng.chance(0.2) ? 1 : 0);
  const other = same.length > 0 && state.rng.chance(0.5) ? state.rng.pick(same) : state.input(shape);
  if (kind === "Div") return state.op(kind, [x, positive(state, other)]);
  return state.op(kind, state.rng.chance(0.5) ? [x, other] : [other, x]);
};

const variadic: Step = (state, x) => {
  const others = [
    state.constant(x.shape.slice(-1)),
    state.rng.pick(state.nodes.filter((n) => String(n.shape) === String(x.shape))),
  ];
  return state.op(state.rng.pick(["Sum", "Mean", "Max"]), state.rng.shuffle([x, ...others]));
};

// Products

const matmulWeight: Step = (state, x) => {
  const k = x.shape.at(-1) ?? 1;
  const n = state.extent();
  if (!state.isSmall([...x.shape.slice(0, -1), n])) return undefined;
  const weight = state.constant(state.rng.chance(0.1) ? [k] : [k, n], 1 / Math.sqrt(k));
  const sum = state.op("MatMul", [x, weight]);
  if (sum.shape.length === 0) return state.op("Reshape", [sum, state.integers([1])]);
  return state.rng.chance(0.3) ? state.op("Add", [sum, state.constant(sum.shape.slice(-1))]) : sum;
};

/** A constant as the left operand. */
const matmulLeft: Step = (state, x) => {
  if (x.shape.length < 2) return undefined;
  const k = x.shape.at(-2) ?? 1;
  const m = state.extent();
  if (!state.isSmall([...x.shape.slice(0, -2), m, x.shape.at(-1) ?? 1])) return undefined;
  return state.op("MatMul", [state.constant([m, k], 1 / Math.sqrt(k)), x]);
};

/** An input as the right operand, with batches that may broadcast. */
const matmulActivation: Step = (state, x) => {
  if (x.shape.length < 2) return undefined;
  const [k, n] = [x.shape.at(-1) ?? 1, state.extent()];
  const batch = x.shape.slice(0, -2).map((dim) => (state.rng.chance(0.2) ? 1 : dim));
  if (!state.isSmall([...x.shape.slice(0, -1), n]) || !state.isSmall([...batch, k, n])) return undefined;
  return scaled(state, state.op("MatMul", [x, state.input([...batch, k, n])]), k);
};

/** x x^T. */
const gram: Step = (state, x) => {
  const rank = x.shape.length;
  if (rank < 2 || !state.isSmall([...x.shape.slice(0, -1), x.shape.at(-2) ?? 1])) return undefined;
  const perm = x.shape.map((_, d) => (d === rank - 1 ? rank - 2 : d === rank - 2 ? rank - 1 : d));
  const turned = state.op("Transpose", [x], attrsOf({ perm: attr.ints(perm) }));
  return scaled(state, state.op("MatMul", [x, turned]), x.shape.at(-1) ?? 1);
};

const scaled = (state: GraphState, x: Node, k: number): Node => state.op("Mul", [x, state.scalar(1 / Math.sqrt(k))]);

/** Self-attention: heads split and merged by reshapes and transposes. */
const attention: Step = (state, x) => {
  if (x.shape.length !== 3) return undefined;
  const [batch = 1, length = 1, hidden = 1] = x.shape;
  const [heads, headDim] = [state.rng.pick([1, 2, 3]), state.rng.pick([1, 3, 4, 5])];
  const isTooLarge = !state.isSmall([batch, heads, length, length]) || !state.isSmall([batch, length, heads * headDim]);
  if (isTooLarge) return undefined;
  const project = (perm: readonly number[]) => {
    const flat = state.op("MatMul", [x, state.constant([hidden, heads * headDim], 1 / Math.sqrt(hidden))]);
    const split = state.op("Reshape", [flat, state.integers([batch, length, heads, headDim])]);
    return state.op("Transpose", [split], attrsOf({ perm: attr.ints(perm) }));
  };
  const [q, k, v] = [project([0, 2, 1, 3]), project([0, 2, 3, 1]), project([0, 2, 1, 3])];
  const scores = scaled(state, state.op("MatMul", [q, k]), headDim);
  const mixed = state.op("MatMul", [state.op("Softmax", [scores], attrsOf({ axis: attr.int(-1) })), v]);
  const merged = state.op("Transpose", [mixed], attrsOf({ perm: attr.ints([0, 2, 1, 3]) }));
  return state.op("Reshape", [merged, state.integers([batch, length, heads * headDim])]);
};

// Along axes

const softmax: Step = (state, x) => {
  const axis = state.rng.chance(0.7) ? -1 : state.rng.below(x.shape.length);
  return state.op("Softmax", [x], attrsOf({ axis: attr.int(axis) }));
};

/** The epsilon is large, because norms of rows of nearly equal elements magnify rounding by its root. */
const norm: Step = (state, x) => {
  const axis = state.rng.chance(0.8) ? -1 : state.rng.below(x.shape.length);
  const rest = x.shape.slice(axis);
  const attrs = attrsOf({ axis: attr.int(axis), epsilon: attr.float(0.05) });
  if (state.rng.chance(0.5)) return state.op("RMSNormalization", [x, state.constant(rest)], attrs);
  const bias = state.rng.chance(0.7) ? [state.constant(rest)] : [];
  return state.op("LayerNormalization", [x, state.constant(rest), ...bias], attrs);
};

const REDUCTIONS = ["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceSumSquare", "ReduceL1"];

const reduce: Step = (state, x) => {
  const axes = state.rng.shuffle(x.shape.keys()).slice(0, state.rng.chance(0.7) ? 1 : 2);
  const keepdims = state.rng.chance(0.5) || axes.length >= x.shape.length;
  const operands = [x, state.integers(axes)];
  return state.op(state.rng.pick(REDUCTIONS), operands, attrsOf({ keepdims: attr.int(keepdims ? 1 : 0) }));
};

// Data movement

const transpose: Step = (state, x) =>
  state.op("Transpose", [x], attrsOf({ perm: attr.ints(state.rng.shuffle(x.shape.keys())) }));

/** Other factors of the same number of elements. */
const reshape: Step = (state, x) => {
  const factors = x.shape.flatMap((dim) => (state.rng.chance(0.5) ? factorsOf(dim) : [dim])).filter((dim) => dim > 1);
  const shape = state.rng.shuffle([...factors, 1]).slice(0, 4);
  shape[shape.length - 1] = (shape.at(-1) ?? 1) * (product(x.shape) / product(shape));
  return state.op("Reshape", [x, state.integers(shape)]);
};

function factorsOf(dim: number): number[] {
  for (let factor = 2; factor < dim; factor++) if (dim % factor === 0) return [factor, ...factorsOf(dim / factor)];
  return [dim];
}

const slice: Step = (state, x) => {
  const axis = state.rng.below(x.shape.length);
  const dim = x.shape[axis] ?? 1;
  const start = state.rng.below(dim);
  const [end, step] = [state.rng.between(start + 1, dim), state.rng.between(1, 2)];
  return state.op("Slice", [x, ...[start, end, axis, step].map((value) => state.integers([value]))]);
};

/** The halves of a dimension, joined the other way round. */
const swapHalves: Step = (state, x) => {
  const axis = state.rng.below(x.shape.length);
  const dim = x.shape[axis] ?? 1;
  if (dim < 2) return undefined;
  const first = state.rng.between(1, dim - 1);
  const attrs = attrsOf({ axis: attr.int(axis) });
  const [a, b] = state.ops("Split", [x, state.integers([first, dim - first])], attrs, 2);
  return a && b && state.op("Concat", state.rng.chance(0.5) ? [b, a] : [a, b, a], attrs);
};

const join: Step = (state, x) => {
  const axis = state.rng.below(x.shape.length);
  const other = state.input(x.shape.with(axis, state.rng.between(1, 3)));
  const isSmall = state.isSmall(x.shape.with(axis, (x.shape[axis] ?? 1) + 3));
  return isSmall ? state.op("Concat", [x, other], attrsOf({ axis: attr.int(axis) })) : undefined;
};

/** From the end to the start of an axis. */
const reverse: Step = (state, x) => {
  const axis = state.rng.below(x.shape.length);
  const dim = x.shape[axis] ?? 1;
  const bounds = [-1, -dim - 1, axis, -state.rng.between(1, 2)];
  return state.op("Slice", [x, ...bounds.map((value) => state.integers([value]))]);
};

const joinConstant: Step = (state, x) => {
  const axis = state.rng.below(x.shape.length);
  const length = state.rng.between(1, 3);
  if (!state.isSmall(x.shape.with(axis, (x.shape[axis] ?? 1) + length))) return undefined;
  const operands = [x, state.constant(x.shape.with(axis, length))];
  const attrs = attrsOf({ axis: attr.int(axis) });
  return state.op("Concat", state.rng.chance(0.5) ? operands : operands.reverse(), attrs);
};

const pad: Step = (state, x) => {
  const pads = [...x.shape, ...x.shape].map(() => (state.rng.chance(0.3) ? state.rng.between(1, 2) : 0));
  const padded = x.shape.map((dim, d) => dim + (pads[d] ?? 0) + (pads[d + x.shape.length] ?? 0));
  if (!state.isSmall(padded)) return undefined;
  return state.op("Pad", [x, state.integers(pads), state.scalar(state.rng.pick([0, 1.5]))]);
};

/** One of two values by truth values that broadcast. */
const choose: Step = (state, x) => {
  const flags = state.flags(x.shape.map((dim) => (state.rng.chance(0.4) ? 1 : dim)));
  const other = state.rng.chance(0.5) ? state.scalar(-1) : state.constant(x.shape.slice(-1));
  return state.op("Where", [flags, ...(state.rng.chance(0.5) ? [x, other] : [other, x])]);
};

/** Rows that the host chooses, of something that the mesh has computed. */
const pick: Step = (state, x) => {
  const axis = state.rng.below(x.shape.length);
  const count = state.rng.between(1, 4);
  if (!state.isSmall(x.shape.with(axis, count))) return undefined;
  const indices = state.indices(count, x.shape[axis] ?? 1);
  const picked = state.op("Gather", [bounded(state, x), indices], attrsOf({ axis: attr.int(axis) }));
  return state.op("Neg", [picked]);
};

/** A convolution along the last axis. */
const convolution: Step = (state, x) => {
  if (x.shape.length !== 3) return undefined;
  const [batch = 1, channels = 1, length = 1] = x.shape;
  const [taps, stride] = [state.rng.between(1, 3), state.rng.between(1, 2)];
  const pads = [state.rng.below(2), state.rng.below(2)];
  const filters = state.rng.pick([1, 3, 5]);
  const results = Math.floor((length + (pads[0] ?? 0) + (pads[1] ?? 0) - taps) / stride) + 1;
  if (results < 1 || !state.isSmall([batch, results, taps, channels]) || !state.isSmall([batch, filters, results]))
    return undefined;
  const weights = state.constant([filters, channels, taps], 1 / Math.sqrt(channels * taps));
  const attrs = attrsOf({ pads: attr.ints(pads), strides: attr.ints([stride]) });
  return state.op("Conv", [x, weights, ...(state.rng.chance(0.5) ? [state.constant([filters])] : [])], attrs);
};

/** Steps that compute something in f32. */
export const COMPUTING: readonly Step[] = [
  unary,
  unary,
  withConstant,
  withActivation,
  variadic,
  matmulWeight,
  matmulWeight,
  matmulLeft,
  matmulActivation,
  gram,
  attention,
  softmax,
  norm,
  reduce,
  choose,
  pick,
  convolution,
];

export const MOVING: readonly Step[] = [
  transpose,
  transpose,
  reshape,
  slice,
  swapHalves,
  join,
  joinConstant,
  reverse,
  pad,
];
