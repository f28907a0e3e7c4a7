/**
 * Choice by index as arithmetic: positions become rows of zeros with a one in them, and products with those pick elements exactly (as long as all elements are finite).
 * Gather with indices of the host (the position of a token) or with constant ones that no affine view gives, GatherElements along the last axis with
 * constant indices, ScatterElements of whole slices (a token's keys into a cache), ScatterND that overwrites everything. The host compares integers, the
 * mesh multiplies.
 */
import { attr, intAttr, stringAttr } from "@waferc/ir/graph";
import type { Op, ValueId } from "@waferc/ir/graph";
import { tensorOf, toFloat64 } from "@waferc/numerics";
import { findOp } from "@waferc/ops";
import type { MeshForm } from "./mesh-form.ts";

/** Larger tables of ones and zeros are not made. */
const MAX_TABLE = 2 ** 22;

/** Whether it stands for the op now. */
export function expandIndexing(form: MeshForm, op: Op): boolean {
  if (form.dtypeOf(op.results[0]) !== "f32" || op.operands.every((id) => form.isConstant(id))) return false;
  switch (op.kind) {
    case "Gather":
      return gather(form, op);
    case "GatherElements":
      return gatherElements(form, op);
    case "ScatterElements":
      return scatterSlices(form, op);
    case "ScatterND":
      return overwrite(form, op);
    default:
      return false;
  }
}

function gather(form: MeshForm, op: Op): boolean {
  const [data, indices] = op.operands;
  const [shape, indexShape] = [form.shapeOf(data), form.shapeOf(indices)];
  if (data === undefined || indices === undefined || shape === undefined || indexShape === undefined) return false;
  if (form.isConstant(data) || !isComputed(form, data) || !isComputedWith(form, op.results[0])) return false;
  const axis = axisOf(op, shape, 0);
  const [length = 1, count] = [shape[axis], product(indexShape)];
  if (length * count > MAX_TABLE) return false;
  form.standFor(op);
  const ones = form.emit("Cast", [hitsOf(form, indices, { count, length })], { to: attr.int(1) });
  const picked = form.emit("MatMul", [ones, rowsAlong(form, data, shape, axis)]);
  const rest = shape.toSpliced(axis, 1);
  const split = form.reshape(picked, [...indexShape, ...rest]);
  const from = indexShape.length;
  const perm = [...range(from, from + axis), ...range(0, from), ...range(from + axis, from + rest.length)];
  form.replace(op, [form.emit("Transpose", [split], { perm: attr.ints(perm) })]);
  return true;
}

interface Positions {
  readonly count: number;
  /** Of the axis that they lie on. */
  readonly length: number;
}

/** [count, length]: whether a position is that index. */
function hitsOf(form: MeshForm, indices: ValueId, { count, length }: Positions): ValueId {
  const given = form.reshape(form.emit("Cast", [indices], { to: attr.int(7) }), [count, 1]);
  const wrapped = form.emit("Add", [given, form.integers([length])]);
  const positions = form.emit("Where", [form.emit("Less", [given, form.integers([0])]), wrapped, given]);
  return form.emit("Equal", [positions, form.constant(tensorOf("i64", [1, length], range(0, length)))]);
}

/** [length of the axis, all others]. */
function rowsAlong(form: MeshForm, data: ValueId, shape: readonly number[], axis: number): ValueId {
  const perm = [axis, ...range(0, shape.length).filter((d) => d !== axis)];
  const turned = form.emit("Transpose", [data], { perm: attr.ints(perm) });
  return form.reshape(turned, [shape[axis] ?? 1, product(shape.toSpliced(axis, 1))]);
}

function gatherElements(form: MeshForm, op: Op): boolean {
  const [data, indices] = op.operands;
  const shape = form.shapeOf(data);
  const table = indices === undefined ? undefined : form.graph.constant(indices);
  if (data === undefined || shape === undefined || table === undefined || axisOf(op, shape, 0) !== shape.length - 1)
    return false;
  const width = shape.at(-1) ?? 1;
  const count = table.shape.at(-1) ?? 1;
  const leading = shape.slice(0, -1);
  if (String(leading) !== String(table.shape.slice(0, -1))) return false;
  const rows = product(leading);
  const period = periodOf(toFloat64(table.read()), rows, count);
  if (period * width * count > MAX_TABLE) return false;
  form.standFor(op);
  const ones = new Float32Array(period * width * count);
  const positions = toFloat64(table.read());
  for (let i = 0; i < period * count; i++) {
    const position = positions[i] ?? 0;
    const [row, column] = [Math.floor(i / count), i % count];
    ones[(row * width + (position < 0 ? position + width : position)) * count + column] = 1;
  }
  const picks = form.constant({ dtype: "f32", shape: [period, width, count], data: ones });
  const repeats = rows / period;
  const turned = form.emit("Transpose", [form.reshape(data, [repeats, period, width])], { perm: attr.ints([1, 0, 2]) });
  const picked = form.emit("Transpose", [form.emit("MatMul", [turned, picks])], { perm: attr.ints([1, 0, 2]) });
  form.replace(op, [form.reshape(picked, [...leading, count])]);
  return true;
}

/** The least number of rows after which a table repeats itself. */
function periodOf(table: Float64Array, rows: number, count: number): number {
  for (let period = 1; period < rows; period++) {
    if (rows % period === 0 && table.every((value, i) => value === table[i % (period * count)])) return period;
  }
  return rows;
}

/** Indices that are one list of positions along the axis, the same everywhere else. */
function scatterSlices(form: MeshForm, op: Op): boolean {
  const [data, indices, updates] = op.operands;
  const [shape, updateShape] = [form.shapeOf(data), form.shapeOf(updates)];
  if (
    data === undefined ||
    indices === undefined ||
    updates === undefined ||
    shape === undefined ||
    updateShape === undefined
  )
    return false;
  const axis = axisOf(op, shape, 0);
  const [length = 1, count = 1] = [shape[axis], updateShape[axis]];
  const isWhole = shape.every((extent, d) => d === axis || extent === updateShape[d]);
  const producer = form.graph.producer(indices);
  const [list] = producer?.kind === "Expand" ? producer.operands : [];
  const listShape = form.shapeOf(list);
  if (!isWhole || stringAttr(op, "reduction", "none") !== "none" || list === undefined || listShape === undefined)
    return false;
  const skipped = shape.length - listShape.length;
  if (listShape.some((extent, d) => extent !== 1 && d + skipped !== axis) || product(listShape) !== count) return false;
  form.standFor(op);
  const hits = form.emit("Transpose", [hitsOf(form, list, { count, length })], { perm: attr.ints([1, 0]) });
  const ones = form.emit("Cast", [hits], { to: attr.int(1) });
  const values = form.emit("MatMul", [ones, rowsAlong(form, updates, updateShape, axis)]);
  const most = form.emit("ReduceMax", [form.emit("Cast", [hits], { to: attr.int(7) }), form.integers([1])]);
  const isHit = form.emit("Greater", [most, form.integers([0])]);
  const merged = form.emit("Where", [isHit, values, rowsAlong(form, data, shape, axis)]);
  const split = form.reshape(merged, [length, ...shape.toSpliced(axis, 1)]);
  const perm = [...range(1, axis + 1), 0, ...range(axis + 1, shape.length)];
  form.replace(op, [form.emit("Transpose", [split], { perm: attr.ints(perm) })]);
  return true;
}

/** ScatterND whose constant indices are all positions in their order gives what it scatters. */
function overwrite(form: MeshForm, op: Op): boolean {
  const [data, indices, updates] = op.operands;
  const shape = form.shapeOf(data);
  const table = form.graph.constant(indices);
  if (
    shape === undefined ||
    updates === undefined ||
    table === undefined ||
    stringAttr(op, "reduction", "none") !== "none"
  )
    return false;
  const depth = table.shape.at(-1) ?? 0;
  const extents = shape.slice(0, depth);
  if (product(table.shape.slice(0, -1)) !== product(extents)) return false;
  const strides = extents.map((_, d) => product(extents.slice(d + 1)));
  const inOrder = toFloat64(table.read()).every(
    (index, i) => index === Math.floor(Math.floor(i / depth) / (strides[i % depth] ?? 1)) % (extents[i % depth] ?? 1),
  );
  if (!inOrder) return false;
  form.standFor(op);
  form.replace(op, [form.reshape(updates, shape)]);
  return true;
}

function axisOf(op: Op, shape: readonly number[], byDefault: number): number {
  const axis = intAttr(op, "axis", byDefault);
  return axis < 0 ? axis + shape.length : axis;
}

function product(lengths: readonly number[]): number {
  return lengths.reduce((size, length) => size * length, 1);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}

/** Whether arithmetic on floats makes the value: what only moves inputs is the host's. */
function isComputed(form: MeshForm, id: ValueId): boolean {
  const producer = form.graph.producer(id);
  if (producer === undefined) return false;
  return isMovement(producer) ? producer.operands.some((read) => read !== undefined && isComputed(form, read)) : true;
}

/** Whether arithmetic reads the value; what is only moved after the mesh is the host's. */
function isComputedWith(form: MeshForm, id: ValueId | undefined): boolean {
  if (id === undefined) return false;
  return form.graph
    .users(id)
    .some((user) => !isMovement(user) || user.results.some((result) => isComputedWith(form, result)));
}

function isMovement(op: Op): boolean {
  return findOp(op.domain, op.kind, op.version)?.definition.traits.includes("movement") === true;
}
