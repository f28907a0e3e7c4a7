// Masks as small as they can be: a mask that only repeats along a dimension has length 1 there, since masks broadcast. Elementwise
// ops on expanded operands are done on what was expanded, and constants keep one of equal slices.
import { qualifiedKind, type Op, type TensorSource, type ValueId } from "@waferc/ir/graph";
import { elementCount, fromFloat64, isFloat, tensorOf, toFloat64, type Tensor } from "@waferc/numerics";
import { opTable } from "@waferc/ops";
import { wholeUpdate } from "./gather-view.ts";
import type { Rewriter } from "./rewriter.ts";
import { emitView, traceView } from "./view-chain.ts";
import { regroupView } from "./view.ts";

/** A larger constant is not looked into. */
const MASK_BYTES = 2 ** 26;

/** A value of the same rank that broadcasts to `value`, as small as is known; `value` itself if it cannot be smaller. */
export function narrowMask(rewriter: Rewriter, value: ValueId): ValueId {
  const shape = rewriter.shapeOf(value);
  if (shape === undefined || shape.every((length) => length === 1)) return value;
  const source = rewriter.graph.constant(value);
  if (source !== undefined) return narrowConstant(rewriter, value, source);
  const op = rewriter.graph.producer(value);
  const written = op === undefined ? undefined : wholeUpdate(rewriter, op);
  if (written !== undefined) return narrowMask(rewriter, written);
  return narrowView(rewriter, value) ?? narrowElementwise(rewriter, value, shape) ?? value;
}

function narrowView(rewriter: Rewriter, value: ValueId): ValueId | undefined {
  const trace = traceView(rewriter, value);
  if (trace === undefined || trace.ops.length === 0) return undefined;
  const dims = trace.view.result.map((dim) => (dim.every(({ isRepeat }) => isRepeat) ? [] : dim));
  if (dims.every((dim, axis) => dim.length === trace.view.result[axis]?.length)) return undefined;
  return emitView(rewriter, trace.source, regroupView(trace.view, dims), trace.ops);
}

function narrowElementwise(rewriter: Rewriter, value: ValueId, shape: readonly number[]): ValueId | undefined {
  const op = rewriter.graph.producer(value);
  const isElementwise = op !== undefined && opTable.get(qualifiedKind(op))?.traits.includes("elementwise") === true;
  if (!isElementwise || op.domain !== "" || op.results.length !== 1 || op.attrs.has("axis")) return undefined;
  const narrow = op.operands.map((id) => (id === undefined ? undefined : narrowMask(rewriter, id)));
  const shapes = narrow.map((id) => rewriter.shapeOf(id) ?? []);
  const isSmaller = shape.some(
    (length, axis) => length > 1 && shapes.every((one) => (one[axis - shape.length + one.length] ?? 1) === 1),
  );
  const isSameRank = shapes.some((one) => one.length === shape.length);
  return isSmaller && isSameRank ? emitLike(rewriter, op, narrow) : undefined;
}

function emitLike(rewriter: Rewriter, op: Op, operands: readonly (ValueId | undefined)[]): ValueId {
  return rewriter.emit(op.kind, operands, { attrs: op.attrs, covers: [op] });
}

function narrowConstant(rewriter: Rewriter, value: ValueId, source: TensorSource): ValueId {
  if (source.byteLength > MASK_BYTES || (source.dtype !== "bool" && !isFloat(source.dtype))) return value;
  let data = toFloat64(source.read());
  const shape = [...source.shape];
  for (const axis of shape.keys()) {
    const inner = elementCount(shape.slice(axis + 1));
    const length = shape[axis] ?? 1;
    const first = data.filter((_, i) => Math.floor(i / inner) % length === 0);
    const isRepeated = data.every((element, i) => {
      const outer = Math.floor(i / (inner * length));
      return Object.is(element, first[outer * inner + (i % inner)]);
    });
    if (length === 1 || !isRepeated) continue;
    data = first;
    shape[axis] = 1;
  }
  if (shape.every((length, axis) => length === source.shape[axis])) return value;
  return rewriter.constant("mask", tensorLike(source.dtype, shape, data));
}

function tensorLike(dtype: TensorSource["dtype"], shape: readonly number[], data: Float64Array): Tensor {
  if (dtype === "bool")
    return tensorOf(
      "bool",
      [...shape],
      [...data].map((element) => element !== 0),
    );
  return fromFloat64(dtype === "f64" || dtype === "f16" || dtype === "bf16" ? dtype : "f32", shape, data);
}
