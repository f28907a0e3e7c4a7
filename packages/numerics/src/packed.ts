// Elements below 8 bits, packed from the low end of each byte, as ONNX's raw_data has them; unused high bits of the last byte
// are 0. A code is the element's bits as an unsigned number.

import { bitsOf } from "./dtype.ts";
import type { DType } from "./dtype.ts";

export type PackedDType = "f4e2m1" | "i4" | "u4" | "i2" | "u2";

export function isPacked(dtype: DType): dtype is PackedDType {
  const bits = bitsOf(dtype);
  return bits > 0 && bits < 8;
}

/** The code of one packed element. */
export function codeAt(packed: Uint8Array, bits: number, index: number): number {
  const perByte = 8 / bits;
  return (packed[Math.floor(index / perByte)]! >>> ((index % perByte) * bits)) & ((1 << bits) - 1);
}

/** The codes of `count` packed elements, one a byte. */
export function unpackCodes(packed: Uint8Array, bits: number, count: number): Uint8Array {
  const codes = new Uint8Array(count);
  for (let i = 0; i < count; i++) codes[i] = codeAt(packed, bits, i);
  return codes;
}

/** Packs the low `bits` of each number. */
export function packCodes(codes: ArrayLike<number>, bits: number): Uint8Array {
  const [perByte, mask] = [8 / bits, (1 << bits) - 1];
  const packed = new Uint8Array(Math.ceil(codes.length / perByte));
  for (let i = 0; i < codes.length; i++)
    packed[Math.floor(i / perByte)]! |= (codes[i]! & mask) << ((i % perByte) * bits);
  return packed;
}

/** The signed number of a two's complement code. */
export function signedCode(code: number, bits: number): number {
  return (code << (32 - bits)) >> (32 - bits);
}
