// Small integer tensors as lists: shapes, axes, bounds and indices.
import { elementCount, toValues } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { OpError } from "../op-error.ts";

/** The elements of an integer tensor, which must be safe integers or saturate to them. */
export function integersOf(tensor: Tensor): number[] {
  if (elementCount(tensor.shape) === 0) return [];
  return toValues(tensor).map((value) => {
    if (typeof value === "bigint") {
      const bound = BigInt(Number.MAX_SAFE_INTEGER);
      return Number(value > bound ? bound : value < -bound ? -bound : value);
    }
    if (typeof value === "number" && Number.isInteger(value)) return value;
    throw new OpError(`needs integers, but found ${String(value)}`);
  });
}
