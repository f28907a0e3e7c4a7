// Tensors of strings as lists.
import type { Tensor } from "@waferc/numerics";
import { OpError } from "../op-error.ts";

/** The elements, row-major. Shared with the tensor: do not write. */
export function stringsOf(tensor: Tensor): readonly string[] {
  if (tensor.dtype === "string") return tensor.data;
  throw new OpError(`needs an operand of strings, but found ${tensor.dtype}`);
}
