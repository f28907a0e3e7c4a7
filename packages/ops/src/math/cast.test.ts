import { makeTensor, scalarTensor, tensorOf, toValues } from "@waferc/numerics";
import type { DType, ElementValue } from "@waferc/numerics";
import { describe, expect, it } from "vitest";
import { castTensor } from "./cast.ts";
import type { CastRules } from "./cast.ts";

function cast(from: DType, values: readonly ElementValue[], to: DType, rules: CastRules = {}): ElementValue[] {
  return toValues(castTensor(tensorOf(from, [values.length], values), to, rules));
}

describe("castTensor", () => {
  it("rounds 64-bit integers once on the way to narrow floats", () => {
    // Halfway between two f32 but for the last bit, which a double in between would drop before the tie.
    const above = 2n ** 62n + 2n ** 38n + 1n;
    expect(cast("i64", [above, -above, above - 1n], "f32")).toEqual([2 ** 62 + 2 ** 39, -(2 ** 62 + 2 ** 39), 2 ** 62]);
    expect(cast("u64", [2n ** 64n - 1n], "f64")).toEqual([2 ** 64]);
    expect(cast("i64", [-(2n ** 63n), 2n ** 53n], "f32")).toEqual([-(2 ** 63), 2 ** 53]);
  });

  it("truncates floats and wraps what does not fit", () => {
    expect(cast("f32", [-1.9, 300.5, NaN], "u8")).toEqual([255, 44, 0]);
    expect(cast("f64", [2 ** 62, -Infinity], "i64")).toEqual([2n ** 62n, -(2n ** 63n)]);
    expect(cast("f32", [9, -9, 3.9], "i4")).toEqual([-7, 7, 3]);
    expect(cast("i32", [5, -3], "u2")).toEqual([1, 1]);
    expect(cast("i64", [2n ** 32n + 7n], "i32")).toEqual([7]);
  });

  it("clips what does not fit below 8 bits if told to", () => {
    expect(cast("f32", [9, -9, NaN], "i4", { clipPacked: true })).toEqual([7, -8, 0]);
    expect(cast("f32", [-1, 77], "u2", { clipPacked: true })).toEqual([0, 3]);
    expect(cast("f32", [NaN], "f4e2m1", { clipPacked: true })).toEqual([6]);
  });

  it("converts between small types", () => {
    expect(cast("f8e4m3fn", [448, -0.5], "f8e5m2")).toEqual([448, -0.5]);
    expect(cast("i4", [-8, 7], "f4e2m1")).toEqual([-6, 6]);
    expect(cast("f8e5m2", [57344], "f8e4m3fn", { saturate: false })).toEqual([NaN]);
    expect(cast("f32", [3], "f8e8m0", { powers: "down" })).toEqual([2]);
    expect(cast("bool", [true, false], "i2")).toEqual([1, 0]);
    expect(cast("f8e4m3fn", [0, NaN], "bool")).toEqual([false, true]);
  });

  it("prints as numpy does", () => {
    expect(cast("f32", [0.1, 1e-5, 1e16, 1e15, -0, 16777216, Infinity, NaN], "string")).toEqual([
      "0.1",
      "1e-05",
      "1e+16",
      "1000000000000000.0",
      "-0.0",
      "16777216.0",
      "INF",
      "NaN",
    ]);
    expect(cast("f16", [0.1, 65504], "string")).toEqual(["0.1", "65500.0"]);
    expect(cast("f64", [0.1 + 0.2, 1.5e-7], "string")).toEqual(["0.30000000000000004", "1.5e-07"]);
    expect(cast("i64", [2n ** 62n], "string")).toEqual(["4611686018427387904"]);
    expect(cast("i4", [-3], "string")).toEqual(["-3"]);
    expect(cast("bool", [true], "string")).toEqual(["True"]);
  });

  it("reads numbers as C and Python do", () => {
    expect(cast("string", ["+INF", "-inf", "NaN", " 1e-5 ", "3.5"], "f64")).toEqual([
      Infinity,
      -Infinity,
      NaN,
      1e-5,
      3.5,
    ]);
    expect(cast("string", ["9223372036854775807", "-7", "2.9"], "i64")).toEqual([2n ** 63n - 1n, -7n, 2n]);
    expect(() => cast("string", ["seven"], "f32")).toThrow('cannot read "seven" as a number');
    expect(() => cast("string", ["inf"], "i64")).toThrow('cannot read "inf" as an integer');
  });

  it("refuses complex numbers", () => {
    const complex = makeTensor("c64", [1], new Float32Array(2));
    expect(() => castTensor(complex, "f32")).toThrow("cannot cast c64 to f32: c64 has no casts");
    expect(() => castTensor(scalarTensor("f32", 1), "c128")).toThrow("c128 has no casts");
  });
});
