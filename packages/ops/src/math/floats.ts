// Floats for computation: exact in double precision on the way in, rounded once on the way out. f32 and f64 are used
// where they are; f16, bf16 and the small floats, which are only read, are widened. Loops read and write the two arrays below and compute in doubles.
import { bf16ToNumber, f16ToNumber, fromFloat64, isFloat, isSmallFloat, makeTensor, toFloat64 } from "@waferc/numerics";
import type { DType, Tensor } from "@waferc/numerics";
import { OpError } from "../op-error.ts";

export type FloatDType = "f64" | "f32" | "f16" | "bf16";
export type Floats = Float64Array | Float32Array;

export function isComputable(dtype: DType): dtype is FloatDType {
  return dtype === "f32" || dtype === "f64" || dtype === "f16" || dtype === "bf16";
}

/** The elements as floats without loss. Shared with the tensor for f32 and f64: do not write. */
export function floatsOf(tensor: Tensor): Floats {
  switch (tensor.dtype) {
    case "f64":
    case "f32":
      return tensor.data;
    case "f16":
      return Float32Array.from(tensor.data, f16ToNumber);
    case "bf16":
      return Float32Array.from(tensor.data, bf16ToNumber);
    default:
      if (isSmallFloat(tensor.dtype)) return Float32Array.from(toFloat64(tensor));
      throw new OpError(`needs a float operand, but found ${tensor.dtype}`);
  }
}

/** The dtype as one that can be computed with. */
export function floatDType(dtype: DType): FloatDType {
  if (isComputable(dtype)) return dtype;
  throw new OpError(`needs f16, bf16, f32 or f64, but found ${dtype}${isFloat(dtype) ? ", which only stores" : ""}`);
}

/** An array to compute results into; f32 rounds as it is written, the narrow types in `finishFloats`. */
export function newFloats(dtype: FloatDType, length: number): Floats {
  return dtype === "f32" ? new Float32Array(length) : new Float64Array(length);
}

export function finishFloats(dtype: FloatDType, shape: readonly number[], floats: Floats): Tensor {
  if (floats instanceof Float64Array) return fromFloat64(dtype, shape, floats);
  if (dtype === "f32") return makeTensor("f32", shape, floats);
  return fromFloat64(dtype, shape, Float64Array.from(floats));
}

/** Doubles rounded to the dtype, as doubles: where a specification rounds in the middle. */
export function roundFloats(dtype: FloatDType, floats: Floats): Floats {
  return dtype === "f64" ? floats : floatsOf(finishFloats(dtype, [floats.length], floats));
}
