// Random 32-bit data: mostly plain numbers, some of every kind that arithmetic treats apart.
import type { Rng } from "@waferc/base";
import type { ElementType } from "@waferc/ir/program";

/** Bit patterns: NaNs with payloads, infinities, zeros, subnormals, extremes, 1 and numbers that round. */
const SPECIAL_BITS: readonly number[] = [
  0x7fc00000, 0x7f800001, 0xffc12345, 0x7f800000, 0xff800000, 0x00000000, 0x80000000, 0x00000001, 0x807fffff,
  0x7f7fffff, 0xff7fffff, 0x3f800000, 0x3f7fffff, 0x4b000001, 0x33800000,
];

const SPECIAL_INTEGERS: readonly number[] = [0, 1, -1, 2, 7, -128, 65_537, 2 ** 31 - 1, -(2 ** 31), -(2 ** 31) + 1];

/** A random word of the type, as bits. */
export function randomBits(rng: Rng, type: ElementType): number {
  if (type === "i32") return rng.chance(0.15) ? rng.pick(SPECIAL_INTEGERS) : rng.between(-1000, 1000);
  if (rng.chance(0.08)) return rng.pick(SPECIAL_BITS) | 0;
  return new Int32Array(new Float32Array([plainFloat(rng)]).buffer)[0] ?? 0;
}

function plainFloat(rng: Rng): number {
  const value = rng.normal();
  if (rng.chance(0.1)) return value * 2 ** rng.between(-140, 120);
  return rng.chance(0.2) ? Math.round(value * 4) : value * 3;
}

/** Random data of a tensor. Its words are bit-exact: NaN payloads are kept. */
export function randomData(rng: Rng, type: ElementType, elements: number): Float32Array | Int32Array {
  const words = Int32Array.from({ length: elements }, () => randomBits(rng, type));
  return type === "i32" ? words : new Float32Array(words.buffer);
}

/** A literal operand: an f32 or i32, now and then an f64 that has to be rounded. */
export function randomLiteral(rng: Rng, type: ElementType): number {
  if (type === "i32") return rng.chance(0.3) ? rng.pick(SPECIAL_INTEGERS) : rng.between(-20, 20);
  if (rng.chance(0.2)) return rng.pick([Number.NaN, Infinity, -Infinity, -0, 0, 1e-40, 0.1, 1e300, 16_777_217]);
  return rng.chance(0.5) ? Math.fround(rng.normal()) : rng.between(-4, 4) / 2;
}
