// Writes formulas as graphs the way some exporter might, choosing at random: in which order and grouping factors stand, whether a
// square is a power or a product, a division a product with a reciprocal, a scalar of rank 0 or 1. One formula gives many
// graphs, which recognition must not tell apart.
import type { Rng } from "@waferc/base";
import { attr, attrsOf, GraphBuilder, sourceOf, type Attr, type ValueId } from "@waferc/ir/graph";
import { tensorOf, type DType, type Tensor } from "@waferc/numerics";
import { inferOp, opTable } from "@waferc/ops";

export class FormulaWriter {
  readonly graph = new GraphBuilder("formula", [["", 25]]);
  readonly inputs = new Map<string, Tensor>();
  readonly rng: Rng;

  constructor(rng: Rng) {
    this.rng = rng;
  }

  /** A graph input with normal random data; names are unique. */
  input(name: string, shape: readonly number[], dtype: DType = "f32"): ValueId {
    this.inputs.set(name, this.#random(shape, dtype));
    return this.graph.addInput(name, { dtype, shape });
  }

  /** A constant with normal random data. */
  weight(shape: readonly number[], dtype: DType = "f32"): ValueId {
    return this.graph.addConstant("weight", sourceOf(this.#random(shape, dtype)));
  }

  constant(tensor: Tensor): ValueId {
    return this.graph.addConstant("constant", sourceOf(tensor));
  }

  number(value: number, dtype: DType = "f32"): ValueId {
    return this.constant(tensorOf(dtype, this.rng.chance(0.3) ? [1] : [], [value]));
  }

  ints(...values: readonly number[]): ValueId {
    return this.constant(tensorOf("i64", [values.length], values));
  }

  /** An op of the default domain in its newest version, or in the given one. */
  op(kind: string, operands: readonly ValueId[], attrs: Record<string, Attr> = {}, version?: number): ValueId {
    const chosen = version ?? opTable.get(kind)?.versions.at(-1);
    if (chosen === undefined) throw new RangeError(`The op table must have ${kind}`);
    const spec = { kind, version: chosen, operands, attrs: attrsOf(attrs) };
    const types = operands.map((id) => this.graph.value(id));
    const constants = operands.map((id) => this.graph.constant(id)?.read());
    const [type = {}] = inferOp({ ...spec, domain: "", results: [undefined] }, types, constants);
    return this.graph.emit(spec, type);
  }

  dtypeOf(id: ValueId): DType {
    return this.graph.value(id).dtype ?? "f32";
  }

  shapeOf(id: ValueId): readonly number[] {
    return (this.graph.value(id).shape ?? []).map(Number);
  }

  /** One of several spellings. */
  either<T>(...spellings: readonly (() => T)[]): T {
    return this.rng.pick(spellings)();
  }

  /** scale times all factors, in any order and grouping; a scale other than 1 is a scalar constant or a division by one. */
  product(factors: readonly ValueId[], scale = 1): ValueId {
    const [first] = factors;
    if (first === undefined) throw new RangeError("A product must have a factor");
    const dtype = this.dtypeOf(first);
    let rest: readonly (ValueId | "scale")[] = this.rng.shuffle(scale === 1 ? factors : [...factors, "scale" as const]);
    while (rest.length > 1) {
      const at = this.rng.below(rest.length - 1);
      const [a, b] = rest.slice(at, at + 2) as [ValueId | "scale", ValueId | "scale"];
      rest = rest.toSpliced(at, 2, this.#times(a, b, scale, dtype));
    }
    return rest[0] as ValueId;
  }

  sum(a: ValueId, b: ValueId): ValueId {
    return this.op("Add", this.rng.chance(0.5) ? [a, b] : [b, a]);
  }

  square(x: ValueId): ValueId {
    return this.either(
      () => this.op("Mul", [x, x]),
      () => this.op("Pow", [x, this.number(2, this.dtypeOf(x))]),
    );
  }

  cube(x: ValueId): ValueId {
    return this.either(
      () => this.op("Pow", [x, this.number(3, this.dtypeOf(x))]),
      () => this.product([x, x, x]),
      () => this.product([x, this.square(x)]),
    );
  }

  /** x / sqrt(v) */
  overRoot(x: ValueId, v: ValueId): ValueId {
    const number = (value: number): ValueId => this.number(value, this.dtypeOf(v));
    const root = (): ValueId =>
      this.either(
        () => this.op("Sqrt", [v]),
        () => this.op("Pow", [v, number(0.5)]),
      );
    return this.either(
      () => this.op("Div", [x, root()]),
      () => this.product([x, this.op("Reciprocal", [root()])]),
      () => this.product([x, this.op("Div", [number(1), root()])]),
      () => this.product([x, this.op("Pow", [v, number(-0.5)])]),
    );
  }

  reshaped(x: ValueId, shape: readonly number[]): ValueId {
    return this.op("Reshape", [x, this.ints(...shape)]);
  }

  cast(x: ValueId, to: number): ValueId {
    return this.op("Cast", [x], { to: attr.int(to) });
  }

  #times(a: ValueId | "scale", b: ValueId | "scale", scale: number, dtype: DType): ValueId {
    if (a !== "scale" && b === "scale" && this.rng.chance(0.5)) {
      return this.op("Div", [a, this.number(1 / scale, dtype)]);
    }
    const operand = (factor: ValueId | "scale"): ValueId => (factor === "scale" ? this.number(scale, dtype) : factor);
    return this.op("Mul", [operand(a), operand(b)]);
  }

  #random(shape: readonly number[], dtype: DType): Tensor {
    const count = shape.reduce((a, b) => a * b, 1);
    return tensorOf(
      dtype,
      shape,
      Array.from({ length: count }, () => this.rng.normal()),
    );
  }
}
