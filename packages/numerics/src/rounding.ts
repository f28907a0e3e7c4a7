// Exact rounding of doubles to f16 and bf16: to nearest, ties to even, with subnormals, overflow to infinity and one canonical
// NaN. From a double at once, so nothing is rounded twice. The formats are IEEE 754 binary16, and the upper half of binary32.

interface HalfFormat {
  /** Explicit bits of the significand. */
  readonly mantissaBits: number;
  /** Exponent of the smallest normal number; subnormals have its quantum. */
  readonly minExponent: number;
  readonly maxExponent: number;
  readonly nanBits: number;
}

const F16: HalfFormat = { mantissaBits: 10, minExponent: -14, maxExponent: 15, nanBits: 0x7e00 };
const BF16: HalfFormat = { mantissaBits: 7, minExponent: -126, maxExponent: 127, nanBits: 0x7fc0 };

const SIGN_BIT = 0x8000;

// Adding 2^52 to a double in 0 .. 2^52 leaves no room for a fraction, so the addition itself rounds to nearest even.
const NO_FRACTION = 2 ** 52;

const scratch = new DataView(new ArrayBuffer(8));

/** floor(log2(x)) of a positive finite double; -1023 for its subnormals, which is below every format here. */
export function exponentOf(x: number): number {
  scratch.setFloat64(0, x);
  return (scratch.getUint32(0) >>> 20) - 1023;
}

/** 2^n for -1022 <= n <= 1023, by its bits, so that no library function is trusted. */
export function powerOfTwo(n: number): number {
  scratch.setUint32(0, (n + 1023) << 20);
  scratch.setUint32(4, 0);
  return scratch.getFloat64(0);
}

/**
 * Code of a positive finite magnitude, rounded to nearest even, as if the exponent field had no upper end: the caller
 * compares it with the largest code of its format.
 */
export function magnitudeCode(magnitude: number, mantissaBits: number, minExponent: number): number {
  const exponent = Math.max(exponentOf(magnitude), minExponent);
  const quanta = magnitude * powerOfTwo(mantissaBits - exponent) + NO_FRACTION - NO_FRACTION;
  // The leading bit of `quanta` adds one to the exponent field of a normal number; a carry out of the significand adds one
  // more.
  return ((exponent - minExponent) << mantissaBits) + quanta;
}

function encode(x: number, { mantissaBits, minExponent, maxExponent, nanBits }: HalfFormat): number {
  if (Number.isNaN(x)) return nanBits;
  const sign = x < 0 || Object.is(x, -0) ? SIGN_BIT : 0;
  const magnitude = Math.abs(x);
  if (magnitude === 0) return sign;
  const infinity = (maxExponent - minExponent + 2) << mantissaBits;
  if (magnitude === Infinity) return sign | infinity;
  return sign | Math.min(magnitudeCode(magnitude, mantissaBits, minExponent), infinity);
}

function decode(bits: number, format: HalfFormat): number {
  const { mantissaBits, minExponent, maxExponent } = format;
  const sign = bits & SIGN_BIT ? -1 : 1;
  const field = (bits & ~SIGN_BIT) >>> mantissaBits;
  const fraction = bits & ((1 << mantissaBits) - 1);
  if (field === maxExponent - minExponent + 2) return fraction === 0 ? sign * Infinity : NaN;
  if (field === 0) return sign * fraction * powerOfTwo(minExponent - mantissaBits);
  return sign * (fraction + (1 << mantissaBits)) * powerOfTwo(field - 1 + minExponent - mantissaBits);
}

/** Bits of the f16 nearest to `x`. */
export function f16FromNumber(x: number): number {
  return encode(x, F16);
}

export function f16ToNumber(bits: number): number {
  return decode(bits, F16);
}

/** Bits of the bf16 nearest to `x`. */
export function bf16FromNumber(x: number): number {
  return encode(x, BF16);
}

export function bf16ToNumber(bits: number): number {
  return decode(bits, BF16);
}

/** The f16 nearest to `x`, as a double. */
export function roundF16(x: number): number {
  return decode(encode(x, F16), F16);
}

/** The bf16 nearest to `x`, as a double. */
export function roundBf16(x: number): number {
  return decode(encode(x, BF16), BF16);
}
