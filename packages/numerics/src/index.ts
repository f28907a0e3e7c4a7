// Public surface of @waferc/numerics.
export { CODES } from "./codes.ts";
export { compareTensors, defaultTolerance } from "./compare.ts";
export type { TensorComparison, Tolerance } from "./compare.ts";
export { DTypeError } from "./dtype-error.ts";
export { ALL_DTYPES, bitsOf, byteLengthOf, isDType, isFloat, isInteger, kindOf } from "./dtype.ts";
export type { DType, DTypeKind } from "./dtype.ts";
export type { ElementValue } from "./element-codec.ts";
export { readNpy, writeNpy } from "./npy.ts";
export { readNpz } from "./npz.ts";
export type { InflateRaw } from "./npz.ts";
export { isPacked, signedCode } from "./packed.ts";
export type { PackedDType } from "./packed.ts";
export { bf16FromNumber, bf16ToNumber, f16FromNumber, f16ToNumber, roundBf16, roundF16 } from "./rounding.ts";
export { isSmallFloat, smallFloatFromNumber, smallFloatValues } from "./small-floats.ts";
export type { SmallFloat, SmallFloatRounding } from "./small-floats.ts";
export {
  areTensorsIdentical,
  bytesOf,
  codesOf,
  describeTensor,
  elementAt,
  elementCount,
  fromFloat64,
  fullTensor,
  makeTensor,
  reshapeTensor,
  scalarTensor,
  stridesOf,
  tensorDigest,
  tensorFromBytes,
  tensorOf,
  tensorOfCodes,
  toFloat64,
  toValues,
  zeros,
} from "./tensor.ts";
export type { DataOf, Tensor } from "./tensor.ts";
