// Values that are linear in the columns of one value x [lead.., depth]: every element is a sum of elements of x at the same leading
// index, each times a number or an element of a table. Slices, splits, concatenations, reshapes and transposes of what lies behind
// the leading dimensions, negations, sums, and products with tables keep this form; anything else ends it.
import { intAttr, intsAttr, type Op, type ValueId } from "@waferc/ir/graph";
import { elementCount, isFloat, tensorOf, toFloat64 } from "@waferc/numerics";
import { constantInts } from "./axes.ts";
import { readUniform } from "./product.ts";
import type { Rewriter } from "./rewriter.ts";

/** A number, or a number times column `column` of `value`, whose axes before the last broadcast to the leading dimensions. */
export interface Coefficient {
  readonly number: number;
  readonly table?: { readonly value: ValueId; readonly column: number } | undefined;
}

export interface Term {
  /** Column of x. */
  readonly column: number;
  readonly by: Coefficient;
}

export interface LinearForm {
  /** Dimensions behind the leading ones. */
  readonly trail: readonly number[];
  /** Row-major over `trail`. */
  readonly entries: readonly (readonly Term[])[];
}

/** Forms of the values that an op makes, by result; undefined where there is none (yet). */
export type FormOf = (id: ValueId | undefined) => LinearForm | undefined;

export function identityForm(depth: number): LinearForm {
  const entries = Array.from({ length: depth }, (_, column) => [{ column, by: { number: 1 } }]);
  return { trail: [depth], entries };
}

/** Where forms are looked for. */
export interface LinearContext {
  readonly rewriter: Rewriter;
  /** Leading dimensions of x. */
  readonly lead: readonly number[];
  /** Tables with one axis behind the leading dimensions, made once each. */
  readonly flat: Map<string, ValueId>;
}

/** The forms of an op's results, from those of its operands. */
export function formsOfResults(ctx: LinearContext, op: Op, formOf: FormOf): readonly (LinearForm | undefined)[] {
  const { rewriter, lead } = ctx;
  const [a, b] = op.operands;
  const [left, right] = [formOf(a), formOf(b)];
  const whole = (form: LinearForm | undefined): readonly (LinearForm | undefined)[] => [form];
  switch (op.domain === "" ? op.kind : "") {
    case "Neg":
      return whole(left && scaled(left, -1));
    case "Cast": {
      const dtype = op.results[0] === undefined ? undefined : rewriter.dtypeOf(op.results[0]);
      return whole(dtype !== undefined && isFloat(dtype) ? left : undefined);
    }
    case "Add":
      return whole(left && right && summed(left, right, 1));
    case "Sub":
      return whole(left && right && summed(left, right, -1));
    case "Mul":
      if (left !== undefined && right !== undefined) return [];
      return whole(left ? timesTable(ctx, op, left, b) : right && timesTable(ctx, op, right, a));
    case "Div": {
      const divisor = b === undefined ? undefined : readUniform(rewriter.graph.constant(b));
      return whole(left && divisor !== undefined ? scaled(left, 1 / divisor) : undefined);
    }
    case "Concat":
      return whole(joined(rewriter, op, formOf, lead));
    case "Split":
      return left === undefined ? [] : splitForms(rewriter, op, left, lead);
    case "Slice":
      return whole(left && slicedForm(rewriter, op, left, lead));
    case "Gather":
      return whole(left && gatheredForm(rewriter, op, left, lead));
    case "Transpose":
      return whole(left && transposedForm(op, left, lead));
    case "Reshape":
    case "Unsqueeze":
    case "Squeeze":
    case "Flatten":
      return whole(left && reshapedForm(rewriter, op, left, lead));
    case "MatMul":
      return whole(left && multipliedForm(rewriter, left, b));
    default:
      return [];
  }
}

function scaled(form: LinearForm, number: number): LinearForm {
  const entries = form.entries.map((terms) =>
    terms.map(({ column, by }) => ({ column, by: { ...by, number: by.number * number } })),
  );
  return { trail: form.trail, entries };
}

function summed(a: LinearForm, b: LinearForm, sign: 1 | -1): LinearForm | undefined {
  if (a.trail.join() !== b.trail.join()) return undefined;
  const other = sign === 1 ? b : scaled(b, -1);
  return { trail: a.trail, entries: a.entries.map((terms, i) => [...terms, ...(other.entries[i] ?? [])]) };
}

/** The form times a value that does not grow it: a scalar, or a table with its own columns or one for all. */
function timesTable(ctx: LinearContext, op: Op, form: LinearForm, table: ValueId | undefined): LinearForm | undefined {
  const { rewriter, lead } = ctx;
  const source = rewriter.graph.constant(table);
  const uniform = readUniform(source);
  if (uniform !== undefined) return scaled(form, uniform);
  const [shape, result] = [rewriter.shapeOf(table), rewriter.shapeOf(op.results[0])];
  if (table === undefined || shape === undefined || result?.join() !== [...lead, ...form.trail].join())
    return undefined;
  const rank = form.trail.length;
  const own = shape.slice(Math.max(0, shape.length - rank));
  const tail = [...new Array<number>(rank - own.length).fill(1), ...own];
  const numbers =
    source !== undefined && elementCount(source.shape) === elementCount(tail) ? toFloat64(source.read()) : undefined;
  const flat = numbers === undefined ? flattened(ctx, op, table, tail) : table;
  const entries = form.entries.map((terms, i) => {
    const column = broadcastIndex(i, form.trail, tail);
    return terms.map((term) => times(term, flat, column, numbers));
  });
  return entries.every((terms) => terms.every((term) => term !== undefined))
    ? { trail: form.trail, entries: entries.map((terms) => terms.filter((term) => term !== undefined)) }
    : undefined;
}

function times(
  { column, by }: Term,
  value: ValueId,
  tableColumn: number,
  numbers: Float64Array | undefined,
): Term | undefined {
  if (numbers !== undefined) return { column, by: { ...by, number: by.number * (numbers[tableColumn] ?? 0) } };
  // A product of two tables is no rotation.
  return by.table === undefined
    ? { column, by: { number: by.number, table: { value, column: tableColumn } } }
    : undefined;
}

/** The table with what lies behind the leading dimensions as one axis. */
function flattened({ rewriter, flat }: LinearContext, op: Op, table: ValueId, tail: readonly number[]): ValueId {
  const shape = rewriter.shapeOf(table) ?? [];
  if (tail.length === 1) return table;
  const to = [...shape.slice(0, Math.max(0, shape.length - tail.length)), tail.reduce((a, b) => a * b, 1)];
  const key = `${table} ${to.join()}`;
  const before = flat.get(key);
  if (before !== undefined) return before;
  const target = rewriter.constant("shape", tensorOf("i64", [to.length], to));
  const made = rewriter.emit("Reshape", [table, target], { covers: [op] });
  flat.set(key, made);
  return made;
}

/** Index into `tail`, which broadcasts to `trail`, for flat index `i` of `trail`. */
function broadcastIndex(i: number, trail: readonly number[], tail: readonly number[]): number {
  let rest = i;
  let index = 0;
  let place = 1;
  for (let axis = trail.length - 1; axis >= 0; axis--) {
    const [length, own] = [trail[axis] ?? 1, tail[axis] ?? 1];
    if (own > 1) index += (rest % length) * place;
    place *= own;
    rest = Math.floor(rest / length);
  }
  return index;
}

/** Axis of the trail, or undefined for a leading one. */
function trailAxis(axis: number, trail: readonly number[], lead: readonly number[]): number | undefined {
  const rank = lead.length + trail.length;
  const from = (axis < 0 ? axis + rank : axis) - lead.length;
  return from < 0 || from >= trail.length ? undefined : from;
}

/** The form with other indices along an axis of the trail. */
function chosen(form: LinearForm, axis: number, indices: readonly number[]): LinearForm {
  const inner = form.trail.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = form.trail.slice(0, axis).reduce((a, b) => a * b, 1);
  const length = form.trail[axis] ?? 1;
  const entries: (readonly Term[])[] = [];
  for (let o = 0; o < outer; o++) {
    for (const index of indices) {
      for (let i = 0; i < inner; i++) entries.push(form.entries[(o * length + index) * inner + i] ?? []);
    }
  }
  return { trail: form.trail.map((one, i) => (i === axis ? indices.length : one)), entries };
}

function joined(rewriter: Rewriter, op: Op, formOf: FormOf, lead: readonly number[]): LinearForm | undefined {
  const forms = op.operands.map(formOf);
  const [first] = forms;
  const axis = first && trailAxis(intAttr(op, "axis", 0), first.trail, lead);
  if (first === undefined || axis === undefined) return undefined;
  const outer = first.trail.slice(0, axis).reduce((a, b) => a * b, 1);
  const entries: (readonly Term[])[] = [];
  for (let o = 0; o < outer; o++) {
    for (const form of forms) {
      if (form === undefined || form.trail.length !== first.trail.length) return undefined;
      const run = form.entries.length / outer;
      entries.push(...form.entries.slice(o * run, (o + 1) * run));
    }
  }
  const length = forms.reduce((sum, form) => sum + (form?.trail[axis] ?? 0), 0);
  const shape = rewriter.shapeOf(op.results[0]);
  const trail = first.trail.map((one, i) => (i === axis ? length : one));
  return shape?.join() === [...lead, ...trail].join() ? { trail, entries } : undefined;
}

function splitForms(rewriter: Rewriter, op: Op, form: LinearForm, lead: readonly number[]): LinearForm[] {
  const axis = trailAxis(intAttr(op, "axis", 0), form.trail, lead);
  if (axis === undefined) return [];
  let start = 0;
  return op.results.map((id) => {
    const length = rewriter.shapeOf(id)?.[lead.length + axis] ?? 0;
    const part = chosen(
      form,
      axis,
      Array.from({ length }, (_, i) => start + i),
    );
    start += length;
    return part;
  });
}

function slicedForm(rewriter: Rewriter, op: Op, form: LinearForm, lead: readonly number[]): LinearForm | undefined {
  const { graph } = rewriter;
  const [, startsId, endsId, axesId, stepsId] = op.operands;
  const lists = [startsId, endsId, axesId, stepsId].map((id) => constantInts(graph, id));
  const [starts, ends] = lists;
  if (starts === undefined || ends === undefined || (axesId !== undefined && lists[2] === undefined)) return undefined;
  if (stepsId !== undefined && lists[3] === undefined) return undefined;
  let result: LinearForm | undefined = form;
  for (const [i, start] of starts.entries()) {
    const given = lists[2]?.[i] ?? i;
    const axis = trailAxis(given, form.trail, lead);
    const [end, step] = [ends[i] ?? 0, lists[3]?.[i] ?? 1];
    if (axis === undefined) {
      const length = lead[given < 0 ? given + lead.length + form.trail.length : given] ?? 0;
      if (start !== 0 || end < length || step !== 1) return undefined;
      continue;
    }
    result = chosen(result, axis, sliceIndices(form.trail[axis] ?? 1, start, end, step));
  }
  return result;
}

function sliceIndices(length: number, start: number, end: number, step: number): number[] {
  const clamp = (bound: number, low: number, high: number): number =>
    Math.min(Math.max(bound < 0 ? bound + length : bound, low), high);
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
  const first = clamp(start, Math.max(low, 0), high);
  const last = clamp(end, low, high);
  const count = Math.max(0, Math.ceil((last - first) / step));
  return Array.from({ length: count }, (_, i) => first + i * step);
}

function gatheredForm(rewriter: Rewriter, op: Op, form: LinearForm, lead: readonly number[]): LinearForm | undefined {
  const axis = trailAxis(intAttr(op, "axis", 0), form.trail, lead);
  const indices = constantInts(rewriter.graph, op.operands[1]);
  const rank = rewriter.shapeOf(op.operands[1])?.length;
  if (axis === undefined || indices === undefined || rank === undefined || rank > 1) return undefined;
  const length = form.trail[axis] ?? 1;
  const part = chosen(
    form,
    axis,
    indices.map((index) => (index < 0 ? index + length : index)),
  );
  return rank === 1 ? part : { trail: form.trail.filter((_, i) => i !== axis), entries: part.entries };
}

function transposedForm(op: Op, form: LinearForm, lead: readonly number[]): LinearForm | undefined {
  const perm = intsAttr(op, "perm");
  if (perm === undefined || lead.some((_, axis) => perm[axis] !== axis)) return undefined;
  const order = perm.slice(lead.length).map((axis) => axis - lead.length);
  const trail = order.map((axis) => form.trail[axis] ?? 1);
  const places = form.trail.map((_, axis) => form.trail.slice(axis + 1).reduce((a, b) => a * b, 1));
  const entries = form.entries.map((_, flat) => {
    let rest = flat;
    let index = 0;
    for (let i = trail.length - 1; i >= 0; i--) {
      index += (rest % (trail[i] ?? 1)) * (places[order[i] ?? 0] ?? 1);
      rest = Math.floor(rest / (trail[i] ?? 1));
    }
    return form.entries[index] ?? [];
  });
  return { trail, entries };
}

function reshapedForm(rewriter: Rewriter, op: Op, form: LinearForm, lead: readonly number[]): LinearForm | undefined {
  const shape = rewriter.shapeOf(op.results[0]);
  if (shape === undefined || lead.some((length, axis) => shape[axis] !== length)) return undefined;
  const trail = shape.slice(lead.length);
  return elementCount(trail) === form.entries.length ? { trail, entries: form.entries } : undefined;
}

/** The form times a small constant matrix, such as one that swaps and negates halves. */
function multipliedForm(rewriter: Rewriter, form: LinearForm, id: ValueId | undefined): LinearForm | undefined {
  const source = rewriter.graph.constant(id);
  const [rows = 0, columns = 0] = source?.shape ?? [];
  if (source?.shape.length !== 2 || form.trail.length !== 1 || rows !== form.trail[0] || rows * columns > MATRIX_LIMIT)
    return undefined;
  const matrix = toFloat64(source.read());
  const entries = Array.from({ length: columns }, (_, column) =>
    form.entries.flatMap((terms, row) => {
      const number = matrix[row * columns + column] ?? 0;
      return number === 0
        ? []
        : terms.map((term) => ({ ...term, by: { ...term.by, number: term.by.number * number } }));
    }),
  );
  return entries.some((terms) => terms.length > 2) ? undefined : { trail: [columns], entries };
}

/** Elements of a matrix that may be a rotation of a head; projections are larger. */
const MATRIX_LIMIT = 256 * 256;
