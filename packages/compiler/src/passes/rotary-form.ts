// Rotations among linear forms (linear-columns.ts), and the canonical RotaryEmbedding for them.
import { attr, attrsOf, type Op, type ValueId } from "@waferc/ir/graph";
import { fromFloat64, tensorOf, toFloat64, type DType } from "@waferc/numerics";
import type { Columns } from "./columns.ts";
import type { Coefficient, LinearForm, Term } from "./linear-columns.ts";
import type { Rewriter } from "./rewriter.ts";
import { emitView, traceView } from "./view-chain.ts";
import { identityView, lengthOf, regroupView, reshapeView, type Factor, type View } from "./view.ts";

/** y[j] = cos[i] x[j] - sin[i] x[k], y[k] = cos[i] x[k] + sin[i] x[j] for the pairs j, k of columns. */
export interface Rotation {
  readonly isInterleaved: boolean;
  /** How many columns are rotated; the others are handed on. */
  readonly rotaryDim: number;
  readonly cos: readonly Coefficient[];
  readonly sin: readonly Coefficient[];
}

/** The rotation that a form is, of each of the heads that the dimensions before the last one are. */
export function matchRotation(columns: Columns, form: LinearForm): Rotation | undefined {
  const depth = form.trail.at(-1) ?? 1;
  const [first, ...others] = Array.from({ length: form.entries.length / depth }, (_, head) =>
    headOf(form, head, depth),
  );
  if (first === undefined || others.some((head) => !isSameForm(first, head))) return undefined;
  let rotaryDim = depth;
  while (rotaryDim > 0 && isHandedOn(first.entries[rotaryDim - 1], rotaryDim - 1)) rotaryDim -= 1;
  if (rotaryDim < 2 || rotaryDim % 2 !== 0) return undefined;
  return matchPairs(columns, first, rotaryDim, false) ?? matchPairs(columns, first, rotaryDim, true);
}

/** One head's part of a form, in terms of that head's columns. */
function headOf(form: LinearForm, head: number, depth: number): LinearForm {
  const entries = form.entries.slice(head * depth, (head + 1) * depth);
  const own = entries.map((terms) => terms.map(({ column, by }) => ({ column: column - head * depth, by })));
  return { trail: [depth], entries: own };
}

function isSameForm(a: LinearForm, b: LinearForm): boolean {
  return a.entries.every((terms, i) => {
    const others = b.entries[i] ?? [];
    return terms.length === others.length && terms.every((term, k) => isSameTerm(term, others[k]));
  });
}

function isSameTerm(a: Term, b: Term | undefined): boolean {
  return (
    a.column === b?.column &&
    a.by.number === b.by.number &&
    a.by.table?.value === b.by.table?.value &&
    a.by.table?.column === b.by.table?.column
  );
}

function isHandedOn(terms: readonly Term[] | undefined, column: number): boolean {
  const [term] = terms ?? [];
  return terms?.length === 1 && term?.column === column && term.by.table === undefined && term.by.number === 1;
}

function matchPairs(
  columns: Columns,
  form: LinearForm,
  rotaryDim: number,
  isInterleaved: boolean,
): Rotation | undefined {
  const half = rotaryDim / 2;
  const cos: Coefficient[] = [];
  const sin: Coefficient[] = [];
  for (let i = 0; i < half; i++) {
    const [j, k] = isInterleaved ? [2 * i, 2 * i + 1] : [i, i + half];
    const [jj, jk] = [coefficientAt(form, j, j), coefficientAt(form, j, k)];
    const [kk, kj] = [coefficientAt(form, k, k), coefficientAt(form, k, j)];
    if (jj === undefined || jk === undefined || kk === undefined || kj === undefined) return undefined;
    if (!areEqual(columns, jj, kk, 1) || !areEqual(columns, jk, kj, -1)) return undefined;
    cos.push(jj);
    sin.push(kj);
  }
  return { isInterleaved, rotaryDim, cos, sin };
}

/** The coefficient of column `of` in entry `entry`, which must have two terms. */
function coefficientAt(form: LinearForm, entry: number, of: number): Coefficient | undefined {
  const terms = form.entries[entry] ?? [];
  return terms.length === 2 ? terms.find(({ column }) => column === of)?.by : undefined;
}

/** Whether a is b times the sign. */
function areEqual(columns: Columns, a: Coefficient, b: Coefficient, sign: 1 | -1): boolean {
  const [left, right] = [keyOf(columns, a), keyOf(columns, b)];
  return left.key === right.key && left.factor === sign * right.factor;
}

function keyOf(columns: Columns, { number, table }: Coefficient): { readonly key: string; readonly factor: number } {
  if (table === undefined) return { key: "", factor: number };
  const { factor, key } = columns.keyOf(table.value, table.column);
  return { key, factor: factor * number };
}

export interface RotationSite {
  readonly rotation: Rotation;
  /** Shape of the result, of which x is a reshape. */
  readonly shape: readonly number[];
  /** Leading dimensions that tables broadcast to; those between them and the last one are heads. */
  readonly rank: number;
}

/** Emits the rotation of x; undefined if its angles differ between heads, or are no tables. */
export function emitRotary(
  rewriter: Rewriter,
  columns: Columns,
  x: ValueId,
  { rotation, shape, rank }: RotationSite,
  covers: readonly Op[],
): ValueId | undefined {
  const lead = shape.slice(0, rank);
  const dtype = rewriter.dtypeOf(x);
  const tables = (["cos", "sin"] as const).map((name) => tableOf(rewriter, name, rotation[name], dtype));
  const [cosTable, sinTable] = tables;
  if (cosTable === undefined || sinTable === undefined) return undefined;
  const axes = axesOf(lead, [cosTable, sinTable]);
  if (axes === undefined) return undefined;
  const batch = Math.max(...[cosTable, sinTable].map((table) => batchOf(rewriter, table, axes, lead.length)));
  const caches = [cosTable, sinTable].map((table) =>
    emitCache(rewriter, columns, table, { x, axes, batch, covers, lead }),
  );
  if (caches.some((cache) => cache === undefined)) return undefined;
  return emitOn3d(rewriter, x, axes, caches, { rotation, shape, rank }, covers);
}

/** Coefficients that are columns of one value, or numbers. */
interface Table {
  readonly name: "cos" | "sin";
  readonly value: ValueId | undefined;
  readonly columns: readonly number[];
  readonly factors: readonly number[];
  /** Lengths before the last axis. */
  readonly lead: readonly number[];
}

function tableOf(
  rewriter: Rewriter,
  name: Table["name"],
  list: readonly Coefficient[],
  dtype: DType | undefined,
): Table | undefined {
  const value = list[0]?.table?.value;
  if (value !== undefined && rewriter.dtypeOf(value) !== dtype) return undefined;
  if (list.some(({ table }) => table?.value !== value)) return undefined;
  return {
    name,
    value,
    columns: list.map(({ table }) => table?.column ?? 0),
    factors: list.map(({ number }) => number),
    lead: value === undefined ? [] : (rewriter.shapeOf(value)?.slice(0, -1) ?? []),
  };
}

/** Axes of x before the last one by their meaning; the others are heads. */
interface LeadAxes {
  readonly batch: number | undefined;
  readonly seq: number;
}

/** Length of a table's axis that is aligned with axis `axis` of `rank` leading axes. */
function lengthAt(lead: readonly number[], axis: number | undefined, rank: number): number {
  return axis === undefined ? 1 : (lead[axis - rank + lead.length] ?? 1);
}

function axesOf(lead: readonly number[], tables: readonly Table[]): LeadAxes | undefined {
  const varies = lead.map((_, axis) => tables.some((table) => lengthAt(table.lead, axis, lead.length) > 1));
  const varying = lead.flatMap((_, axis) => (varies[axis] === true && axis > 0 ? [axis] : []));
  const [seq, second] = varying;
  if (second !== undefined) return undefined;
  if (seq !== undefined) return { batch: 0, seq };
  // Nothing but the first axis, if that: rows without a batch, or a batch of single rows.
  const single = lead.findLastIndex((length, axis) => axis > 0 && length === 1);
  if (single > 0) return { batch: 0, seq: single };
  return varies[0] === true || lead[0] === 1 ? { batch: undefined, seq: 0 } : undefined;
}

/** How many of the batch have angles of their own; a constant may repeat them. */
function batchOf(rewriter: Rewriter, table: Table, axes: LeadAxes, rank: number): number {
  const own = lengthAt(table.lead, axes.batch, rank);
  const source = own === 1 ? undefined : rewriter.graph.constant(table.value);
  if (source === undefined) return own;
  const data = toFloat64(source.read());
  const width = data.length / own;
  return data.every((element, i) => element === data[i % width]) ? 1 : own;
}

interface CacheSite {
  readonly x: ValueId;
  readonly axes: LeadAxes;
  readonly batch: number;
  readonly lead: readonly number[];
  readonly covers: readonly Op[];
}

/** The table as [batch or 1, rows, half]. */
function emitCache(rewriter: Rewriter, columns: Columns, table: Table, site: CacheSite): ValueId | undefined {
  const { axes, lead, covers } = site;
  const own = batchOf(rewriter, table, axes, lead.length);
  const rows = lengthAt(table.lead, axes.seq, lead.length);
  if (rows !== lead[axes.seq]) return undefined;
  const half = table.columns.length;
  if (table.value === undefined) {
    const dtype = floatOf(rewriter.dtypeOf(site.x));
    return constantCache(rewriter, table.name, dtype, [own, rows, half], Float64Array.from(table.factors), site.batch);
  }
  const source = rewriter.graph.constant(table.value);
  if (source !== undefined) {
    const width = source.shape.at(-1) ?? 1;
    const all = toFloat64(source.read());
    const data = Float64Array.from({ length: own * rows * half }, (_, i) => {
      const [row, column] = [Math.floor(i / half), table.columns[i % half] ?? 0];
      return (all[row * width + column] ?? 0) * (table.factors[i % half] ?? 1);
    });
    return constantCache(rewriter, table.name, source.dtype, [own, rows, half], data, site.batch);
  }
  const chosen = columns.emit(table.value, table.columns, covers);
  const shape = rewriter.constant("shape", tensorOf("i64", [3], [own, rows, half]));
  const isFlat = rewriter.shapeOf(chosen)?.join() === [own, rows, half].join();
  const flat = isFlat ? chosen : rewriter.emit("Reshape", [chosen, shape], { covers });
  const cache = timesFactors(rewriter, flat, table.factors, covers);
  if (own === site.batch) return cache;
  const wide = rewriter.constant("shape", tensorOf("i64", [3], [site.batch, rows, half]));
  return rewriter.emit("Expand", [cache, wide], { covers });
}

function timesFactors(rewriter: Rewriter, value: ValueId, factors: readonly number[], covers: readonly Op[]): ValueId {
  if (factors.every((factor) => factor === 1)) return value;
  if (factors.every((factor) => factor === -1)) return rewriter.emit("Neg", [value], { covers });
  const isUniform = factors.every((factor) => factor === factors[0]);
  const list = isUniform ? factors.slice(0, 1) : factors;
  const dtype = floatOf(rewriter.dtypeOf(value));
  const by = rewriter.constant("factors", fromFloat64(dtype, isUniform ? [] : [list.length], Float64Array.from(list)));
  return rewriter.emit("Mul", [value, by], { covers });
}

function floatOf(dtype: DType | undefined): "f64" | "f32" | "f16" | "bf16" {
  return dtype === "f64" || dtype === "f16" || dtype === "bf16" ? dtype : "f32";
}

/** A constant cache, once if it is the same for all of the batch and the other one is, too. */
function constantCache(
  rewriter: Rewriter,
  name: Table["name"],
  dtype: DType,
  [own, rows, half]: readonly [number, number, number],
  data: Float64Array,
  batch: number,
): ValueId {
  const repeated =
    own === batch ? data : Float64Array.from({ length: batch * rows * half }, (_, i) => data[i % data.length] ?? 0);
  return rewriter.constant(name, fromFloat64(floatOf(dtype), [batch, rows, half], repeated));
}

function emitOn3d(
  rewriter: Rewriter,
  x: ValueId,
  axes: LeadAxes,
  caches: readonly (ValueId | undefined)[],
  { rotation, shape }: RotationSite,
  covers: readonly Op[],
): ValueId | undefined {
  const identity = identityView(rewriter.shapeOf(x) ?? [0]);
  const traced = traceView(rewriter, x);
  const isRepeated = traced?.view.result.flat().some(({ isRepeat }) => isRepeat) !== false;
  const trace = traced === undefined || isRepeated ? { source: x, view: identity } : traced;
  const view = trace.view === undefined ? undefined : reshapeView(trace.view, shape);
  if (view === undefined) return undefined;
  const dims = view.result;
  const pick = (axis: number | undefined): readonly Factor[] => (axis === undefined ? [] : (dims[axis] ?? []));
  const heads = dims.slice(0, -1).flatMap((dim, axis) => (axis === axes.batch || axis === axes.seq ? [] : dim));
  const depth = dims.at(-1) ?? [];
  const flat = [pick(axes.batch), pick(axes.seq), [...heads, ...depth]];
  const operand = emitView(rewriter, trace.source, regroupView(view, flat), covers);
  const attrs = attrsOf({
    num_heads: attr.int(lengthOf(heads)),
    interleaved: attr.int(rotation.isInterleaved ? 1 : 0),
    ...(rotation.rotaryDim === lengthOf(depth) ? {} : { rotary_embedding_dim: attr.int(rotation.rotaryDim) }),
  });
  const rotated = rewriter.emit("RotaryEmbedding", [operand, ...caches], { attrs, covers });
  const back: View = { source: flat, result: dims };
  return emitView(rewriter, rotated, back, covers);
}
