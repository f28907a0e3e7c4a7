// Random data: mostly plain numbers, some of every kind that arithmetic treats apart.
import type { Rng } from "@waferc/base";
import { is16Bit } from "@waferc/ir/program";
import type { ElementType, TensorData } from "@waferc/ir/program";
import { bf16FromNumber, f16FromNumber } from "@waferc/numerics";

/** Bit patterns: NaNs with payloads, infinities, zeros, subnormals, extremes, 1 and numbers that round. */
const SPECIAL_BITS: readonly number[] = [
  0x7fc00000, 0x7f800001, 0xffc12345, 0x7f800000, 0xff800000, 0x00000000, 0x80000000, 0x00000001, 0x807fffff,
  0x7f7fffff, 0xff7fffff, 0x3f800000, 0x3f7fffff, 0x4b000001, 0x33800000,
];

/** The same for f16 and bf16, without the signs. */
const SPECIAL_HALVES = {
  f16: [0x7e00, 0x7c01, 0x7d23, 0x7c00, 0x0000, 0x0001, 0x03ff, 0x7bff, 0x3c00, 0x3bff, 0x6801, 0x1000],
  bf16: [0x7fc0, 0x7f81, 0x7fa1, 0x7f80, 0x0000, 0x0001, 0x007f, 0x7f7f, 0x3f80, 0x3f7f, 0x4301, 0x3b80],
} as const;

const SPECIAL_INTEGERS: readonly number[] = [0, 1, -1, 2, 7, -128, 65_537, 2 ** 31 - 1, -(2 ** 31), -(2 ** 31) + 1];

/** A random element of the type, as bits. */
export function randomBits(rng: Rng, type: ElementType): number {
  if (is16Bit(type)) {
    if (rng.chance(0.08)) return rng.pick(SPECIAL_HALVES[type]) | (rng.chance(0.5) ? 0x8000 : 0);
    return type === "f16" ? f16FromNumber(plainFloat(rng)) : bf16FromNumber(plainFloat(rng));
  }
  if (type === "i32") return rng.chance(0.15) ? rng.pick(SPECIAL_INTEGERS) : rng.between(-1000, 1000);
  if (rng.chance(0.08)) return rng.pick(SPECIAL_BITS) | 0;
  return new Int32Array(new Float32Array([plainFloat(rng)]).buffer)[0] ?? 0;
}

function plainFloat(rng: Rng): number {
  const value = rng.normal();
  if (rng.chance(0.1)) return value * 2 ** rng.between(-140, 120);
  return rng.chance(0.2) ? Math.round(value * 4) : value * 3;
}

/** Random data of a tensor. It is bit-exact: NaN payloads are kept. */
export function randomData(rng: Rng, type: ElementType, elements: number): TensorData {
  if (is16Bit(type)) return Uint16Array.from({ length: elements }, () => randomBits(rng, type));
  const words = Int32Array.from({ length: elements }, () => randomBits(rng, type));
  return type === "i32" ? words : new Float32Array(words.buffer);
}

/** A literal operand: often one of the type, now and then an f64 that has to be rounded. */
export function randomLiteral(rng: Rng, type: ElementType): number {
  if (type === "i32") return rng.chance(0.3) ? rng.pick(SPECIAL_INTEGERS) : rng.between(-20, 20);
  if (rng.chance(0.2))
    return rng.pick([Number.NaN, Infinity, -Infinity, -0, 0, 1e-40, 0.1, 1e300, 16_777_217, 65_519.9, 2049]);
  return rng.chance(0.5) ? Math.fround(rng.normal()) : rng.between(-4, 4) / 2;
}

/** Half of them f32. */
export function randomType(rng: Rng): ElementType {
  return rng.pick<ElementType>(["f32", "f32", "f32", "f32", "i32", "i32", "f16", "bf16"]);
}
