// Rearranging elements of any dtype but c128: a strided view is copied out. Transpose, Slice, Expand and others differ only
// in the strides and the offset.
import {
  codesOf,
  describeTensor,
  elementCount,
  isPacked,
  makeTensor,
  stridesOf,
  tensorOfCodes,
} from "@waferc/numerics";
import type { DataOf, DType, Tensor } from "@waferc/numerics";
import { OpError } from "../op-error.ts";

/** Elements as units that are moved without being read: words of their width (a byte, if they are packed), or strings. */
export type Units = Uint8Array | Uint16Array | Uint32Array | BigUint64Array | string[];

/** The data as units. Shared with the tensor: do not write. */
export function unitsOf(tensor: Tensor): Units {
  if (tensor.dtype === "string") return tensor.data as string[];
  if (isPacked(tensor.dtype)) return codesOf(tensor) as Uint8Array;
  if (tensor.dtype === "c64") return new BigUint64Array(Float32Array.from(tensor.data).buffer);
  const { buffer, byteOffset, length, BYTES_PER_ELEMENT: width } = tensor.data;
  if (length !== elementCount(tensor.shape)) {
    throw new OpError(`cannot move single elements of ${describeTensor(tensor)}`);
  }
  if (width === 1) return new Uint8Array(buffer, byteOffset, length);
  if (width === 2) return new Uint16Array(buffer, byteOffset, length);
  return width === 4 ? new Uint32Array(buffer, byteOffset, length) : new BigUint64Array(buffer, byteOffset, length);
}

/** Room for `length` units of the same kind, all zero. */
export function newUnits(like: Units, length: number): Units {
  if (Array.isArray(like)) return new Array<string>(length).fill("");
  if (like instanceof Uint8Array) return new Uint8Array(length);
  if (like instanceof Uint16Array) return new Uint16Array(length);
  return like instanceof Uint32Array ? new Uint32Array(length) : new BigUint64Array(length);
}

/** A tensor of units that were taken from tensors of this dtype. */
export function tensorOfUnits(dtype: DType, shape: readonly number[], units: Units): Tensor {
  if (Array.isArray(units)) return makeTensor("string", shape, units);
  if (isPacked(dtype)) return tensorOfCodes(dtype, shape, units as Uint8Array);
  const { buffer, byteOffset, length } = units;
  if (dtype === "c64") return makeTensor("c64", shape, new Float32Array(buffer as ArrayBuffer, byteOffset, 2 * length));
  const view = VIEWS[dtype];
  if (view === undefined) throw new OpError(`cannot move single elements of ${dtype}`);
  return makeTensor(dtype, shape, new view(buffer, byteOffset, length) as unknown as DataOf<typeof dtype>);
}

type View = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => object;
const VIEWS: Partial<Record<DType, View>> = {
  f64: Float64Array,
  f32: Float32Array,
  f16: Uint16Array,
  bf16: Uint16Array,
  f8e4m3fn: Uint8Array,
  f8e4m3fnuz: Uint8Array,
  f8e5m2: Uint8Array,
  f8e5m2fnuz: Uint8Array,
  f8e8m0: Uint8Array,
  i64: BigInt64Array,
  i32: Int32Array,
  i16: Int16Array,
  i8: Int8Array,
  u64: BigUint64Array,
  u32: Uint32Array,
  u16: Uint16Array,
  u8: Uint8Array,
  bool: Uint8Array,
};

/** Copies `units[offset + sum(index * stride)]` for every index of `shape`, row-major. */
export function copyView(units: Units, shape: readonly number[], strides: readonly number[], offset = 0): Units {
  const result = newUnits(units, elementCount(shape));
  const [source, target] = [units as Uint32Array, result as Uint32Array]; // one width at run time
  const last = shape.length - 1;
  const [count, step] = last < 0 ? [1, 0] : [shape[last]!, strides[last]!];
  forEachRow(shape, strides, offset, (from, to) => {
    for (let i = 0; i < count; i++) target[to + i] = source[from + i * step]!;
  });
  return result;
}

/** Calls `visit` with source and target offset of each row along the last axis. */
function forEachRow(
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
  visit: (from: number, to: number) => void,
): void {
  const rank = shape.length;
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const width = rank === 0 ? 1 : shape[rank - 1]!;
  const index = new Array<number>(rank).fill(0);
  let from = offset;
  for (let row = 0; row < rows; row++) {
    visit(from, row * width);
    for (let axis = rank - 2; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
}

export function transposeTensor(tensor: Tensor, perm: readonly number[]): Tensor {
  const strides = stridesOf(tensor.shape);
  const shape = perm.map((axis) => tensor.shape[axis]!);
  return tensorOfUnits(
    tensor.dtype,
    shape,
    copyView(
      unitsOf(tensor),
      shape,
      perm.map((axis) => strides[axis]!),
    ),
  );
}

/** The tensor broadcast to a shape; itself if it has that shape. */
export function expandTensor(tensor: Tensor, shape: readonly number[]): Tensor {
  if (tensor.shape.length === shape.length && tensor.shape.every((extent, i) => extent === shape[i])) return tensor;
  return tensorOfUnits(tensor.dtype, shape, copyView(unitsOf(tensor), shape, broadcastStrides(tensor.shape, shape)));
}

/** Strides over `target` of a row-major tensor that broadcasts to it: 0 along the axes that repeat. */
export function broadcastStrides(shape: readonly number[], target: readonly number[]): number[] {
  const strides = stridesOf(shape);
  const missing = target.length - shape.length;
  return target.map((_, axis) => (axis < missing || shape[axis - missing] === 1 ? 0 : strides[axis - missing]!));
}

/**
 * For each index of `target`, row-major, the element of a tensor of `shape` that broadcasts there.
 * Undefined if that is the index itself.
 */
export function broadcastIndex(shape: readonly number[], target: readonly number[]): Int32Array | undefined {
  const count = elementCount(target);
  if (elementCount(shape) === count) return undefined;
  const index = new Int32Array(count);
  const strides = broadcastStrides(shape, target);
  const step = strides[strides.length - 1] ?? 0;
  const width = target[target.length - 1] ?? 1;
  forEachRow(target, strides, 0, (from, to) => {
    for (let i = 0; i < width; i++) index[to + i] = from + i * step;
  });
  return index;
}
