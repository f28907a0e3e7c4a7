import { describe, expect, it } from "vitest";
import { bitsOf } from "./dtype.ts";
import { smallFloatFromNumber, smallFloatValues } from "./small-floats.ts";

const FORMATS = [
  { dtype: "f8e4m3fn", max: 448, least: 2 ** -9, beyond: NaN, hasSignedZero: true },
  { dtype: "f8e4m3fnuz", max: 240, least: 2 ** -10, beyond: NaN, hasSignedZero: false },
  { dtype: "f8e5m2", max: 57344, least: 2 ** -16, beyond: Infinity, hasSignedZero: true },
  { dtype: "f8e5m2fnuz", max: 57344, least: 2 ** -17, beyond: NaN, hasSignedZero: false },
  { dtype: "f4e2m1", max: 6, least: 0.5, beyond: 6, hasSignedZero: true },
] as const;

describe.each(FORMATS)("$dtype", ({ dtype, max, least, beyond, hasSignedZero }) => {
  const values = smallFloatValues(dtype);
  const encode = (x: number, saturate = true) => smallFloatFromNumber(dtype, x, { saturate });
  const round = (x: number, saturate = true) => values[encode(x, saturate)];
  const magnitudes = [...values].filter((value) => value >= 0 && value < Infinity && !Object.is(value, -0));

  it("has the range that its description states", () => {
    expect(values).toHaveLength(2 ** bitsOf(dtype));
    expect(Math.max(...magnitudes)).toBe(max);
    expect(magnitudes.filter((value) => value > 0)[0]).toBe(least);
  });

  it("keeps every code, and makes one NaN of all", () => {
    values.forEach((value, code) => {
      if (Number.isNaN(value)) expect(values[encode(value)]).toBeNaN();
      else expect(encode(value, false)).toBe(code);
    });
  });

  it("rounds to the nearest and ties to even between all neighbours", () => {
    for (const [i, low] of magnitudes.slice(0, -1).entries()) {
      const high = magnitudes[i + 1]!;
      const middle = (low + high) / 2;
      const step = middle * 2 ** -52;
      expect([round(middle - step), round(middle), round(middle + step)]).toEqual([
        low,
        i % 2 === 0 ? low : high,
        high,
      ]);
      expect(round(-middle - step)).toBe(-high);
    }
  });

  it("saturates, or goes beyond the largest only from halfway to where the next value would be", () => {
    const next = 2 * max - magnitudes.at(-2)!;
    const halfway = (max + next) / 2;
    expect([round(halfway * 2), round(Infinity), round(-Infinity)]).toEqual([max, max, -max]);
    expect(round(halfway * (1 - 2 ** -50), false)).toBe(max);
    expect(round(halfway * (1 + 2 ** -50), false)).toBe(beyond);
    expect(round(Infinity, false)).toBe(beyond);
    expect(Object.is(round(-0), -0)).toBe(hasSignedZero);
    expect(Object.is(round(-least / 4), -0)).toBe(hasSignedZero);
  });
});

describe("f4e2m1", () => {
  it("has no NaN, which becomes -0", () => {
    expect(smallFloatFromNumber("f4e2m1", NaN)).toBe(8);
  });
});

describe("f8e8m0", () => {
  const encode = (x: number, powers: "up" | "down" | "nearest", saturate = true) =>
    smallFloatFromNumber("f8e8m0", x, { powers, saturate });

  it("keeps every code in every mode", () => {
    smallFloatValues("f8e8m0").forEach((value, code) => {
      for (const powers of ["up", "down", "nearest"] as const) expect(encode(value, powers)).toBe(code);
    });
  });

  it("rounds magnitudes as the mode says", () => {
    expect([encode(1.25, "up"), encode(1.25, "down"), encode(1.25, "nearest")]).toEqual([128, 127, 127]);
    expect([encode(-1.5, "up"), encode(-1.5, "down"), encode(-1.5, "nearest")]).toEqual([128, 127, 128]);
  });

  it("clips to its powers, and has one NaN for infinities too", () => {
    expect([encode(0, "up"), encode(2 ** -140, "up")]).toEqual([0, 0]);
    expect([encode(2 ** 127 * 1.5, "up"), encode(2 ** 130, "down")]).toEqual([254, 254]);
    expect([encode(2 ** 127 * 1.5, "up", false), encode(Infinity, "up"), encode(NaN, "up")]).toEqual([255, 255, 255]);
  });
});
