// Writes graphs the way some exporter might, choosing at random: constants and inputs with random data, scales as Mul or Div,
// reshapes with 0 and -1, operands of commutative ops in either order, and pairs of ops that change nothing.
import type { Rng } from "@waferc/base";
import { attr, attrsOf, GraphBuilder, sourceOf, type Attr, type ValueId } from "@waferc/ir/graph";
import { fromFloat64, scalarTensor, tensorOf, type Tensor } from "@waferc/numerics";
import { inferOp, opTable } from "@waferc/ops";

/** Opset of the graphs, and the newest version of an op that it has. */
const OPSET = 20;

export class Speller {
  readonly graph: GraphBuilder;
  readonly inputs = new Map<string, Tensor>();
  readonly rng: Rng;

  constructor(name: string, rng: Rng) {
    this.graph = new GraphBuilder(name, [["", OPSET]]);
    this.rng = rng;
  }

  input(name: string, shape: readonly number[], dtype: "f32" | "bool" = "f32"): ValueId {
    const count = shape.reduce((a, b) => a * b, 1);
    const values = Array.from({ length: count }, () => (dtype === "f32" ? this.rng.normal() : this.rng.chance(0.7)));
    return this.given(name, tensorOf(dtype, [...shape], values));
  }
  /** An input with this data. */
  given(name: string, tensor: Tensor): ValueId {
    this.inputs.set(name, tensor);
    return this.graph.addInput(name, { dtype: tensor.dtype, shape: tensor.shape });
  }
  constant(tensor: Tensor): ValueId {
    return this.graph.addConstant("c", sourceOf(tensor));
  }
  number(value: number): ValueId {
    return this.constant(scalarTensor("f32", value));
  }
  floats(shape: readonly number[], values: Iterable<number>): ValueId {
    return this.constant(fromFloat64("f32", [...shape], Float64Array.from(values)));
  }
  ints(...values: readonly number[]): ValueId {
    return this.constant(tensorOf("i64", [values.length], values.map(BigInt)));
  }

  /** Shapes are inferred at once, so that what follows can ask for them. */
  ops(
    kind: string,
    operands: readonly (ValueId | undefined)[],
    attrs: Readonly<Record<string, Attr>> = {},
    results = 1,
  ): ValueId[] {
    const versions = opTable.get(kind)?.versions ?? [];
    const version = versions.filter((one) => one <= OPSET).at(-1) ?? versions.at(-1) ?? 1;
    const list = attrsOf(attrs);
    const like = { domain: "", kind, version, attrs: list, results: new Array<undefined>(results).fill(undefined) };
    const types = inferOp(
      like,
      operands.map((id) => (id === undefined ? undefined : this.graph.value(id))),
      operands.map((id) => this.graph.constant(id)?.read()),
    );
    const loc = [`/${kind}_${this.graph.ops.length}`];
    const made = this.graph.addOp({
      kind,
      version,
      operands,
      attrs: list,
      results: types.map((type) => type ?? {}),
      loc,
    });
    return made.results.filter((id) => id !== undefined);
  }
  op(kind: string, operands: readonly (ValueId | undefined)[], attrs: Readonly<Record<string, Attr>> = {}): ValueId {
    return this.ops(kind, operands, attrs)[0] as ValueId;
  }
  shapeOf(id: ValueId): number[] {
    return (this.graph.value(id).shape ?? []).map(Number);
  }

  /** One of several ways to write something. */
  pick<T>(...ways: readonly (() => T)[]): T {
    return this.rng.pick(ways)();
  }
  swap<T>(a: T, b: T): [T, T] {
    return this.rng.chance(0.5) ? [a, b] : [b, a];
  }
  add(a: ValueId, b: ValueId): ValueId {
    return this.op("Add", this.swap(a, b));
  }
  mul(a: ValueId, b: ValueId): ValueId {
    return this.op("Mul", this.swap(a, b));
  }
  scaled(x: ValueId, factor: number): ValueId {
    if (factor === 1) return x;
    return this.rng.chance(0.5) ? this.op("Div", [x, this.number(1 / factor)]) : this.mul(x, this.number(factor));
  }
  transpose(x: ValueId, perm: readonly number[]): ValueId {
    return this.op("Transpose", [x], { perm: attr.ints([...perm]) });
  }
  /** A reshape, with a 0 or a -1 where that means the same. */
  reshape(x: ValueId, shape: readonly number[]): ValueId {
    const target = [...shape];
    const from = this.shapeOf(x);
    const same = target.findIndex((length, axis) => length === from[axis]);
    if (same >= 0 && this.rng.chance(0.2)) target[same] = 0;
    const free = target.findIndex((length) => length > 0);
    if (free >= 0 && this.rng.chance(0.2)) target[free] = -1;
    return this.op("Reshape", [x, this.ints(...target)]);
  }
  /** Ops that change nothing, sometimes. */
  idle(x: ValueId): ValueId {
    if (!this.rng.chance(0.15)) return x;
    const shape = this.shapeOf(x);
    return this.pick(
      () => this.op("Identity", [x]),
      () => this.op("Squeeze", [this.op("Unsqueeze", [x, this.ints(1)]), this.ints(1)]),
      () => this.reshape(this.reshape(x, [shape.reduce((a, b) => a * b, 1)]), shape),
      () => {
        const perm = shape.map((_, axis) => shape.length - 1 - axis);
        return this.transpose(this.transpose(x, perm), perm);
      },
    );
  }
  slice(x: ValueId, axis: number, start: number, end: number, step = 1): ValueId {
    const rank = this.shapeOf(x).length;
    const which = this.rng.chance(0.5) ? axis : axis - rank;
    const bounds = [this.ints(start), this.ints(end), this.ints(which)];
    return this.op("Slice", step === 1 && this.rng.chance(0.5) ? [x, ...bounds] : [x, ...bounds, this.ints(step)]);
  }
  concat(parts: readonly ValueId[], axis: number): ValueId {
    const rank = this.shapeOf(parts[0] as ValueId).length;
    return this.op("Concat", parts, { axis: attr.int(this.rng.chance(0.5) ? axis : axis - rank) });
  }
}
