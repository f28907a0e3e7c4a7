// Element types of tensors: the names that the dumps use, and their sizes. They cover all that ONNX can declare; its numbers
// for them are the business of the `onnx` package.
import { DTypeError } from "./dtype-error.ts";

export type DTypeKind = "float" | "int" | "uint" | "bool" | "string" | "complex";

interface DTypeInfo {
  readonly kind: DTypeKind;
  /** Bits of one element in memory; 0 for strings, whose length varies. Below 8, elements are packed from the low end. */
  readonly bits: number;
}

const DTYPES = {
  f64: { kind: "float", bits: 64 },
  f32: { kind: "float", bits: 32 },
  f16: { kind: "float", bits: 16 },
  bf16: { kind: "float", bits: 16 },
  f8e4m3fn: { kind: "float", bits: 8 },
  f8e4m3fnuz: { kind: "float", bits: 8 },
  f8e5m2: { kind: "float", bits: 8 },
  f8e5m2fnuz: { kind: "float", bits: 8 },
  f8e8m0: { kind: "float", bits: 8 },
  f4e2m1: { kind: "float", bits: 4 },
  i64: { kind: "int", bits: 64 },
  i32: { kind: "int", bits: 32 },
  i16: { kind: "int", bits: 16 },
  i8: { kind: "int", bits: 8 },
  i4: { kind: "int", bits: 4 },
  i2: { kind: "int", bits: 2 },
  u64: { kind: "uint", bits: 64 },
  u32: { kind: "uint", bits: 32 },
  u16: { kind: "uint", bits: 16 },
  u8: { kind: "uint", bits: 8 },
  u4: { kind: "uint", bits: 4 },
  u2: { kind: "uint", bits: 2 },
  bool: { kind: "bool", bits: 8 },
  string: { kind: "string", bits: 0 },
  c64: { kind: "complex", bits: 64 },
  c128: { kind: "complex", bits: 128 },
} as const satisfies Record<string, DTypeInfo>;

export type DType = keyof typeof DTYPES;

/** All element types, in a fixed order. */
export const ALL_DTYPES = Object.keys(DTYPES) as readonly DType[];

export function isDType(name: string): name is DType {
  return Object.hasOwn(DTYPES, name);
}

export function kindOf(dtype: DType): DTypeKind {
  return DTYPES[dtype].kind;
}

export function isFloat(dtype: DType): boolean {
  return kindOf(dtype) === "float";
}

/** Signed and unsigned integers; not bool. */
export function isInteger(dtype: DType): boolean {
  return kindOf(dtype) === "int" || kindOf(dtype) === "uint";
}

export function bitsOf(dtype: DType): number {
  return DTYPES[dtype].bits;
}

/**
 * Bytes of `count` elements that stand one after the other, the last byte filled up.
 * @throws DTypeError for strings
 */
export function byteLengthOf(dtype: DType, count: number): number {
  if (dtype === "string") throw new DTypeError("strings have no fixed byte length");
  return Math.ceil((count * bitsOf(dtype)) / 8);
}
