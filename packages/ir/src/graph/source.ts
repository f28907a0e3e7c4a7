// Tensor sources: constants that are in memory already. Lazy ones (views of files) are made by their readers.
import type { Tensor } from "@waferc/numerics";
import type { TensorSource } from "./graph.ts";

/** Data at hand. `sha256` if the caller knows it. */
export function sourceOf(tensor: Tensor, sha256?: string): TensorSource {
  return {
    dtype: tensor.dtype,
    shape: tensor.shape,
    byteLength: tensor.data.byteLength,
    ...(sha256 === undefined ? {} : { sha256 }),
    read: () => tensor,
  };
}
