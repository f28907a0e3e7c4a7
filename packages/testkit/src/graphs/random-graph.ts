/**
 * Seeded random graphs of the float ops that the mesh runs: products with constants and with activations, norms, softmax, elementwise ops with
 * broadcast constants and operands, reductions, transposes and reshapes; odd and prime extents, 1, ranks 1 to 4. Operators are of the newest
 * opset the compiler takes. Magnitudes stay small, so that a float32 tolerance is fair.
 */
import { Rng } from "@waferc/base";
import { attr, attrsOf, GraphBuilder, sourceOf, type Graph, type ValueId } from "@waferc/ir/graph";
import { tensorOf, type Tensor } from "@waferc/numerics";

export interface RandomGraph {
  readonly graph: Graph;
  readonly inputs: ReadonlyMap<string, Tensor>;
  /** Operator kinds, in order. */
  readonly kinds: readonly string[];
}

const EXTENTS = [1, 1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 16, 17];
const MAX_ELEMENTS = 1024;
const OPSET = 20;

interface Node {
  readonly value: ValueId;
  readonly shape: readonly number[];
}

type Step = (state: State, x: Node) => Node | undefined;

class State {
  readonly builder: GraphBuilder;
  readonly rng: Rng;
  readonly inputs = new Map<string, Tensor>();
  readonly kinds: string[] = [];
  readonly nodes: Node[] = [];

  constructor(name: string, rng: Rng) {
    this.rng = rng;
    this.builder = new GraphBuilder(name, [["", OPSET]]);
  }

  shape(rank = this.rng.between(1, 4)): number[] {
    const shape = Array.from({ length: rank }, () => this.rng.pick(EXTENTS));
    while (product(shape) > MAX_ELEMENTS) shape[this.rng.below(rank)] = 1;
    return shape;
  }

  input(shape: readonly number[]): Node {
    const name = `x${this.inputs.size}`;
    this.inputs.set(name, this.data(shape));
    return { value: this.builder.addInput(name, { dtype: "f32", shape }), shape };
  }

  constant(shape: readonly number[], scale = 1): ValueId {
    return this.builder.addConstant("", sourceOf(this.data(shape, scale)));
  }

  integers(values: readonly number[]): ValueId {
    return this.builder.addConstant("", sourceOf(tensorOf("i64", [values.length], values.map(BigInt))));
  }

  data(shape: readonly number[], scale = 1): Tensor {
    const values = Array.from({ length: product(shape) }, () => Math.fround(scale * this.rng.normal()));
    return tensorOf("f32", [...shape], values);
  }

  op(kind: string, version: number, operands: readonly ValueId[], shape: readonly number[], attrs = attrsOf({})): Node {
    const loc = [`/${kind}_${this.kinds.length}`];
    const value = this.builder.emit({ kind, version, operands, attrs, loc }, { dtype: "f32", shape });
    this.kinds.push(kind);
    return { value, shape };
  }
}

export function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

const unaryKinds = [
  ["Neg", 13],
  ["Abs", 13],
  ["Tanh", 13],
  ["Sigmoid", 13],
  ["Erf", 13],
  ["Relu", 14],
  ["Exp", 13],
] as const;

const unary: Step = (state, x) => {
  const [kind, version] = state.rng.pick(unaryKinds);
  const bounded = kind === "Exp" ? state.op("Tanh", 13, [x.value], x.shape) : x;
  return state.op(kind, version, [bounded.value], x.shape);
};

/** A constant that broadcasts to the operand: scalar, last dimension, full, or with random ones. */
const withConstant: Step = (state, x) => {
  const forms = [[], x.shape.slice(-1), [...x.shape], x.shape.map((dim) => (state.rng.chance(0.5) ? 1 : dim))];
  const shape = state.rng.pick(forms);
  const kind = state.rng.pick(["Add", "Sub", "Mul", "Min", "Max"]);
  const operands = [x.value, state.constant(shape)];
  return state.op(
    kind,
    kind === "Min" || kind === "Max" ? 13 : 14,
    state.rng.chance(0.3) ? operands.reverse() : operands,
    x.shape,
  );
};

/** Another activation of the same shape, or one that broadcasts. */
const withActivation: Step = (state, x) => {
  const same = state.nodes.filter((node) => node.shape.join() === x.shape.join());
  const shape = x.shape.map((dim) => (state.rng.chance(0.3) ? 1 : dim));
  const other = state.rng.chance(0.6) ? state.rng.pick(same) : state.input(shape);
  return state.op(state.rng.pick(["Add", "Sub", "Mul"]), 14, [x.value, other.value], x.shape);
};

const matmulWeight: Step = (state, x) => {
  if (x.shape.length < 2) return undefined;
  const k = x.shape.at(-1) ?? 1;
  const n = state.rng.pick(EXTENTS);
  const shape = [...x.shape.slice(0, -1), n];
  if (product(shape) > MAX_ELEMENTS) return undefined;
  return state.op("MatMul", 13, [x.value, state.constant([k, n], 1 / Math.sqrt(k))], shape);
};

const matmulActivation: Step = (state, x) => {
  if (x.shape.length < 2) return undefined;
  const [k, n] = [x.shape.at(-1) ?? 1, state.rng.pick(EXTENTS)];
  const batch = x.shape.slice(0, -2);
  const shape = [...x.shape.slice(0, -1), n];
  if (product(shape) > MAX_ELEMENTS || product([...batch, k, n]) > MAX_ELEMENTS) return undefined;
  const other = state.input([...batch, k, n]);
  return state.op("MatMul", 13, [x.value, other.value], shape);
};

const softmax: Step = (state, x) => {
  const axis = state.rng.chance(0.7) ? -1 : state.rng.below(x.shape.length);
  return state.op("Softmax", 13, [x.value], x.shape, attrsOf({ axis: attr.int(axis) }));
};

const norm: Step = (state, x) => {
  const scale = state.constant(x.shape.slice(-1));
  const attrs = attrsOf({ axis: attr.int(-1), epsilon: attr.float(1e-3) });
  if (state.rng.chance(0.5)) return state.op("RMSNormalization", 23, [x.value, scale], x.shape, attrs);
  return state.op("LayerNormalization", 17, [x.value, scale, state.constant(x.shape.slice(-1))], x.shape, attrs);
};

const reduce: Step = (state, x) => {
  const axis = state.rng.below(x.shape.length);
  const kind = state.rng.pick(["ReduceMean", "ReduceSum", "ReduceMax"]);
  const keepdims = state.rng.chance(0.5) || x.shape.length === 1;
  const shape = keepdims ? x.shape.map((dim, d) => (d === axis ? 1 : dim)) : x.shape.filter((_, d) => d !== axis);
  const attrs = attrsOf({ keepdims: attr.int(keepdims ? 1 : 0) });
  const version = kind === "ReduceSum" ? 13 : 18;
  return state.op(kind, version, [x.value, state.integers([axis])], shape, attrs);
};

const transpose: Step = (state, x) => {
  const perm = state.rng.shuffle(x.shape.map((_, d) => d));
  const shape = perm.map((d) => x.shape[d] ?? 1);
  return state.op("Transpose", 13, [x.value], shape, attrsOf({ perm: attr.ints(perm) }));
};

const reshape: Step = (state, x) => {
  const shape = state.rng.shuffle([...x.shape, ...(x.shape.length < 4 ? [1] : [])]);
  return state.op("Reshape", 19, [x.value, state.integers(shape)], shape);
};

const STEPS: readonly Step[] = [
  unary,
  withConstant,
  withActivation,
  matmulWeight,
  matmulWeight,
  matmulActivation,
  softmax,
  norm,
  reduce,
  transpose,
  reshape,
];

/** The graph of a seed: 1 to 6 ops in a chain with side inputs; its last value is the output. */
export function randomGraph(seed: number | string): RandomGraph {
  const state = new State(`random_${seed}`, new Rng(seed).fork("graph"));
  let x = state.input(state.shape());
  state.nodes.push(x);
  const ops = state.rng.between(1, 6);
  while (state.kinds.length < ops) {
    const next = state.rng.pick(STEPS)(state, x);
    if (next === undefined) continue;
    x = next;
    state.nodes.push(x);
  }
  state.builder.addOutput("y", x.value);
  return { graph: state.builder.freeze(), inputs: state.inputs, kinds: state.kinds };
}
