// The hot versions of the elementary functions against the plain ones, bit by bit, and both against the mathematical functions.
import { Rng } from "@waferc/base";
import { describe, expect, test } from "vitest";
import * as plain from "../untimed/elementary.ts";
import * as hot from "./elementary.ts";

const SPECIAL = [
  0,
  -0,
  Infinity,
  -Infinity,
  NaN,
  1e-45,
  -1e-45,
  1.17549435e-38,
  3.4028235e38,
  -3.4028235e38,
  1,
  -1,
  0.5,
  2,
];

const word = new Uint32Array(1);
const asFloat = new Float32Array(word.buffer);

function floatOf(bits: number): number {
  word[0] = bits;
  return asFloat[0]!;
}

/** Bits of a value rounded to f32; all NaN alike. */
function bitsOf(value: number): number {
  asFloat[0] = value;
  return Number.isNaN(value) ? 0x7fc00000 : word[0]!;
}

function samples(seed: string): number[] {
  const rng = new Rng(seed);
  const near = Array.from({ length: 20_000 }, () => Math.fround((rng.float() - 0.5) * 2 ** rng.between(-14, 8)));
  const any = Array.from({ length: 20_000 }, () => floatOf(rng.uint32()));
  return [...SPECIAL, ...near, ...any];
}

const NAMES = ["exp", "log", "erf", "tanh", "sin", "cos"] as const;

describe.each(NAMES)("%s", (name) => {
  test("hot and plain agree in every bit", () => {
    for (const a of samples(name)) {
      const [left, right] = [bitsOf(hot[name](a)), bitsOf(plain[name](a))];
      if (left !== right) expect.fail(`${name}(${a}) is ${floatOf(left)} hot and ${floatOf(right)} plain`);
    }
  });
});

/** Distance in units of the last place of f32 between a result and the exact value. */
function ulps(result: number, exact: number): number {
  const rounded = Math.fround(result);
  if (Object.is(rounded, Math.fround(exact)) || (Number.isNaN(rounded) && Number.isNaN(exact))) return 0;
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(exact))));
  return Math.abs(rounded - exact) / 2 ** (exponent - 23);
}

describe("accuracy", () => {
  test.each([
    ["exp", 0.51],
    ["log", 0.51],
    ["tanh", 0.51],
    ["sin", 0.51],
    ["cos", 0.51],
  ] as const)("%s is within %d ulp", (name, bound) => {
    const limit = name === "sin" || name === "cos" ? 2 ** 20 : 2 ** 120;
    let worst = 0;
    for (const a of samples(`accuracy ${name}`)) {
      if (Math.abs(a) < limit || Number.isNaN(a)) worst = Math.max(worst, ulps(plain[name](a), Math[name](a)));
    }
    expect(worst).toBeLessThan(bound);
  });

  test("erf takes its known values", () => {
    // Abramowitz and Stegun, table 7.1
    const known = [
      [0.1, 0.1124629160182849],
      [0.5, 0.5204998778130465],
      [1, 0.8427007929497149],
      [2, 0.9953222650189527],
      [3, 0.9999779095030014],
    ] as const;
    for (const [a, exact] of known) {
      expect(plain.erf(a)).toBeCloseTo(exact, 14);
      expect(plain.erf(-a)).toBe(-plain.erf(a));
    }
  });

  test("signs of zero", () => {
    expect(["erf", "tanh", "sin"].map((name) => plain[name as "sin"](-0))).toEqual([-0, -0, -0]);
    expect([plain.exp(-0), plain.cos(-0), plain.log(1)]).toEqual([1, 1, 0]);
  });
});

describe("fusedMultiplyAdd", () => {
  /** The exact a * b + c as a fraction over 2^298, rounded to nearest even by hand. */
  function exact(a: number, b: number, c: number): number {
    const [left, right] = [toFixed(a) * toFixed(b), toFixed(c) << 149n];
    return roundFixed(left + right);
  }
  /** value * 2^149, exact for every finite f32. */
  function toFixed(value: number): bigint {
    let [mantissa, shift] = [value, 149];
    while (!Number.isInteger(mantissa)) {
      mantissa *= 2;
      shift--;
    }
    return BigInt(mantissa) << BigInt(shift);
  }
  function roundFixed(value: bigint): number {
    const isNegative = value < 0n;
    const magnitude = isNegative ? -value : value;
    const bits = magnitude.toString(2).length;
    const drop = BigInt(Math.max(149, bits - 24));
    const [kept, rest, half] = [magnitude >> drop, magnitude & ((1n << drop) - 1n), 1n << (drop - 1n)];
    const rounded = rest > half || (rest === half && (kept & 1n) === 1n) ? kept + 1n : kept;
    const result = Number(rounded) * 2 ** (Number(drop) - 298);
    return isNegative ? -result : result;
  }

  test("is exact to the last bit, also where two roundings are not", () => {
    const rng = new Rng("fma");
    const value = () =>
      Math.fround((1 + rng.below(2 ** 23) / 2 ** 23) * 2 ** rng.between(-40, 20) * (rng.chance(0.5) ? 1 : -1));
    let twice = 0;
    for (let i = 0; i < 20_000; i++) {
      const c = value();
      let [a, b] = [value(), value()];
      if (rng.chance(0.5)) {
        // The product is half an ulp of c but for a tail that a binary64 sum cannot hold.
        const tail = 2 ** -rng.between(15, 23);
        const half = 2 ** (Math.floor(Math.log2(Math.abs(c))) - 24);
        [a, b] = [half * (1 + tail), rng.chance(0.5) ? 1 - tail : -1 + tail];
      }
      const right = exact(a, b, c);
      if (Math.fround(a * b + c) !== right) twice++;
      expect(hot.fusedMultiplyAdd(a, b, c)).toBe(right);
      expect(plain.fusedMultiplyAdd(a, b, c)).toBe(right);
    }
    expect(twice).toBeGreaterThan(0);
  });

  test("passes infinities, NaN and zeros", () => {
    for (const fma of [hot.fusedMultiplyAdd, plain.fusedMultiplyAdd]) {
      expect(fma(Infinity, 1, -Infinity)).toBeNaN();
      expect(fma(3e38, 3e38, -1)).toBe(Infinity);
      expect(fma(2, 3, -6)).toBe(0);
      expect(fma(-0, 1, -0)).toBe(-0);
      expect(fma(1e-30, 1e-30, 0)).toBe(0);
    }
  });
});
