// What an expansion rule works with: one op to be expressed by others, its operands and attributes, and the means to emit what
// stands for it. A rule that cannot express its op gives up by `CannotExpand`, and the op stays as it is.
import {
  attr,
  attrsOf,
  floatAttr,
  intAttr,
  intsAttr,
  stringAttr,
  type Attr,
  type Op,
  type ValueId,
} from "@waferc/ir/graph";
import {
  fullTensor,
  isInteger,
  tensorOf,
  toFloat64,
  type DType,
  type ElementValue,
  type Tensor,
} from "@waferc/numerics";
import { onnxOfDType } from "@waferc/ops";
import type { Rewriter } from "../rewriter.ts";

/** Says what of the op cannot be expressed, as the end of "cannot express ..". */
export class CannotExpand extends Error {
  override readonly name = "CannotExpand";
}

/** Values for the results of an op, in order. Holes are results that the rule does not make: the op stays if one of them is used. */
export type Expanded = readonly (ValueId | undefined)[];

/** @throws CannotExpand */
export type Expansion = (op: Expander) => Expanded;

export class Expander {
  readonly rewriter: Rewriter;
  readonly op: Op;

  constructor(rewriter: Rewriter, op: Op) {
    this.rewriter = rewriter;
    this.op = op;
  }

  // The op

  operand(index: number): ValueId {
    const id = this.op.operands[index];
    if (id === undefined) throw new CannotExpand(`it without operand ${index}`);
    return id;
  }

  optional(index: number): ValueId | undefined {
    return this.op.operands[index];
  }

  isUsed(result: number): boolean {
    const id = this.op.results[result];
    return id !== undefined && this.rewriter.graph.hasUses(id);
  }

  int(name: string, byDefault: number): number {
    return intAttr(this.op, name, byDefault);
  }

  flag(name: string, byDefault = false): boolean {
    return this.int(name, byDefault ? 1 : 0) !== 0;
  }

  ints(name: string): readonly number[] | undefined {
    return intsAttr(this.op, name);
  }

  float(name: string, byDefault: number): number {
    return floatAttr(this.op, name, byDefault);
  }

  string(name: string, byDefault: string): string {
    return stringAttr(this.op, name, byDefault);
  }

  /** Gives up unless the condition holds. */
  require(condition: boolean, what: string): asserts condition {
    if (!condition) throw new CannotExpand(what);
  }

  // Values

  shape(id: ValueId): readonly number[] {
    const shape = this.rewriter.shapeOf(id);
    if (shape === undefined) throw new CannotExpand("an operand of unknown shape");
    return shape;
  }

  /** The last length of a value. */
  width(id: ValueId): number {
    return this.shape(id).at(-1) ?? 1;
  }

  dtype(id: ValueId): DType {
    const dtype = this.rewriter.dtypeOf(id);
    if (dtype === undefined) throw new CannotExpand("an operand of unknown type");
    return dtype;
  }

  /** The numbers of a constant, if it is one. */
  numbers(id: ValueId | undefined): readonly number[] | undefined {
    const source = this.rewriter.graph.constant(id);
    return source === undefined || source.dtype === "string" ? undefined : [...toFloat64(source.read())];
  }

  // Emitting

  emit(kind: string, operands: readonly (ValueId | undefined)[], attrs: Readonly<Record<string, Attr>> = {}): ValueId {
    return this.rewriter.emit(kind, operands, { attrs: attrsOf(attrs), covers: [this.op] });
  }

  emitAll(
    kind: string,
    operands: readonly (ValueId | undefined)[],
    count: number,
    attrs: Readonly<Record<string, Attr>> = {},
  ): readonly ValueId[] {
    return this.rewriter.emitAll(kind, operands, count, { attrs: attrsOf(attrs), covers: [this.op] });
  }

  constant(tensor: Tensor): ValueId {
    return this.rewriter.constant("constant", tensor);
  }

  scalar(dtype: DType, value: ElementValue): ValueId {
    this.require(
      !isInteger(dtype) || typeof value !== "number" || Number.isInteger(value),
      "a fraction among integers",
    );
    return this.constant(fullTensor(dtype, [], value));
  }

  list(values: readonly number[]): ValueId {
    return this.constant(tensorOf("i64", [values.length], values));
  }

  reshape(id: ValueId, shape: readonly number[]): ValueId {
    const before = this.shape(id);
    const isSame = before.length === shape.length && before.every((length, axis) => length === shape[axis]);
    return isSame ? id : this.emit("Reshape", [id, this.list(shape)]);
  }

  transpose(id: ValueId, perm: readonly number[]): ValueId {
    return perm.every((axis, i) => axis === i) ? id : this.emit("Transpose", [id], { perm: attr.ints(perm) });
  }

  cast(id: ValueId, dtype: DType): ValueId {
    return this.dtype(id) === dtype ? id : this.emit("Cast", [id], { to: attr.int(onnxOfDType(dtype)) });
  }

  /** x + y, or x alone. */
  plus(x: ValueId, y: ValueId | undefined): ValueId {
    return y === undefined ? x : this.emit("Add", [x, y]);
  }

  /** x times a number. */
  times(x: ValueId, factor: number): ValueId {
    return factor === 1 ? x : this.emit("Mul", [x, this.scalar(this.dtype(x), factor)]);
  }

  /** Elements from `start` up to `end` along one axis. */
  slice(x: ValueId, axis: number, start: number, end: number): ValueId {
    if (start === 0 && end === this.shape(x).at(axis)) return x;
    return this.emit("Slice", [x, this.list([start]), this.list([end]), this.list([axis])]);
  }

  /** Parts of these lengths along the last axis. */
  split(x: ValueId, lengths: readonly number[]): readonly ValueId[] {
    return this.emitAll("Split", [x, this.list(lengths)], lengths.length, { axis: attr.int(-1) });
  }

  concat(parts: readonly ValueId[], axis: number): ValueId {
    const [first] = parts;
    return parts.length === 1 && first !== undefined ? first : this.emit("Concat", parts, { axis: attr.int(axis) });
  }

  gather(table: ValueId, indices: ValueId, axis = 0): ValueId {
    return this.emit("Gather", [table, indices], { axis: attr.int(axis) });
  }

  /** [batch, seq, heads * headDim] as [batch, heads, seq, headDim]. */
  headsFirst(x: ValueId, heads: number): ValueId {
    const [batch = 1, seq = 1, hidden = 0] = this.shape(x);
    return this.transpose(this.reshape(x, [batch, seq, heads, hidden / heads]), [0, 2, 1, 3]);
  }

  /** [batch, heads, seq, headDim] as [batch, seq, heads * headDim]. */
  headsLast(x: ValueId): ValueId {
    const [batch = 1, heads = 1, seq = 1, headDim = 1] = this.shape(x);
    return this.reshape(this.transpose(x, [0, 2, 1, 3]), [batch, seq, heads * headDim]);
  }
}
