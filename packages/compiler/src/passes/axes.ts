// Which axes an op works on, whatever its version: axes were attributes before they became operands.
import { intAttr, intsAttr, type GraphBuilder, type Op, type ValueId } from "@waferc/ir/graph";
import { toFloat64 } from "@waferc/numerics";

/** Rank of a value, if it is known. */
export function rankOf(graph: GraphBuilder, id: ValueId | undefined): number | undefined {
  return id === undefined ? undefined : graph.value(id).shape?.length;
}

/** A constant list of integers. */
export function constantInts(graph: GraphBuilder, id: ValueId | undefined): number[] | undefined {
  const source = graph.constant(id);
  return source === undefined ? undefined : [...toFloat64(source.read())];
}

function normalAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/**
 * The first axis of a reduction over the last axes that keeps its dims, or undefined if the op reduces other axes.
 */
export function suffixReductionAxis(graph: GraphBuilder, op: Op): number | undefined {
  const rank = rankOf(graph, op.operands[0]);
  if (rank === undefined || intAttr(op, "keepdims", 1) === 0) return undefined;
  const axes = intsAttr(op, "axes") ?? constantInts(graph, op.operands[1]);
  if (axes === undefined) return undefined;
  const sorted = axes.map((axis) => normalAxis(axis, rank)).sort((a, b) => a - b);
  const first = sorted[0];
  return first !== undefined && sorted.every((axis, i) => axis === first + i) && first + sorted.length === rank
    ? first
    : undefined;
}

/** Whether an op with an `axis` attribute works on the last axis of its result. */
export function isOnLastAxis(graph: GraphBuilder, op: Op): boolean {
  const rank = rankOf(graph, op.results[0]);
  const axis = intAttr(op, "axis");
  return rank !== undefined && axis !== undefined && normalAxis(axis, rank) === rank - 1;
}

/** Whether a Softmax normalises along the last axis only: since version 13 by default, before that only if its axis says so. */
export function isLastAxisSoftmax(graph: GraphBuilder, op: Op): boolean {
  const rank = rankOf(graph, op.operands[0]);
  if (op.domain !== "" || op.kind !== "Softmax" || rank === undefined) return false;
  return normalAxis(intAttr(op, "axis", op.version >= 13 ? -1 : 1), rank) === rank - 1;
}

export interface AxisSlice {
  readonly of: ValueId;
  readonly start: number;
  readonly end: number;
}

/** The range of the last axis that a Slice or a Split result is, with step 1 and static bounds. */
export function lastAxisSlice(graph: GraphBuilder, id: ValueId): AxisSlice | undefined {
  const op = graph.producer(id);
  const [of] = op?.operands ?? [];
  const rank = rankOf(graph, of);
  if (op === undefined || of === undefined || rank === undefined || op.domain !== "") return undefined;
  if (op.kind === "Split") return splitRange(graph, op, of, id, rank);
  const [, starts, ends, axes, steps] = op.operands;
  if (op.kind !== "Slice" || starts === undefined) return undefined;
  const [start, end, axis, step] = [starts, ends, axes, steps].map((operand) => onlyInt(graph, operand));
  const length = graph.value(of).shape?.at(-1);
  if (start === undefined || end === undefined || axis === undefined || typeof length !== "number") return undefined;
  if (normalAxis(axis, rank) !== rank - 1 || (steps !== undefined && step !== 1)) return undefined;
  const clamp = (bound: number): number => Math.min(Math.max(bound < 0 ? bound + length : bound, 0), length);
  return { of, start: clamp(start), end: clamp(end) };
}

function onlyInt(graph: GraphBuilder, id: ValueId | undefined): number | undefined {
  const list = constantInts(graph, id);
  return list?.length === 1 ? list[0] : undefined;
}

function splitRange(graph: GraphBuilder, op: Op, of: ValueId, id: ValueId, rank: number): AxisSlice | undefined {
  if (normalAxis(intAttr(op, "axis", 0), rank) !== rank - 1) return undefined;
  let start = 0;
  for (const result of op.results) {
    const length = result === undefined ? undefined : graph.value(result).shape?.at(-1);
    if (typeof length !== "number") return undefined;
    if (result === id) return { of, start, end: start + length };
    start += length;
  }
  return undefined;
}
