// A random graph while it grows: values with static shapes, inputs and constants with small random data, ops whose result shapes are inferred.
import { invariant, type Rng } from "@waferc/base";
import { attrsOf, GraphBuilder, sourceOf } from "@waferc/ir/graph";
import type { Attrs, ValueId } from "@waferc/ir/graph";
import { tensorOf, type Tensor } from "@waferc/numerics";
import { findOp, inferOp } from "@waferc/ops";

const EXTENTS = [1, 1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 16, 17, 23, 31];
/** Of any value. */
const MAX_ELEMENTS = 1024;
/** The newest that the compiler takes; ops that came later are used at their first version. */
const OPSET = 20;
const NEWEST = 23;

export interface Node {
  readonly value: ValueId;
  readonly shape: readonly number[];
}

export function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

export class GraphState {
  readonly builder: GraphBuilder;
  readonly rng: Rng;
  readonly inputs = new Map<string, Tensor>();
  readonly kinds: string[] = [];
  readonly nodes: Node[] = [];

  constructor(name: string, rng: Rng) {
    this.rng = rng;
    this.builder = new GraphBuilder(name, [["", OPSET]]);
  }

  extent(): number {
    return this.rng.pick(EXTENTS);
  }

  shape(rank = this.rng.between(1, 4)): number[] {
    const shape = Array.from({ length: rank }, () => this.extent());
    while (!this.isSmall(shape)) shape[this.rng.below(rank)] = 1;
    return shape;
  }

  isSmall(shape: readonly number[]): boolean {
    return product(shape) <= MAX_ELEMENTS;
  }

  input(shape: readonly number[]): Node {
    const name = `x${this.inputs.size}`;
    this.inputs.set(name, this.#data(shape, 1));
    return this.#keep({ value: this.builder.addInput(name, { dtype: "f32", shape }), shape });
  }

  /** Truth values, from the host or constant; no step goes on from them. */
  flags(shape: readonly number[]): Node {
    const values = Array.from({ length: product(shape) }, () => this.rng.chance(0.5));
    return this.#side(tensorOf("bool", [...shape], values));
  }

  /** Indices into a dimension from the host, some counted from its end. */
  indices(count: number, length: number): Node {
    const values = Array.from({ length: count }, () => BigInt(this.rng.between(-length, length - 1)));
    return this.#side(tensorOf("i64", [count], values));
  }

  #side(tensor: Tensor): Node {
    const { dtype, shape } = tensor;
    if (dtype === "bool" && this.rng.chance(0.5))
      return { value: this.builder.addConstant("", sourceOf(tensor)), shape };
    const name = `s${this.inputs.size}`;
    this.inputs.set(name, tensor);
    return { value: this.builder.addInput(name, { dtype, shape: [...shape] }), shape };
  }

  constant(shape: readonly number[], scale = 1): Node {
    return { value: this.builder.addConstant("", sourceOf(this.#data(shape, scale))), shape };
  }

  scalar(value: number): Node {
    return { value: this.builder.addConstant("", sourceOf(tensorOf("f32", [], [value]))), shape: [] };
  }

  integers(values: readonly number[]): Node {
    const tensor = tensorOf("i64", [values.length], values.map(BigInt));
    return { value: this.builder.addConstant("", sourceOf(tensor)), shape: [values.length] };
  }

  /** The first result of an op. */
  op(kind: string, operands: readonly Node[], attrs: Attrs = attrsOf({})): Node {
    return this.ops(kind, operands, attrs, 1)[0] as Node;
  }

  ops(kind: string, operands: readonly Node[], attrs: Attrs, results: number): Node[] {
    const version = (findOp("", kind, OPSET) ?? findOp("", kind, NEWEST))?.version;
    invariant(version !== undefined, `${kind} is a known op`);
    const loc = [`/${kind}_${this.kinds.length}`];
    const added = this.builder.addOp({
      kind,
      version,
      operands: operands.map(({ value }) => value),
      results: Array.from({ length: results }, () => ({ dtype: "f32" as const })),
      attrs,
      loc,
    });
    const types = operands.map(({ value }) => this.builder.value(value));
    const constants = operands.map(({ value }) => this.builder.constant(value)?.read());
    const inferred = inferOp(added, types, constants);
    this.kinds.push(kind);
    return added.results.flatMap((value, index) => {
      const type = inferred[index];
      if (value === undefined || type === undefined) return [];
      this.builder.setType(value, type);
      return [this.#keep({ value, shape: (type.shape ?? []).map(Number) })];
    });
  }

  #keep(node: Node): Node {
    this.nodes.push(node);
    return node;
  }

  #data(shape: readonly number[], scale: number): Tensor {
    const values = Array.from({ length: product(shape) }, () => Math.fround(scale * this.rng.normal()));
    return tensorOf("f32", [...shape], values);
  }
}
