// Data of tensors as bits: a word an element, or a half word for types of 16 bits; and as the wavelets of a host stream
// (docs/program.md sections 4.2 and 6).
import { is16Bit, type ElementType, type TensorData } from "@waferc/ir/program";

/** The same memory as raw elements; undefined if the array is not one of the type. */
export function bitsOfData(type: ElementType, data: TensorData): Int32Array | Uint16Array | undefined {
  if (is16Bit(type)) return data instanceof Uint16Array ? data : undefined;
  const isRight = type === "f32" ? data instanceof Float32Array : data instanceof Int32Array;
  return isRight ? new Int32Array(data.buffer, data.byteOffset, data.length) : undefined;
}

/** Elements as wavelets: two of 16 bits to one, the first in the low half, 0 behind an odd last one. */
export function packWavelets(bits: Int32Array | Uint16Array): Int32Array {
  if (bits instanceof Int32Array) return bits;
  const wavelets = new Int32Array(Math.ceil(bits.length / 2));
  for (let i = 0; i < bits.length; i++) wavelets[i >> 1]! |= bits[i]! << (i % 2 === 0 ? 0 : 16);
  return wavelets;
}

/** Elements of the type out of their wavelets. */
export function unpackWavelets(type: ElementType, wavelets: Int32Array, elements: number): TensorData {
  switch (type) {
    case "f32":
      return new Float32Array(wavelets.buffer, wavelets.byteOffset, elements);
    case "i32":
      return wavelets;
    case "f16":
    case "bf16":
      return Uint16Array.from({ length: elements }, (_, i) => wavelets[i >> 1]! >>> (i % 2 === 0 ? 0 : 16));
    default:
      return type satisfies never;
  }
}
