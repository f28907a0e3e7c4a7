// One element between its plain value and what the typed array of its dtype holds. Elements below 8 bits are held as codes, one
// a byte: packing is the tensor's business. Complex numbers have no plain value.

import { DTypeError } from "./dtype-error.ts";
import { bitsOf } from "./dtype.ts";
import type { DType } from "./dtype.ts";
import { signedCode } from "./packed.ts";
import { bf16FromNumber, bf16ToNumber, f16FromNumber, f16ToNumber } from "./rounding.ts";
import { smallFloatFromNumber, smallFloatValues } from "./small-floats.ts";

/** What an element can be given as. */
export type ElementValue = number | bigint | boolean | string;

/** Rounds floats (8-bit ones saturate) and leaves integers to wrap in their array. */
export function encoderOf(dtype: DType): (value: ElementValue) => number | bigint | string {
  switch (dtype) {
    case "f64":
    case "f32":
    case "i32":
    case "i16":
    case "i8":
    case "u32":
    case "u16":
    case "u8":
    case "i4":
    case "u4":
    case "i2":
    case "u2":
      return Number;
    case "f16":
      return (value) => f16FromNumber(Number(value));
    case "bf16":
      return (value) => bf16FromNumber(Number(value));
    case "f8e4m3fn":
    case "f8e4m3fnuz":
    case "f8e5m2":
    case "f8e5m2fnuz":
    case "f8e8m0":
    case "f4e2m1":
      return (value) => smallFloatFromNumber(dtype, Number(value));
    case "i64":
    case "u64":
      return BigInt;
    case "bool":
      return (value) => (value ? 1 : 0);
    case "string":
      return String;
    case "c64":
    case "c128":
      throw new DTypeError(`elements of ${dtype} cannot be given as plain values`);
    default:
      return dtype satisfies never;
  }
}

/** Bools as booleans, 64-bit integers as bigints, other numbers as numbers. */
export function decoderOf(dtype: DType): (stored: never) => ElementValue {
  switch (dtype) {
    case "f64":
    case "f32":
    case "i64":
    case "i32":
    case "i16":
    case "i8":
    case "u64":
    case "u32":
    case "u16":
    case "u8":
    case "u4":
    case "u2":
    case "string":
      return (stored) => stored;
    case "i4":
    case "i2": {
      const bits = bitsOf(dtype);
      return (code) => signedCode(code, bits);
    }
    case "f16":
      return f16ToNumber;
    case "bf16":
      return bf16ToNumber;
    case "f8e4m3fn":
    case "f8e4m3fnuz":
    case "f8e5m2":
    case "f8e5m2fnuz":
    case "f8e8m0":
    case "f4e2m1": {
      const values = smallFloatValues(dtype);
      return (code) => values[code]!;
    }
    case "bool":
      return (stored) => stored !== 0;
    case "c64":
    case "c128":
      throw new DTypeError(`elements of ${dtype} have no plain values`);
    default:
      return dtype satisfies never;
  }
}
