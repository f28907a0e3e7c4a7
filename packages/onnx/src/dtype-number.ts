// ONNX's numbers for element types (TensorProto.DataType, onnx/onnx.proto) and our names for them.
import type { DType } from "@waferc/numerics";

const NAMES: readonly (DType | undefined)[] = [
  undefined,
  "f32",
  "u8",
  "i8",
  "u16",
  "i16",
  "i32",
  "i64",
  "string",
  "bool",
  "f16",
  "f64",
  "u32",
  "u64",
  "c64",
  "c128",
  "bf16",
  "f8e4m3fn",
  "f8e4m3fnuz",
  "f8e5m2",
  "f8e5m2fnuz",
  "u4",
  "i4",
  "f4e2m1",
  "f8e8m0",
  "u2",
  "i2",
];

/** Undefined for 0 (UNDEFINED) and for numbers that no ONNX version had given when this was written. */
export function dtypeOfNumber(number: number): DType | undefined {
  return NAMES[number];
}

export function numberOfDType(dtype: DType): number {
  return NAMES.indexOf(dtype);
}
