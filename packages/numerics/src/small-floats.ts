// Float formats of 8 and 4 bits. Rounding is to nearest, ties to even, from a double at once. f8e4m3fn, f8e5m2 and f4e2m1 are
// those of the Open Compute Project ("OCP 8-bit Floating Point Specification", "OCP Microscaling Formats"); the two "fnuz" ones
// have one NaN, in the place of -0, and no infinity (arXiv:2206.02915). f8e8m0 is a power of two without sign or zero: it
// encodes the magnitude, and zero becomes the smallest power. What does not fit saturates or becomes infinity or NaN, as
// ONNX's Cast says. f4e2m1 has neither: it always saturates, and NaN becomes -0, as in the package ml_dtypes.

import type { DType } from "./dtype.ts";
import { exponentOf, magnitudeCode, powerOfTwo } from "./rounding.ts";

export type SmallFloat = "f8e4m3fn" | "f8e4m3fnuz" | "f8e5m2" | "f8e5m2fnuz" | "f8e8m0" | "f4e2m1";

/** What happens at the ends of the range, and how f8e8m0 rounds. */
export interface SmallFloatRounding {
  /** Take the largest finite value for what lies beyond it, infinities among it; the default. */
  readonly saturate?: boolean;
  /** For f8e8m0 only: away from zero (the default), toward zero, or to the nearest with ties away from zero. */
  readonly powers?: "up" | "down" | "nearest";
}

interface SmallFormat {
  readonly bits: number;
  readonly mantissaBits: number;
  readonly bias: number;
  /** Code of the largest finite magnitude. */
  readonly maxCode: number;
  /** Code of the magnitude infinity, where there is one. */
  readonly infinity?: number;
  /** Smallest code of a magnitude that is NaN, where they are above infinity. */
  readonly firstNaN?: number;
  /** The code that NaN is written as. */
  readonly nan: number;
  /** No -0: its code is NaN. */
  readonly isUnsignedZero?: boolean;
}

const FORMATS: Readonly<Record<Exclude<SmallFloat, "f8e8m0">, SmallFormat>> = {
  f8e4m3fn: { bits: 8, mantissaBits: 3, bias: 7, maxCode: 0x7e, firstNaN: 0x7f, nan: 0x7f },
  f8e4m3fnuz: { bits: 8, mantissaBits: 3, bias: 8, maxCode: 0x7f, nan: 0x80, isUnsignedZero: true },
  f8e5m2: { bits: 8, mantissaBits: 2, bias: 15, maxCode: 0x7b, infinity: 0x7c, firstNaN: 0x7d, nan: 0x7e },
  f8e5m2fnuz: { bits: 8, mantissaBits: 2, bias: 16, maxCode: 0x7f, nan: 0x80, isUnsignedZero: true },
  f4e2m1: { bits: 4, mantissaBits: 1, bias: 1, maxCode: 0x7, nan: 0x8 },
};

/** f8e8m0: code c is 2^(c - 127); 255 is NaN. */
const POWER_BIAS = 127;
const POWER_MAX = 254;
const POWER_NAN = 255;

export function isSmallFloat(dtype: DType): dtype is SmallFloat {
  return dtype === "f8e8m0" || Object.hasOwn(FORMATS, dtype);
}

/** Values of all codes of a format, indexed by code. */
export function smallFloatValues(dtype: SmallFloat): Float64Array {
  return VALUES[dtype];
}

const VALUES: Readonly<Record<SmallFloat, Float64Array>> = {
  f8e4m3fn: valuesOf(FORMATS.f8e4m3fn),
  f8e4m3fnuz: valuesOf(FORMATS.f8e4m3fnuz),
  f8e5m2: valuesOf(FORMATS.f8e5m2),
  f8e5m2fnuz: valuesOf(FORMATS.f8e5m2fnuz),
  f4e2m1: valuesOf(FORMATS.f4e2m1),
  f8e8m0: Float64Array.from({ length: 256 }, (_, code) => (code === POWER_NAN ? NaN : powerOfTwo(code - POWER_BIAS))),
};

function valuesOf(format: SmallFormat): Float64Array {
  const signBit = 1 << (format.bits - 1);
  return Float64Array.from({ length: 1 << format.bits }, (_, code) => {
    if (code === signBit && format.isUnsignedZero) return NaN;
    const magnitude = magnitudeOf(code & ~signBit, format);
    return code & signBit ? -magnitude : magnitude;
  });
}

function magnitudeOf(code: number, { mantissaBits, bias, infinity, firstNaN }: SmallFormat): number {
  if (code === infinity) return Infinity;
  if (firstNaN !== undefined && code >= firstNaN) return NaN;
  const field = code >>> mantissaBits;
  const fraction = code & ((1 << mantissaBits) - 1);
  if (field === 0) return fraction * powerOfTwo(1 - bias - mantissaBits);
  return (fraction + (1 << mantissaBits)) * powerOfTwo(field - bias - mantissaBits);
}

/** Code of the value nearest to `x`. */
export function smallFloatFromNumber(dtype: SmallFloat, x: number, rounding: SmallFloatRounding = {}): number {
  if (dtype === "f8e8m0") return powerCode(x, rounding);
  const { bits, mantissaBits, bias, maxCode, infinity, nan, isUnsignedZero } = FORMATS[dtype];
  if (Number.isNaN(x)) return nan;
  const signBit = x < 0 || Object.is(x, -0) ? 1 << (bits - 1) : 0;
  const magnitude = Math.abs(x);
  const code =
    magnitude === 0 ? 0 : magnitude === Infinity ? Infinity : magnitudeCode(magnitude, mantissaBits, 1 - bias);
  if (code === 0) return isUnsignedZero ? 0 : signBit;
  if (code <= maxCode) return signBit | code;
  if (rounding.saturate !== false || dtype === "f4e2m1") return signBit | maxCode;
  if (isUnsignedZero) return nan;
  return signBit | (infinity ?? nan);
}

function powerCode(x: number, { saturate = true, powers = "up" }: SmallFloatRounding): number {
  if (!Number.isFinite(x)) return POWER_NAN;
  const magnitude = Math.abs(x);
  if (magnitude <= powerOfTwo(-POWER_BIAS)) return 0;
  const exponent = exponentOf(magnitude);
  const fraction = magnitude / powerOfTwo(exponent);
  const isUp = powers === "up" ? fraction > 1 : powers === "nearest" && fraction >= 1.5;
  const code = exponent + (isUp ? 1 : 0) + POWER_BIAS;
  if (code <= POWER_MAX) return code;
  return saturate ? POWER_MAX : POWER_NAN;
}
