// ONNX's numbers for element types (TensorProto.DataType), which attributes such as Cast's `to` hold.
// Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, enum DataType.
import type { DType } from "@waferc/numerics";
import { OpError } from "./op-error.ts";

const BY_NUMBER: readonly (DType | undefined)[] = [
  undefined, // UNDEFINED
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

/** The dtype of a number in a file; undefined if ONNX has none. */
export function dtypeOfOnnx(number: number): DType | undefined {
  return BY_NUMBER[number];
}

export function onnxOfDType(dtype: DType): number {
  return BY_NUMBER.indexOf(dtype);
}

/** @throws OpError if the number means no type */
export function dtypeAttr(number: number): DType {
  const dtype = dtypeOfOnnx(number);
  if (dtype === undefined) throw new OpError(`needs an element type, but found number ${number}`);
  return dtype;
}
