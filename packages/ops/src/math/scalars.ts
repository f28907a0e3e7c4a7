// Elements as JavaScript scalars, exact in every dtype: floats and integers to 32 bits as numbers, 64-bit integers as
// bigints, bools as 0 and 1, integers below 8 bits unpacked, one a byte. Loops over several dtypes read through `scalarsOf` and write through `newScalars`.
import { bitsOf, codesOf, isPacked, kindOf, makeTensor, signedCode, tensorOfCodes, zeros } from "@waferc/numerics";
import type { DataOf, DType, Tensor } from "@waferc/numerics";
import { OpError } from "../op-error.ts";
import { finishFloats, floatsOf, isComputable, newFloats } from "./floats.ts";
import type { Floats } from "./floats.ts";

/** How a dtype computes. */
export type ScalarClass = "float" | "int" | "bigint";

export type Numbers = Floats | Int32Array | Int16Array | Int8Array | Uint32Array | Uint16Array | Uint8Array;
export type Bigints = BigInt64Array | BigUint64Array;

/** Is it an integer type of 64 bits? */
export function isBigint(dtype: DType): dtype is "i64" | "u64" {
  return dtype === "i64" || dtype === "u64";
}

export function scalarClass(dtype: DType): ScalarClass {
  if (isComputable(dtype)) return "float";
  if (isBigint(dtype)) return "bigint";
  if (dtype === "bool" || kindOf(dtype) === "int" || kindOf(dtype) === "uint") return "int";
  throw new OpError(`cannot compute with ${dtype}`);
}

/** Floats and integers to 32 bits. Shared with the tensor where possible: do not write. */
export function numbersOf(tensor: Tensor): Numbers {
  switch (tensor.dtype) {
    case "i32":
    case "i16":
    case "i8":
    case "u32":
    case "u16":
    case "u8":
    case "bool":
      return tensor.data;
    case "u4":
    case "u2":
      return codesOf(tensor) as Uint8Array;
    case "i4":
    case "i2": {
      const bits = bitsOf(tensor.dtype);
      return Int8Array.from(codesOf(tensor) as Uint8Array, (code) => signedCode(code, bits));
    }
    default:
      return floatsOf(tensor);
  }
}

/** The smallest and the largest integer of a type to 32 bits. */
export function integerRange(dtype: DType): { readonly min: number; readonly max: number } {
  const bits = bitsOf(dtype);
  if (kindOf(dtype) === "uint") return { min: 0, max: 2 ** bits - 1 };
  return { min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 };
}

export function bigintsOf(tensor: Tensor): Bigints {
  if (tensor.dtype === "i64" || tensor.dtype === "u64") return tensor.data;
  throw new OpError(`needs a 64-bit integer operand, but found ${tensor.dtype}`);
}

/** Elements of any dtype as what `<` and `===` compare: numbers, bigints or strings. */
export function comparablesOf(tensor: Tensor): ArrayLike<number> {
  if (tensor.dtype === "string") return tensor.data as ArrayLike<unknown> as ArrayLike<number>;
  if (scalarClass(tensor.dtype) === "bigint") return bigintsOf(tensor) as ArrayLike<unknown> as ArrayLike<number>;
  return numbersOf(tensor);
}

/** An array to compute numbers into; integers wrap as they are written. */
export function newNumbers(dtype: DType, length: number): Numbers {
  if (isBigint(dtype)) throw new OpError(`cannot compute with ${dtype} here`);
  if (isComputable(dtype)) return newFloats(dtype, length);
  if (isPacked(dtype)) return kindOf(dtype) === "int" ? new Int8Array(length) : new Uint8Array(length);
  return zeros(dtype, [length]).data as Numbers;
}

export function newBigints(dtype: DType, length: number): Bigints {
  return dtype === "u64" ? new BigUint64Array(length) : new BigInt64Array(length);
}

export function finishNumbers(dtype: DType, shape: readonly number[], numbers: Numbers): Tensor {
  if (isComputable(dtype)) return finishFloats(dtype, shape, numbers as Floats);
  if (isPacked(dtype)) return tensorOfCodes(dtype, shape, numbers);
  return makeTensor(dtype, shape, numbers as DataOf<typeof dtype>);
}

export function finishBigints(dtype: DType, shape: readonly number[], bigints: Bigints): Tensor {
  return makeTensor(dtype, shape, bigints as DataOf<typeof dtype>);
}

export function boolTensor(shape: readonly number[], data: Uint8Array): Tensor<"bool"> {
  return makeTensor("bool", shape, data);
}
