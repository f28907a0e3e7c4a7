// Pieces of tensors along an axis: taken out, joined one after the other, or stacked on an axis of their own. Elements are
// moved, not read.
import type { Shape, ValueType } from "@waferc/ir/graph";
import { elementCount, reshapeTensor, stridesOf, zeros } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { require } from "../op-error.ts";
import { normalAxis, printShape } from "../shapes.ts";
import { copyView, newUnits, tensorOfUnits, unitsOf } from "./views.ts";

/** `count` positions along an axis, from `start` on. */
export function sliceTensor(tensor: Tensor, axis: number, start: number, count: number): Tensor {
  const shape = tensor.shape.with(axis, count);
  const strides = stridesOf(tensor.shape);
  return tensorOfUnits(tensor.dtype, shape, copyView(unitsOf(tensor), shape, strides, start * strides[axis]!));
}

/** One position along an axis, which the result does not have. */
export function pickTensor(tensor: Tensor, axis: number, index: number): Tensor {
  return reshapeTensor(sliceTensor(tensor, axis, index, 1), tensor.shape.toSpliced(axis, 1));
}

/**
 * The parts one after the other along an axis that each of them has.
 * @throws OpError if there is no part, or parts differ in dtype or in another length
 */
export function joinTensors(parts: readonly Tensor[], axis: number): Tensor {
  const [first] = parts;
  require(first !== undefined, "needs at least one tensor to join");
  for (const { dtype, shape } of parts) {
    const fits = shape.length === first.shape.length && shape.every((n, i) => i === axis || n === first.shape[i]);
    require(fits && dtype === first.dtype, () =>
      `cannot join ${dtype}${printShape(shape)} with ${first.dtype}${printShape(first.shape)} along axis ${axis}`);
  }
  const shape = first.shape.with(
    axis,
    parts.reduce((sum, part) => sum + part.shape[axis]!, 0),
  );
  const inner = elementCount(shape.slice(axis + 1));
  const outer = elementCount(shape.slice(0, axis));
  const sources = parts.map((part) => ({ units: unitsOf(part) as Uint32Array, run: part.shape[axis]! * inner }));
  const to = newUnits(unitsOf(first), elementCount(shape));
  const target = to as Uint32Array; // one width at run time
  let at = 0;
  for (let row = 0; row < outer; row++) {
    for (const { units, run } of sources) {
      for (let i = 0; i < run; i++) target[at + i] = units[row * run + i]!;
      at += run;
    }
  }
  return tensorOfUnits(first.dtype, shape, to);
}

/** Tensors of one type on a new axis, which counts in the result. @throws OpError as `joinTensors` does */
export function stackTensors(parts: readonly Tensor[], axis: number): Tensor {
  const own = normalAxis(axis, (parts[0]?.shape.length ?? 0) + 1);
  return joinTensors(
    parts.map((part) => reshapeTensor(part, part.shape.toSpliced(own, 0, 1))),
    own,
  );
}

/** The same, for loops that may never have run: then `type` says what a part would have been, unknown lengths being 0. */
export function stackOrEmpty(parts: readonly Tensor[], axis: number, type: ValueType | undefined): Tensor {
  if (parts.length > 0) return stackTensors(parts, axis);
  const { dtype, shape = [] } = type ?? {};
  require(dtype !== undefined, "needs the dtype of a result that it never computes to be declared");
  return zeros(
    dtype,
    insertLength(shape, axis, 0).map((dim) => (typeof dim === "number" ? dim : 0)),
  );
}

/** A shape with one more axis, which counts in the result. */
export function insertLength(shape: Shape, axis: number, length: Shape[number]): Shape {
  return shape.toSpliced(normalAxis(axis, shape.length + 1), 0, length);
}
