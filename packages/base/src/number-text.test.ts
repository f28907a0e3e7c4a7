import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatFloat, formatInt, parseFloatText, parseInteger } from "./number-text.ts";

describe("formatFloat", () => {
  it.each([
    [0, "0.0"],
    [-0, "-0.0"],
    [1, "1.0"],
    [-1.5, "-1.5"],
    [1e21, "1e21"],
    [5e-324, "5e-324"],
    [Infinity, "inf"],
    [-Infinity, "-inf"],
    [NaN, "nan"],
  ])("prints %d as %s", (x, text) => {
    expect(formatFloat(x)).toBe(text);
  });

  it("prints an f32 no longer than needed", () => {
    expect(formatFloat(Math.fround(0.1), Math.fround)).toBe("0.1");
    expect(formatFloat(Math.fround(1e-5), Math.fround)).toBe("0.00001");
    expect(formatFloat(Math.fround(16777216), Math.fround)).toBe("16777216.0");
    expect(formatFloat(2 ** -149, Math.fround)).toBe("1e-45");
  });

  it("reads back to the same value", () => {
    fc.assert(
      fc.property(fc.double(), fc.float(), (f64, f32) => {
        expect(parseFloatText(formatFloat(f64))).toBe(f64);
        expect(Math.fround(parseFloatText(formatFloat(f32, Math.fround)))).toBe(f32);
      }),
    );
  });
});

describe("parseInteger", () => {
  it("keeps every digit", () => {
    expect(parseInteger("9007199254740991")).toBe(9007199254740991);
    expect(parseInteger("9007199254740993")).toBe(9007199254740993n);
    expect(parseInteger("-0")).toBe(0);
    fc.assert(
      fc.property(fc.bigInt(), (x) => {
        expect(BigInt(parseInteger(formatInt(x)))).toBe(x);
      }),
    );
  });
});

describe("formatInt", () => {
  it("refuses what is no exact integer", () => {
    expect(() => formatInt(0.5)).toThrow(RangeError);
    expect(() => formatInt(2 ** 53)).toThrow(RangeError);
    expect(formatInt(-0)).toBe("0");
  });
});
