// Tensor sources: constants that are in memory already. Lazy ones (views of files) are made by their readers.
import { byteLengthOf, elementCount } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import type { TensorSource } from "./graph.ts";

/** Data at hand. `sha256` if the caller knows it. */
export function sourceOf(tensor: Tensor, sha256?: string): TensorSource {
  const { dtype, shape } = tensor;
  return {
    dtype,
    shape,
    byteLength: dtype === "string" ? stringBytes(tensor.data) : byteLengthOf(dtype, elementCount(shape)),
    ...(sha256 === undefined ? {} : { sha256 }),
    read: () => tensor,
  };
}

/** Strings count their UTF-16 code units: a measure of memory, as no file has them like this. */
function stringBytes(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + 2 * text.length, 0);
}
