// Weights as onnxruntime's block-quantised ops store them: rows of unsigned integers of 2, 4 or 8 bits, packed from the
// low end of each byte, in blocks that share a scale and a zero point. Rows are dequantised one at a time, in doubles,
// so that a whole matrix never is.
import type { Tensor } from "@waferc/numerics";
import { OpError } from "../op-error.ts";
import type { Floats } from "./floats.ts";
import { floatsOf } from "./floats.ts";
import { roundHalfEven } from "./special.ts";

export type PackedBits = 2 | 4 | 8;

export function packedBits(bits: number): PackedBits {
  if (bits === 2 || bits === 4 || bits === 8) return bits;
  throw new OpError(`needs weights of 2, 4 or 8 bits, but found ${bits}`);
}

/** Bytes that `count` elements take; rows begin at a byte. */
export function packedLength(count: number, bits: PackedBits): number {
  return Math.ceil((count * bits) / 8);
}

export function packedBytes(tensor: Tensor): Uint8Array {
  if (tensor.dtype === "u8") return tensor.data;
  throw new OpError(`needs packed u8 elements, but found ${tensor.dtype}`);
}

/** The element at an index of elements packed from byte `start` on. */
export function packedElement(bytes: Uint8Array, start: number, index: number, bits: PackedBits): number {
  if (bits === 8) return bytes[start + index]!;
  const bit = index * bits;
  return (bytes[start + (bit >> 3)]! >> (bit & 7)) & ((1 << bits) - 1);
}

/** Zero points by row and block: `perRow` of them in each row. */
export interface ZeroPoints {
  readonly tensor: Tensor | undefined;
  readonly perRow: number;
}

/** A zero point from a packed or float tensor; half of the range if there is none. */
export function zeroPointReader({ tensor, perRow }: ZeroPoints, bits: PackedBits): (row: number, i: number) => number {
  if (tensor === undefined) return () => 2 ** (bits - 1);
  if (tensor.dtype === "u8") {
    const [bytes, rowBytes] = [tensor.data, packedLength(perRow, bits)];
    return (row, i) => packedElement(bytes, row * rowBytes, i, bits);
  }
  const values = floatsOf(tensor);
  return (row, i) => values[row * perRow + i]!;
}

export interface QuantizedRows {
  readonly bytes: Uint8Array;
  readonly bits: PackedBits;
  /** Elements of a row that count; padding may follow. */
  readonly rowLength: number;
  readonly rowBytes: number;
  readonly blockLength: number;
  /** [rows, blocks] */
  readonly scales: Floats;
  readonly zeroPoint: (row: number, block: number) => number;
}

/** Writes a row's elements, (stored - zero point) * scale, to `to`. */
export function dequantizeRow(from: QuantizedRows, row: number, to: Float64Array): void {
  const { bytes, bits, rowLength, rowBytes, blockLength, scales, zeroPoint } = from;
  const blocks = Math.ceil(rowLength / blockLength);
  const start = row * rowBytes;
  for (let block = 0; block < blocks; block++) {
    const [scale, zero] = [scales[row * blocks + block]!, zeroPoint(row, block)];
    const end = Math.min((block + 1) * blockLength, rowLength);
    for (let i = block * blockLength; i < end; i++) to[i] = (packedElement(bytes, start, i, bits) - zero) * scale;
  }
}

/** The same where each element names its block, from 0, as weights that were sorted by importance do. */
export function dequantizeGroupedRow(
  from: QuantizedRows,
  groups: readonly number[],
  row: number,
  to: Float64Array,
): void {
  const { bytes, bits, rowLength, rowBytes, blockLength, scales, zeroPoint } = from;
  const blocks = Math.ceil(rowLength / blockLength);
  for (let i = 0; i < rowLength; i++) {
    const group = groups[i]!;
    const stored = packedElement(bytes, row * rowBytes, i, bits);
    to[i] = (stored - zeroPoint(row, group)) * scales[row * blocks + group]!;
  }
}

/** Sum of products of `length` elements of a, from `aAt` on, and the first ones of b. Of one kind of array, to be quick. */
export function dotProduct(a: Float64Array, aAt: number, b: Float64Array, length: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const whole = length - (length % 4);
  for (let i = 0; i < whole; i += 4) {
    s0 += a[aAt + i]! * b[i]!;
    s1 += a[aAt + i + 1]! * b[i + 1]!;
    s2 += a[aAt + i + 2]! * b[i + 2]!;
    s3 += a[aAt + i + 3]! * b[i + 3]!;
  }
  for (let i = whole; i < length; i++) s0 += a[aAt + i]! * b[i]!;
  return s0 + s1 + (s2 + s3);
}

/**
 * Rows rounded to 8 bits, block by block: multiples, from -127 to 127, of the block's largest magnitude over 127. Scales
 * and quotients are f32, as in onnxruntime, so that the same elements round up.
 */
export function roundToBytes(rows: Floats, rowLength: number, blockLength: number): Float64Array {
  const to = new Float64Array(rows.length);
  for (let row = 0; row < rows.length; row += rowLength) {
    for (let start = row; start < row + rowLength; start += blockLength) {
      const end = Math.min(start + blockLength, row + rowLength);
      let largest = 0;
      for (let i = start; i < end; i++) largest = Math.max(largest, Math.abs(rows[i]!));
      const scale = Math.fround(largest / 127);
      if (scale === 0) continue;
      const inverse = Math.fround(1 / scale);
      for (let i = start; i < end; i++) to[i] = roundHalfEven(Math.fround(rows[i]! * inverse)) * scale;
    }
  }
  return to;
}
