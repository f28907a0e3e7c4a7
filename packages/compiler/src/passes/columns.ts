// Columns: what one index of the last axis of a value holds, traced back through ops that work on columns alone. Two columns with
// equal keys are equal whatever the data, so that tables whose halves are copies are seen as such also when they are computed at
// run time; and a part of the columns can be computed without the others.
import { attr, attrsOf, intAttr, qualifiedKind, type Op, type TensorSource, type ValueId } from "@waferc/ir/graph";
import { tensorOf, toFloat64 } from "@waferc/numerics";
import { opTable } from "@waferc/ops";
import { constantInts } from "./axes.ts";
import { readUniform } from "./product.ts";
import type { Rewriter } from "./rewriter.ts";
import { emitView, traceView, type ViewTrace } from "./view-chain.ts";
import { lengthOf, type View } from "./view.ts";

/** A column up to a factor. */
export interface ColumnKey {
  readonly factor: number;
  readonly key: string;
}

/** Formulas of angles are not deeper. */
const MAX_DEPTH = 24;

/** How a value's columns come from those of its operands. */
type Origin =
  | { readonly kind: "constant"; readonly source: TensorSource }
  | {
      readonly kind: "view";
      readonly trace: ViewTrace;
      /** The column without the digits along which the view repeats. */
      readonly columnOf: (column: number) => number;
      /** Whether the columns are those of the source; if not, they only repeat. */
      readonly isLast: boolean;
    }
  /** Columns of the operand at `index` of the op; the other operands do not depend on the column. */
  | { readonly kind: "elementwise" | "rows"; readonly op: Op }
  | { readonly kind: "parts"; readonly op: Op; readonly lengths: readonly number[] }
  | { readonly kind: "slice"; readonly of: ValueId; readonly start: number; readonly step: number }
  | { readonly kind: "opaque" };

export class Columns {
  readonly #rewriter: Rewriter;
  readonly #constants = new WeakMap<TensorSource, readonly ColumnKey[]>();

  constructor(rewriter: Rewriter) {
    this.#rewriter = rewriter;
  }

  /** What a column holds. */
  keyOf(value: ValueId, column: number, depth = 0): ColumnKey {
    const origin = this.#originOf(value, depth);
    const opaque = { factor: 1, key: `v${value}[${column}]` };
    switch (origin.kind) {
      case "constant":
        return this.#constantKeys(origin.source)[column] ?? opaque;
      case "view": {
        if (!origin.isLast) return { factor: 1, key: `v${value}[${origin.columnOf(column)}]` };
        const inner = this.keyOf(origin.trace.source, origin.columnOf(column), depth + 1);
        return { factor: inner.factor, key: `view ${value}(${inner.key})` };
      }
      case "elementwise":
        return this.#elementwiseKey(origin.op, column, depth);
      case "rows": {
        const [data, ids] = origin.op.operands;
        if (data === undefined) return opaque;
        const inner = this.keyOf(data, column, depth + 1);
        return { factor: inner.factor, key: `rows ${ids}(${inner.key})` };
      }
      case "parts": {
        const { part, rest } = partAt(origin.lengths, column);
        const operand = origin.op.operands[part];
        return operand === undefined ? opaque : this.keyOf(operand, rest, depth + 1);
      }
      case "slice":
        return this.keyOf(origin.of, origin.start + column * origin.step, depth + 1);
      case "opaque":
        return opaque;
      default:
        return origin satisfies never;
    }
  }

  /** A value that consists of these columns, made from as little as possible. */
  emit(value: ValueId, columns: readonly number[], covers: readonly Op[], depth = 0): ValueId {
    const rewriter = this.#rewriter;
    const width = rewriter.shapeOf(value)?.at(-1) ?? 1;
    if (columns.length === width && columns.every((column, i) => column === i)) return value;
    const origin = this.#originOf(value, depth);
    const inner = (id: ValueId, list: readonly number[]): ValueId => this.emit(id, list, covers, depth + 1);
    switch (origin.kind) {
      case "view":
        if (origin.isLast) return this.#emitView(origin.trace, columns.map(origin.columnOf), covers, depth);
        return this.#emitOnce(origin.trace, columns.map(origin.columnOf)) ?? this.#choose(value, columns, covers);
      case "elementwise": {
        const operands = origin.op.operands.map((id) =>
          id === undefined || (rewriter.shapeOf(id)?.at(-1) ?? 1) === 1 ? id : inner(id, columns),
        );
        return rewriter.emit(origin.op.kind, operands, { attrs: origin.op.attrs, covers: [origin.op] });
      }
      case "rows": {
        const [data, ...rest] = origin.op.operands;
        if (data === undefined) break;
        const operands = [inner(data, columns), ...rest];
        return rewriter.emit(origin.op.kind, operands, { attrs: origin.op.attrs, covers: [origin.op] });
      }
      case "parts": {
        const places = columns.map((column) => partAt(origin.lengths, column));
        const operand = origin.op.operands[places[0]?.part ?? 0];
        if (operand === undefined || places.some(({ part }) => part !== places[0]?.part)) break;
        return inner(
          operand,
          places.map(({ rest }) => rest),
        );
      }
      case "slice":
        return inner(
          origin.of,
          columns.map((column) => origin.start + column * origin.step),
        );
      case "constant":
      case "opaque":
        break;
      default:
        origin satisfies never;
    }
    return this.#choose(value, columns, covers);
  }

  #choose(value: ValueId, columns: readonly number[], covers: readonly Op[]): ValueId {
    const rewriter = this.#rewriter;
    const ints = (name: string, list: readonly number[]): ValueId =>
      rewriter.constant(name, tensorOf("i64", [list.length], list.map(BigInt)));
    const [first = 0, second = first + 1] = columns;
    const step = second - first;
    const isEven = step > 0 && columns.every((column, i) => column === first + i * step);
    if (!isEven) {
      return rewriter.emit("Gather", [value, ints("columns", columns)], {
        attrs: attrsOf({ axis: attr.int(-1) }),
        covers,
      });
    }
    const bounds = [ints("start", [first]), ints("end", [(columns.at(-1) ?? 0) + 1]), ints("axis", [-1])];
    return rewriter.emit("Slice", [value, ...bounds, ints("step", [step])], { covers });
  }

  #emitView(trace: ViewTrace, columns: readonly number[], covers: readonly Op[], depth: number): ValueId {
    const source = this.emit(trace.source, columns, covers, depth + 1);
    const fresh = columns.length === 1 ? [] : [{ length: columns.length, isRepeat: false }];
    const last = (dims: View["source"]): View["source"] => [...dims.slice(0, -1), fresh];
    const view = { source: last(trace.view.source), result: last(trace.view.result) };
    return emitView(this.#rewriter, source, view, trace.ops);
  }

  /** The view without its repetitions along the last axis, if all of what is repeated is asked for in order. */
  #emitOnce(trace: ViewTrace, columns: readonly number[]): ValueId | undefined {
    const { source, result } = trace.view;
    const kept = result.at(-1)?.filter(({ isRepeat }) => !isRepeat) ?? [];
    if (columns.length !== lengthOf(kept) || columns.some((column, i) => column !== i)) return undefined;
    return emitView(this.#rewriter, trace.source, { source, result: [...result.slice(0, -1), kept] }, trace.ops);
  }

  #elementwiseKey(op: Op, column: number, depth: number): ColumnKey {
    const rewriter = this.#rewriter;
    const keys = op.operands.map((id) => {
      if (id === undefined) return { factor: 1, key: "_" };
      const uniform = readUniform(rewriter.graph.constant(id));
      if (uniform !== undefined) return { factor: uniform, key: "" };
      if ((rewriter.shapeOf(id)?.at(-1) ?? 1) === 1) return { factor: 1, key: `v${id}` };
      return this.keyOf(id, column, depth + 1);
    });
    const [a, b] = keys;
    if (op.kind === "Neg" && a !== undefined) return { factor: -a.factor, key: a.key };
    if (op.kind === "Cast" && a !== undefined) {
      return { factor: a.factor, key: `Cast ${intAttr(op, "to", 0)}(${a.key})` };
    }
    const isProduct = op.kind === "Mul" && a !== undefined && b !== undefined;
    if (isProduct) return { factor: a.factor * b.factor, key: joinKeys(a.key, b.key) };
    const spelled = keys.map(({ factor, key }) => `${factor}*${key}`).join(",");
    return { factor: 1, key: `${op.kind} ${op.attrs.size === 0 ? "" : op.id}(${spelled})` };
  }

  #originOf(value: ValueId, depth: number): Origin {
    const rewriter = this.#rewriter;
    const source = rewriter.graph.constant(value);
    if (source !== undefined) return { kind: "constant", source };
    const op = rewriter.graph.producer(value);
    const shape = rewriter.shapeOf(value);
    if (op === undefined || shape === undefined || shape.length === 0 || op.domain !== "" || depth > MAX_DEPTH)
      return { kind: "opaque" };
    return this.#viewOrigin(value) ?? this.#sliceOrigin(op, value) ?? this.#joinOrigin(op, shape) ?? { kind: "opaque" };
  }

  /** A view that leaves the last axis last, or repeats along it. */
  #viewOrigin(value: ValueId): Origin | undefined {
    const trace = traceView(this.#rewriter, value);
    if (trace === undefined || trace.ops.length === 0) return undefined;
    const [from, to] = [trace.view.source.at(-1), trace.view.result.at(-1)];
    const kept = to?.filter(({ isRepeat }) => !isRepeat);
    if (from === undefined || to === undefined || kept === undefined) return undefined;
    const isLast = kept.length === from.length && kept.every((factor, i) => factor === from[i]);
    if (!isLast && kept.length === to.length) return undefined;
    const columnOf = (column: number): number => {
      let rest = column;
      let place = lengthOf(to);
      return to.reduce((sum, factor) => {
        place /= factor.length;
        const digit = Math.floor(rest / place);
        rest -= digit * place;
        return factor.isRepeat ? sum : sum * factor.length + digit;
      }, 0);
    };
    return { kind: "view", trace, columnOf, isLast };
  }

  #sliceOrigin(op: Op, value: ValueId): Origin | undefined {
    const rewriter = this.#rewriter;
    const [of] = op.operands;
    const shape = rewriter.shapeOf(of);
    if (of === undefined || shape === undefined) return undefined;
    if (op.kind === "Split") {
      const axis = intAttr(op, "axis", 0);
      if ((axis < 0 ? axis + shape.length : axis) !== shape.length - 1) return undefined;
      const before = op.results.slice(0, op.results.indexOf(value));
      const start = before.reduce((sum, id) => sum + (rewriter.shapeOf(id)?.at(-1) ?? 0), 0);
      return { kind: "slice", of, start, step: 1 };
    }
    if (op.kind !== "Slice") return undefined;
    const [starts, axes, steps] = [1, 3, 4].map((index) => constantInts(rewriter.graph, op.operands[index]));
    const [axis, step] = [axes?.[0], op.operands[4] === undefined ? 1 : steps?.[0]];
    const [start] = starts ?? [];
    const width = shape.at(-1) ?? 1;
    if (axis === undefined || step === undefined || start === undefined || axes?.length !== 1) return undefined;
    if ((axis < 0 ? axis + shape.length : axis) !== shape.length - 1 || step < 1) return undefined;
    return { kind: "slice", of, start: Math.max(0, start < 0 ? start + width : start), step };
  }

  #joinOrigin(op: Op, shape: readonly number[]): Origin | undefined {
    const rewriter = this.#rewriter;
    const isWide = (id: ValueId | undefined): boolean => [1, shape.at(-1)].includes(rewriter.shapeOf(id)?.at(-1) ?? 1);
    if (opTable.get(qualifiedKind(op))?.traits.includes("elementwise") === true && !op.attrs.has("axis")) {
      return op.results.length === 1 && op.operands.every(isWide) ? { kind: "elementwise", op } : undefined;
    }
    const axis = intAttr(op, "axis", 0);
    if (op.kind === "Concat") {
      if ((axis < 0 ? axis + shape.length : axis) !== shape.length - 1) return undefined;
      return { kind: "parts", op, lengths: op.operands.map((id) => rewriter.shapeOf(id)?.at(-1) ?? 0) };
    }
    const rank = rewriter.shapeOf(op.operands[0])?.length ?? 0;
    const isOfRows = op.kind === "Gather" && (axis < 0 ? axis + rank : axis) < rank - 1;
    return isOfRows ? { kind: "rows", op } : undefined;
  }

  #constantKeys(source: TensorSource): readonly ColumnKey[] {
    const before = this.#constants.get(source);
    if (before !== undefined) return before;
    const width = source.shape.at(-1) ?? 1;
    const data = toFloat64(source.read());
    const keys = Array.from({ length: width }, (_, column) => {
      const list = data.filter((_, i) => i % width === column);
      const sign = (list.find((element) => element !== 0) ?? 1) < 0 ? -1 : 1;
      return { factor: sign, key: `c${list.map((element) => element * sign).join()}` };
    });
    this.#constants.set(source, keys);
    return keys;
  }
}

function joinKeys(a: string, b: string): string {
  if (a === "" || b === "") return a + b;
  return `Mul(${[a, b].sort().join()})`;
}

function partAt(lengths: readonly number[], column: number): { readonly part: number; readonly rest: number } {
  let rest = column;
  for (const [part, length] of lengths.entries()) {
    if (rest < length) return { part, rest };
    rest -= length;
  }
  return { part: lengths.length, rest };
}
