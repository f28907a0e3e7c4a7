// 16-bit floats as bits and as numbers: exact decoding, and rounding of binary64 to nearest even in one step (docs/program.md
// section 8). Works on the bits of the number; @waferc/numerics has the plain version, with which tests compare.
import { is16Bit, type ElementType } from "@waferc/ir/program";

/** A 16-bit type for hot loops. */
export interface HalfFormat {
  /** The number that 16 bits stand for. */
  readonly decode: (bits: number) => number;
  /** Bits of the nearest number; NaN is canonical. */
  readonly encode: (value: number) => number;
}

const doubles = new Float64Array(1);
const parts = new Uint32Array(doubles.buffer);
const isLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
const HIGH = isLittleEndian ? 1 : 0;

const word = new Uint32Array(1);
const single = new Float32Array(word.buffer);

const SIGN = 0x8000;
// A number in 0 .. 2^52 loses its fraction, to nearest even, when 2^52 is added.
const NO_FRACTION = 2 ** 52;

/** What the formats differ in. */
interface Layout {
  readonly mantissaBits: number;
  /** Smallest normal magnitude, and what makes the smallest subnormal one. */
  readonly minNormal: number;
  readonly quanta: number;
  readonly bias: number;
  readonly infinity: number;
  readonly nan: number;
}

const F16: Layout = {
  mantissaBits: 10,
  minNormal: 2 ** -14,
  quanta: 2 ** 24,
  bias: 15,
  infinity: 0x7c00,
  nan: 0x7e00,
};
const BF16: Layout = {
  mantissaBits: 7,
  minNormal: 2 ** -126,
  quanta: 2 ** 133,
  bias: 127,
  infinity: 0x7f80,
  nan: 0x7fc0,
};

function encoder({ mantissaBits, minNormal, quanta, bias, infinity, nan }: Layout): HalfFormat["encode"] {
  // Of the 20 bits of the significand in the upper half of a binary64, those below the format's.
  const drop = 20 - mantissaBits;
  const rest = 2 ** drop - 1;
  const tie = 2 ** (drop - 1);
  const rebias = (1023 - bias) << mantissaBits;
  return (value) => {
    if (value !== value) return nan;
    doubles[0] = value;
    const high = parts[HIGH]!;
    const sign = (high >>> 16) & SIGN;
    const magnitude = Math.abs(value);
    if (magnitude < minNormal) return sign | (magnitude * quanta + NO_FRACTION - NO_FRACTION);
    const bits = high & 0x7fffffff;
    let code = (bits >>> drop) - rebias;
    if (code >= infinity) return sign | infinity;
    const left = bits & rest;
    // A carry runs from the significand into the exponent, and from the largest number to infinity.
    if (left > tie || (left === tie && (parts[1 - HIGH] !== 0 || (code & 1) === 1))) code++;
    return sign | code;
  };
}

/** Values of all f16, as f32. */
const F16_VALUES = Float32Array.from({ length: 2 ** 16 }, (_, bits) => {
  const sign = bits & SIGN ? -1 : 1;
  const [field, fraction] = [(bits >>> 10) & 31, bits & 1023];
  if (field === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (field === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (field - 25));
});

export const HALF_FORMATS: { readonly f16: HalfFormat; readonly bf16: HalfFormat } = {
  f16: { decode: (bits) => F16_VALUES[bits]!, encode: encoder(F16) },
  bf16: {
    decode: (bits) => {
      word[0] = bits << 16;
      return single[0]!;
    },
    encode: encoder(BF16),
  },
};

/** Undefined for types of 32 bits. */
export function halfFormatOf(type: ElementType): HalfFormat | undefined {
  return is16Bit(type) ? HALF_FORMATS[type] : undefined;
}
