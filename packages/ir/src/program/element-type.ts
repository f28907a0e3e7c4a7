/** What element types are: their sizes, in memory and as wavelets (docs/program.md sections 2 and 4.2). */
import type { ElementType, HostStream, TensorData } from "./program.ts";

export const ELEMENT_TYPES = ["f32", "i32", "f16", "bf16"] as const satisfies readonly ElementType[];

/** f16 and bf16, of which a word or wavelet holds two. */
export function is16Bit(type: ElementType): type is "f16" | "bf16" {
  return type === "f16" || type === "bf16";
}

export function elementBytes(type: ElementType): 2 | 4 {
  return is16Bit(type) ? 2 : 4;
}

/** Zeros. */
export function emptyData(type: ElementType, elements: number): TensorData {
  if (is16Bit(type)) return new Uint16Array(elements);
  return type === "f32" ? new Float32Array(elements) : new Int32Array(elements);
}

/** Wavelets that so many elements of the type move as. */
export function waveletsOf(type: ElementType, elements: number): number {
  return is16Bit(type) ? Math.ceil(elements / 2) : elements;
}

/** Wavelets that a host stream moves. */
export function streamWavelets({ type, shape }: Pick<HostStream, "type" | "shape">): number {
  return waveletsOf(
    type,
    shape.reduce((size, length) => size * length, 1),
  );
}
