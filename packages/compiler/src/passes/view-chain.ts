// Chains of view ops in a graph as views: traces a value back through reshapes, transposes, expands and repetitions (Tile, a value
// concatenated with itself, Gather with constant indices that rearrange or repeat) to its source, and emits a view as the fewest ops. Shapes must be
// static. A trace may also pass multiplications by a scalar, which commute with every view (their product is reported), and casts
// to a wider float, which change no value.
import { attr, attrsOf, intAttr, intsAttr, type Op, type ValueId } from "@waferc/ir/graph";
import { tensorOf, type DType } from "@waferc/numerics";
import { constantInts } from "./axes.ts";
import { applyGather, gatherViewOf, type GatherView } from "./gather-view.ts";
import { readUniform } from "./product.ts";
import type { Rewriter } from "./rewriter.ts";
import {
  expandView,
  identityView,
  planView,
  repeatView,
  reshapeView,
  tileView,
  transposeView,
  type View,
} from "./view.ts";

export interface ViewTrace {
  readonly source: ValueId;
  readonly view: View;
  /** Ops between source and value, source first. */
  readonly ops: readonly Op[];
  /** Product of the scalars that were passed; 1 unless scalars were to be passed. */
  readonly factor: number;
}

/** What a trace passes besides views. */
export interface TraceOptions {
  /** Multiplications and divisions by a constant scalar. */
  readonly scalars?: boolean;
  /** Casts of floats to wider floats. */
  readonly casts?: boolean;
}

const RESHAPES = new Set(["Reshape", "Unsqueeze", "Squeeze", "Flatten"]);

/** Bits of significand and exponent in which every value of the type fits. */
const FLOAT_WIDTH: ReadonlyMap<DType | undefined, number> = new Map([
  ["f16", 1],
  ["bf16", 1],
  ["f32", 2],
  ["f64", 3],
]);

export function isViewOp(op: Op): boolean {
  return op.domain === "" && (RESHAPES.has(op.kind) || op.kind === "Transpose" || op.kind === "Expand");
}

/** Whether the op is a view op, or a Tile, Concat or Gather that only repeats or rearranges its operand. */
export function isView(rewriter: Rewriter, op: Op): boolean {
  return isViewOp(op) || repetitionOf(rewriter, op) !== undefined;
}

/** Whether each value of float type `from` is a value of float type `to`, and the types differ. */
export function isWidening(from: DType | undefined, to: DType | undefined): boolean {
  const [narrow, wide] = [FLOAT_WIDTH.get(from), FLOAT_WIDTH.get(to)];
  return narrow !== undefined && wide !== undefined && narrow < wide;
}

/** The scalar by which an op multiplies its other operand, and that operand. */
export function scalarProduct(
  rewriter: Rewriter,
  op: Op,
): { readonly factor: number; readonly operand: ValueId } | undefined {
  const [a, b] = op.operands;
  if (op.domain !== "") return undefined;
  if (op.kind === "Neg" && a !== undefined) return { factor: -1, operand: a };
  if (a === undefined || b === undefined || (op.kind !== "Mul" && op.kind !== "Div")) return undefined;
  const right = readUniform(rewriter.graph.constant(b));
  if (right !== undefined) return { factor: op.kind === "Mul" ? right : 1 / right, operand: a };
  const left = op.kind === "Mul" ? readUniform(rewriter.graph.constant(a)) : undefined;
  return left === undefined ? undefined : { factor: left, operand: b };
}

/** What an op repeats along an axis. */
type Repetition =
  | { readonly kind: "tile"; readonly repeats: readonly number[] }
  | { readonly kind: "repeat"; readonly axis: number; readonly times: number }
  | { readonly kind: "gather"; readonly by: GatherView };

function repetitionOf(rewriter: Rewriter, op: Op): Repetition | undefined {
  const [x, second] = op.operands;
  const rank = rewriter.shapeOf(x)?.length;
  if (op.domain !== "" || x === undefined || rank === undefined) return undefined;
  if (op.kind === "Tile" && op.version >= 6) {
    const repeats = constantInts(rewriter.graph, second);
    return repeats === undefined ? undefined : { kind: "tile", repeats };
  }
  const axis = intAttr(op, "axis", 0);
  const along = axis < 0 ? axis + rank : axis;
  if (op.kind === "Concat" && op.operands.length > 1 && op.operands.every((id) => id === x)) {
    return { kind: "tile", repeats: Array.from({ length: rank }, (_, i) => (i === along ? op.operands.length : 1)) };
  }
  const by = gatherViewOf(rewriter, op);
  if (by !== undefined) return { kind: "gather", by };
  if (op.kind !== "Gather" || rewriter.shapeOf(second)?.length !== 1) return undefined;
  const indices = constantInts(rewriter.graph, second);
  const length = rewriter.shapeOf(x)?.[along] ?? 0;
  if (indices === undefined || length < 1 || indices.length % length !== 0) return undefined;
  const times = indices.length / length;
  const chosen = indices.map((index) => (index < 0 ? index + length : index));
  if (chosen.every((index, i) => index === Math.floor(i / times))) return { kind: "repeat", axis: along, times };
  if (!chosen.every((index, i) => index === i % length)) return undefined;
  return { kind: "tile", repeats: Array.from({ length: rank }, (_, i) => (i === along ? times : 1)) };
}

/**
 * Traces a value to the furthest source of which it is a view.
 */
export function traceView(rewriter: Rewriter, value: ValueId, options: TraceOptions = {}): ViewTrace | undefined {
  const chain: Op[] = [];
  let source = value;
  for (let op = rewriter.graph.producer(source); op !== undefined; op = rewriter.graph.producer(source)) {
    const next = passedOperand(rewriter, op, options);
    if (next === undefined || rewriter.shapeOf(next) === undefined) break;
    chain.unshift(op);
    source = next;
  }
  return followChain(rewriter, source, chain);
}

function passedOperand(rewriter: Rewriter, op: Op, { scalars, casts }: TraceOptions): ValueId | undefined {
  const [first] = op.operands;
  if (isView(rewriter, op)) return first;
  if (casts === true && op.domain === "" && op.kind === "Cast" && first !== undefined) {
    const [result] = op.results;
    return result !== undefined && isWidening(rewriter.dtypeOf(first), rewriter.dtypeOf(result)) ? first : undefined;
  }
  return scalars === true ? scalarProduct(rewriter, op)?.operand : undefined;
}

/** Applies the chain's ops; where one is no view of what came before, the trace starts over at its result. */
function followChain(rewriter: Rewriter, source: ValueId, chain: readonly Op[]): ViewTrace | undefined {
  const start = (id: ValueId): ViewTrace | undefined => {
    const view = identityView(rewriter.shapeOf(id) ?? [0]);
    return view === undefined ? undefined : { source: id, view, ops: [], factor: 1 };
  };
  let trace = start(source);
  for (const op of chain) {
    const [result] = op.results;
    if (result === undefined) return undefined;
    const step = trace === undefined ? undefined : applyOp(rewriter, trace, op);
    trace = step ?? start(result);
  }
  return trace;
}

function applyOp(rewriter: Rewriter, trace: ViewTrace, op: Op): ViewTrace | undefined {
  const view = applyView(rewriter, trace.view, op);
  if (view === undefined) return undefined;
  const scalar = isViewOp(op) ? undefined : scalarProduct(rewriter, op);
  return { source: trace.source, view, ops: [...trace.ops, op], factor: trace.factor * (scalar?.factor ?? 1) };
}

/** The view followed by what the op does to the places of elements; undefined if that is no view. */
export function applyView(rewriter: Rewriter, view: View, op: Op): View | undefined {
  const shape = rewriter.shapeOf(op.results[0]);
  if (shape === undefined) return undefined;
  if (op.kind === "Transpose") {
    return transposeView(view, intsAttr(op, "perm") ?? shape.map((_, axis) => shape.length - 1 - axis));
  }
  if (op.kind === "Expand") return expandView(view, shape);
  const repetition = repetitionOf(rewriter, op);
  if (repetition?.kind === "tile") return tileView(view, repetition.repeats);
  if (repetition?.kind === "gather") return applyGather(view, repetition.by);
  if (repetition?.kind === "repeat") return repeatView(view, repetition.axis, repetition.times);
  // A scalar of higher rank than its operand adds unit dimensions, as a reshape does; one that repeats the operand is no view.
  return reshapeView(view, shape);
}

/** Emits the view of `source` and returns the value that holds it. */
export function emitView(rewriter: Rewriter, source: ValueId, view: View, covers: readonly Op[]): ValueId {
  let value = source;
  for (const step of planView(view)) {
    if (step.kind === "transpose") {
      value = rewriter.emit("Transpose", [value], { attrs: attrsOf({ perm: attr.ints(step.perm) }), covers });
      continue;
    }
    const shape = rewriter.constant("shape", tensorOf("i64", [step.shape.length], step.shape));
    value = rewriter.emit(step.kind === "reshape" ? "Reshape" : "Expand", [value, shape], { covers });
  }
  return value;
}
