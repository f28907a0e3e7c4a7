// Gather and GatherND with constant indices that only rearrange or repeat their operand, as exporters write a padding mask for all
// heads and queries. Indices count through the gathered dimensions in a mixed radix: index = sum of stride[k] * i[k], where the
// strides other than 0 cut the gathered length into factors; a stride of 0 repeats.
import { intAttr, stringAttr, type Op, type ValueId } from "@waferc/ir/graph";
import { constantInts } from "./axes.ts";
import type { Rewriter } from "./rewriter.ts";
import { reshapeView, type Factor, type View } from "./view.ts";

export interface GatherView {
  /** The operand's shape with the gathered dimensions cut into factors, and where those are. */
  readonly shape: readonly number[];
  /** For each dimension of the result: one of `shape`, or a length to repeat. */
  readonly dims: readonly ({ readonly axis: number } | { readonly repeat: number })[];
}

/** More indices than this are no mask. */
const MAX_INDICES = 2 ** 18;

export function gatherViewOf(rewriter: Rewriter, op: Op): GatherView | undefined {
  const [x, id] = op.operands;
  const [shape, indexShape] = [rewriter.shapeOf(x), rewriter.shapeOf(id)];
  if (op.domain !== "" || shape === undefined || indexShape === undefined) return undefined;
  if (op.kind !== "Gather" && (op.kind !== "GatherND" || intAttr(op, "batch_dims", 0) !== 0)) return undefined;
  const count = indexShape.reduce((a, b) => a * b, 1);
  // One index chooses; that there was one to choose from only is a matter of the lengths at hand.
  const indices = count > 1 && count <= MAX_INDICES ? constantInts(rewriter.graph, id) : undefined;
  if (indices === undefined) return undefined;
  if (op.kind === "Gather") {
    const axis = intAttr(op, "axis", 0);
    const along = axis < 0 ? axis + shape.length : axis;
    return cut(shape, along, 1, indexShape, wrapped(indices, shape[along] ?? 1));
  }
  const depth = indexShape.at(-1) ?? 0;
  if (depth === 0) return undefined;
  return cut(shape, 0, depth, indexShape.slice(0, -1), flatIndices(indices, depth, shape));
}

function wrapped(indices: readonly number[], length: number): number[] {
  return indices.map((index) => (index < 0 ? index + length : index));
}

/** The view that gathers dimensions `from` to `from + depth` of `shape` by flat indices of shape `indexShape`. */
function cut(
  shape: readonly number[],
  from: number,
  depth: number,
  indexShape: readonly number[],
  indices: readonly number[],
): GatherView | undefined {
  const length = shape.slice(from, from + depth).reduce((a, b) => a * b, 1);
  const strides = stridesOf(indexShape, indices);
  if (strides === undefined || depth === 0) return undefined;
  const chain = strides
    .map((stride, k) => ({ stride, k, length: indexShape[k] ?? 1 }))
    .filter((one) => one.stride !== 0)
    .sort((a, b) => b.stride - a.stride);
  let next = 1;
  for (const one of chain.toReversed()) {
    if (one.stride !== next) return undefined;
    next *= one.length;
  }
  if (next !== length) return undefined;
  const post = shape.slice(from + depth);
  const places = new Map(chain.map(({ k }, i) => [k, from + i] as const));
  const middle = indexShape.map((repeat, k) => {
    const axis = places.get(k);
    return axis === undefined ? { repeat } : { axis };
  });
  return {
    shape: [...shape.slice(0, from), ...chain.map((one) => one.length), ...post],
    dims: [
      ...shape.slice(0, from).map((_, axis) => ({ axis })),
      ...middle,
      ...post.map((_, i) => ({ axis: from + chain.length + i })),
    ],
  };
}

/** By how much the index grows along each dimension, if it starts at 0 and does so evenly. */
function stridesOf(shape: readonly number[], indices: readonly number[]): number[] | undefined {
  const steps = shape.map((_, k) => shape.slice(k + 1).reduce((a, b) => a * b, 1));
  const strides = shape.map((length, k) => (length > 1 ? (indices[steps[k] ?? 0] ?? 0) - (indices[0] ?? 0) : 0));
  const isEven = indices.every((index, flat) => {
    const sum = strides.reduce((total, stride, k) => {
      const i = Math.floor(flat / (steps[k] ?? 1)) % (shape[k] ?? 1);
      return total + stride * i;
    }, 0);
    return index === sum;
  });
  return isEven && strides.every((stride) => stride >= 0) ? strides : undefined;
}

/** The view followed by the gathering. */
export function applyGather(view: View, { shape, dims }: GatherView): View | undefined {
  const split = reshapeView(view, shape);
  if (split === undefined) return undefined;
  const repeated = (length: number): readonly Factor[] => (length === 1 ? [] : [{ length, isRepeat: true }]);
  return {
    source: split.source,
    result: dims.map((dim) => ("axis" in dim ? (split.result[dim.axis] ?? []) : repeated(dim.repeat))),
  };
}

/** The updates of a ScatterND that writes every element once, in order; exporters write assignments to slices of masks so. */
export function wholeUpdate(rewriter: Rewriter, op: Op): ValueId | undefined {
  const [data, id, updates] = op.operands;
  const [shape, indexShape] = [rewriter.shapeOf(data), rewriter.shapeOf(id)];
  if (op.domain !== "" || op.kind !== "ScatterND" || shape === undefined || indexShape === undefined) return undefined;
  if ((stringAttr(op, "reduction") ?? "none") !== "none") return undefined;
  const depth = indexShape.at(-1) ?? 0;
  const isWhole = [...indexShape.slice(0, -1), ...shape.slice(depth)].join() === shape.join();
  const indices = isWhole && depth > 0 ? constantInts(rewriter.graph, id) : undefined;
  if (indices === undefined) return undefined;
  const flat = flatIndices(indices, depth, shape);
  return flat.every((index, i) => index === i) ? updates : undefined;
}

/** Tuples of `depth` indices into the first dimensions of `shape` as one number each. */
function flatIndices(indices: readonly number[], depth: number, shape: readonly number[]): number[] {
  return Array.from({ length: indices.length / depth }, (_, i) =>
    indices.slice(i * depth, (i + 1) * depth).reduce((sum, index, k) => {
      const length = shape[k] ?? 1;
      return sum * length + (index < 0 ? index + length : index);
    }, 0),
  );
}
