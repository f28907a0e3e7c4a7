// Tensors: element type, shape and row-major data in a typed array. f16 and bf16 are stored as their bits, bool as 0 and 1,
// 64-bit integers as bigints, complex numbers as pairs, elements below 8 bits packed. A tensor is not edited once it is shared.
// Bytes are little-endian, as in every file that is read or written; big-endian hosts are not supported.

import { DTypeError } from "./dtype-error.ts";
import { sha256 } from "@waferc/base";
import { bitsOf, byteLengthOf } from "./dtype.ts";
import type { DType } from "./dtype.ts";
import { decoderOf, encoderOf } from "./element-codec.ts";
import type { ElementValue } from "./element-codec.ts";
import { codeAt, isPacked, packCodes, unpackCodes } from "./packed.ts";
import type { PackedDType } from "./packed.ts";
import { bf16FromNumber, bf16ToNumber, f16FromNumber, f16ToNumber } from "./rounding.ts";
import { isSmallFloat, smallFloatFromNumber, smallFloatValues } from "./small-floats.ts";
import type { SmallFloat, SmallFloatRounding } from "./small-floats.ts";

interface Storage {
  f64: Float64Array;
  f32: Float32Array;
  f16: Uint16Array;
  bf16: Uint16Array;
  f8e4m3fn: Uint8Array;
  f8e4m3fnuz: Uint8Array;
  f8e5m2: Uint8Array;
  f8e5m2fnuz: Uint8Array;
  f8e8m0: Uint8Array;
  f4e2m1: Uint8Array;
  i64: BigInt64Array;
  i32: Int32Array;
  i16: Int16Array;
  i8: Int8Array;
  i4: Uint8Array;
  i2: Uint8Array;
  u64: BigUint64Array;
  u32: Uint32Array;
  u16: Uint16Array;
  u8: Uint8Array;
  u4: Uint8Array;
  u2: Uint8Array;
  bool: Uint8Array;
  string: readonly string[];
  c64: Float32Array;
  c128: Float64Array;
}

/** What holds the elements of a tensor of type `D`. */
export type DataOf<D extends DType> = Storage[D];

/** A tensor of one of the types `D`; testing `dtype` narrows `data`. */
export type Tensor<D extends DType = DType> = {
  readonly [K in D]: { readonly dtype: K; readonly shape: readonly number[]; readonly data: Storage[K] };
}[D];

const ARRAYS = {
  f64: Float64Array,
  f32: Float32Array,
  f16: Uint16Array,
  bf16: Uint16Array,
  f8e4m3fn: Uint8Array,
  f8e4m3fnuz: Uint8Array,
  f8e5m2: Uint8Array,
  f8e5m2fnuz: Uint8Array,
  f8e8m0: Uint8Array,
  f4e2m1: Uint8Array,
  i64: BigInt64Array,
  i32: Int32Array,
  i16: Int16Array,
  i8: Int8Array,
  i4: Uint8Array,
  i2: Uint8Array,
  u64: BigUint64Array,
  u32: Uint32Array,
  u16: Uint16Array,
  u8: Uint8Array,
  u4: Uint8Array,
  u2: Uint8Array,
  bool: Uint8Array,
  c64: Float32Array,
  c128: Float64Array,
} as const;

/** What all typed-array constructors have, for elements that `encoderOf` made fit. */
interface ArrayMaker {
  from(elements: readonly unknown[]): unknown;
}

type ArrayConstructor = (typeof ARRAYS)[keyof typeof ARRAYS];

function arrayOf(dtype: DType): ArrayConstructor {
  if (dtype === "string") throw new DTypeError("strings are not in a typed array");
  return ARRAYS[dtype];
}

/** Number of elements; 1 for the empty shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((count, extent) => count * extent, 1);
}

/** Row-major strides in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** Array elements that `count` elements of `dtype` take. */
function storageLength(dtype: DType, count: number): number {
  if (dtype === "string") return count;
  return byteLengthOf(dtype, count) / arrayOf(dtype).BYTES_PER_ELEMENT;
}

/**
 * A tensor over `data`, which is not copied.
 * @throws RangeError if the shape is not one, or the data has another length
 */
export function makeTensor<D extends DType>(dtype: D, shape: readonly number[], data: DataOf<D>): Tensor<D> {
  if (!shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
    throw new RangeError(`shape [${shape.join(",")}] must have integers from 0`);
  }
  const needed = storageLength(dtype, elementCount(shape));
  if (data.length !== needed) {
    throw new RangeError(`${dtype}[${shape.join(",")}] needs ${needed} array elements, but has ${data.length}`);
  }
  return Object.freeze({ dtype, shape: Object.freeze([...shape]), data }) as unknown as Tensor<D>;
}

/** All zeros, `false` or empty strings. */
export function zeros<D extends DType>(dtype: D, shape: readonly number[]): Tensor<D> {
  const length = storageLength(dtype, elementCount(shape));
  const data = dtype === "string" ? new Array<string>(length).fill("") : new (arrayOf(dtype))(length);
  return makeTensor(dtype, shape, data as unknown as DataOf<D>);
}

/**
 * A tensor of the given elements, rounded or wrapped to the type; 8-bit floats saturate.
 * @throws RangeError if their number is not that of the shape, or the type is complex
 */
export function tensorOf<D extends DType>(
  dtype: D,
  shape: readonly number[],
  values: Iterable<ElementValue>,
): Tensor<D> {
  const encoded = Array.from(values, encoderOf(dtype));
  if (dtype === "string") return makeTensor(dtype, shape, encoded as unknown as DataOf<D>);
  if (!isPacked(dtype)) return makeTensor(dtype, shape, (arrayOf(dtype) as ArrayMaker).from(encoded) as DataOf<D>);
  return tensorOfCodes(dtype, shape, encoded as number[]) as unknown as Tensor<D>;
}

/**
 * A tensor of elements below 8 bits from the low bits of numbers, one for each element.
 * @throws RangeError if their number is not that of the shape
 */
export function tensorOfCodes<D extends PackedDType>(
  dtype: D,
  shape: readonly number[],
  codes: ArrayLike<number>,
): Tensor<D> {
  if (codes.length !== elementCount(shape)) {
    throw new RangeError(`${dtype}[${shape.join(",")}] needs ${elementCount(shape)} elements, but has ${codes.length}`);
  }
  return makeTensor<PackedDType>(dtype, shape, packCodes(codes, bitsOf(dtype))) as Tensor<D>;
}

/** What the tensor holds, one array element for each of its elements: those below 8 bits as codes, a fresh array. */
export function codesOf(tensor: Tensor): Tensor["data"] {
  if (!isPacked(tensor.dtype)) return tensor.data;
  return unpackCodes(tensor.data as Uint8Array, bitsOf(tensor.dtype), elementCount(tensor.shape));
}

/** A tensor with the same value everywhere. */
export function fullTensor<D extends DType>(dtype: D, shape: readonly number[], value: ElementValue): Tensor<D> {
  const encoded = encoderOf(dtype)(value);
  if (isPacked(dtype)) {
    const codes = new Uint8Array(elementCount(shape)).fill(Number(encoded));
    return tensorOfCodes(dtype, shape, codes) as unknown as Tensor<D>;
  }
  const data = zeros(dtype, shape).data as unknown as { fill(element: unknown): unknown };
  data.fill(encoded);
  return makeTensor(dtype, shape, data as unknown as DataOf<D>);
}

export function scalarTensor<D extends DType>(dtype: D, value: ElementValue): Tensor<D> {
  return fullTensor(dtype, [], value);
}

/** Element `index` (row-major) as a plain value: bool as boolean, 64-bit integers as bigint, other numbers as number. */
export function elementAt(tensor: Tensor, index: number): ElementValue {
  const isInside = index >= 0 && index < elementCount(tensor.shape);
  if (!isInside) throw new RangeError(`element ${index} of ${describeTensor(tensor)} does not exist`);
  const stored = isPacked(tensor.dtype)
    ? codeAt(tensor.data as Uint8Array, bitsOf(tensor.dtype), index)
    : tensor.data[index];
  return decoderOf(tensor.dtype)(stored as never);
}

/** All elements as plain values, row-major. */
export function toValues(tensor: Tensor): ElementValue[] {
  const decode = decoderOf(tensor.dtype);
  return Array.from<unknown, ElementValue>(codesOf(tensor) as Iterable<unknown>, (stored) => decode(stored as never));
}

/** All elements as doubles; 64-bit integers beyond 2^53 lose digits. A fresh array, except for f64 itself. */
export function toFloat64(tensor: Tensor): Float64Array {
  switch (tensor.dtype) {
    case "f64":
      return tensor.data;
    case "f32":
    case "i32":
    case "i16":
    case "i8":
    case "u32":
    case "u16":
    case "u8":
    case "bool":
      return Float64Array.from(tensor.data);
    case "f16":
      return Float64Array.from(tensor.data, f16ToNumber);
    case "bf16":
      return Float64Array.from(tensor.data, bf16ToNumber);
    case "i64":
    case "u64":
      return Float64Array.from(tensor.data as Iterable<bigint>, Number);
    case "f8e4m3fn":
    case "f8e4m3fnuz":
    case "f8e5m2":
    case "f8e5m2fnuz":
    case "f8e8m0":
    case "f4e2m1": {
      const values = smallFloatValues(tensor.dtype);
      return Float64Array.from(codesOf(tensor) as Uint8Array, (code) => values[code]!);
    }
    case "i4":
    case "u4":
    case "i2":
    case "u2":
      return Float64Array.from(codesOf(tensor) as Uint8Array, decoderOf(tensor.dtype) as (code: number) => number);
    default:
      throw new DTypeError(`elements of ${tensor.dtype} are not single numbers`);
  }
}

/** A float tensor of doubles, each rounded once. `rounding` says what small floats do with what does not fit. */
export function fromFloat64<D extends "f64" | "f32" | "f16" | "bf16" | SmallFloat>(
  dtype: D,
  shape: readonly number[],
  values: Float64Array,
  rounding: SmallFloatRounding = {},
): Tensor<D> {
  let data: Float64Array | Float32Array | Uint16Array | Uint8Array;
  if (isSmallFloat(dtype)) {
    const format: SmallFloat = dtype;
    data = Uint8Array.from(values, (value) => smallFloatFromNumber(format, value, rounding));
    if (isPacked(dtype)) data = packCodes(data, bitsOf(dtype));
  } else if (dtype === "f64") data = values;
  else if (dtype === "f32") data = Float32Array.from(values);
  else data = Uint16Array.from(values, dtype === "f16" ? f16FromNumber : bf16FromNumber);
  return makeTensor(dtype, shape, data as DataOf<D>);
}

/** The same elements under another shape. The data is shared. */
export function reshapeTensor<D extends DType>(tensor: Tensor<D>, shape: readonly number[]): Tensor<D> {
  return makeTensor<D>(tensor.dtype, shape, tensor.data);
}

/**
 * Row-major little-endian bytes. A view of the tensor's memory, so do not write to it.
 * @throws RangeError for strings
 */
export function bytesOf(tensor: Tensor): Uint8Array {
  if (tensor.dtype === "string") throw new DTypeError("a tensor of strings has no fixed bytes");
  return new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
}

/**
 * A tensor from row-major little-endian bytes, which are copied.
 * @throws RangeError if their number is wrong, or for strings
 */
export function tensorFromBytes<D extends DType>(dtype: D, shape: readonly number[], bytes: Uint8Array): Tensor<D> {
  if (dtype === "string") throw new DTypeError("a tensor of strings has no fixed bytes");
  const needed = byteLengthOf(dtype, elementCount(shape));
  if (bytes.length !== needed) {
    throw new RangeError(`${dtype}[${shape.join(",")}] needs ${needed} B, but has ${bytes.length} B`);
  }
  const data = new (arrayOf(dtype))(Uint8Array.from(bytes).buffer);
  return makeTensor(dtype, shape, data as unknown as DataOf<D>);
}

/** SHA-256 of `bytesOf(tensor)`; type and shape are not part of it. */
export function tensorDigest(tensor: Tensor): string {
  return sha256(bytesOf(tensor));
}

/** Whether type, shape and every bit are equal: NaN equals itself, and -0 is not 0. */
export function areTensorsIdentical(a: Tensor, b: Tensor): boolean {
  if (a.dtype !== b.dtype || a.shape.length !== b.shape.length) return false;
  if (!a.shape.every((extent, axis) => extent === b.shape[axis])) return false;
  if (a.dtype === "string" && b.dtype === "string") return a.data.every((text, i) => text === b.data[i]);
  const [left, right] = [bytesOf(a), bytesOf(b)];
  return left.every((byte, i) => byte === right[i]);
}

/** Such as `f32[4,8]`. */
export function describeTensor(tensor: { readonly dtype: DType; readonly shape: readonly number[] }): string {
  return `${tensor.dtype}[${tensor.shape.join(",")}]`;
}
