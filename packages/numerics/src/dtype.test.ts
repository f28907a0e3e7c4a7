import { describe, expect, it } from "vitest";
import { ALL_DTYPES, byteLengthOf, isDType, isFloat, isInteger } from "./dtype.ts";

describe("byteLengthOf", () => {
  it("packs elements below a byte", () => {
    expect(byteLengthOf("f32", 3)).toBe(12);
    expect(byteLengthOf("u4", 3)).toBe(2);
    expect(byteLengthOf("i2", 5)).toBe(2);
    expect(() => byteLengthOf("string", 1)).toThrow(RangeError);
  });
});

describe("isDType", () => {
  it("knows the names and no inherited property", () => {
    expect(ALL_DTYPES.every(isDType)).toBe(true);
    expect(isDType("toString")).toBe(false);
  });
});

describe("isInteger", () => {
  it("excludes bool and floats", () => {
    expect(ALL_DTYPES.filter(isInteger)).toHaveLength(12);
    expect(isInteger("bool")).toBe(false);
    expect(isFloat("bf16")).toBe(true);
  });
});
