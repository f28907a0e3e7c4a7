import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareTensors, defaultTolerance } from "./compare.ts";
import { tensorOf, zeros } from "./tensor.ts";

const EXACT = { rtol: 0, atol: 0 };
const f32 = (...values: number[]) => tensorOf("f32", [values.length], values);

describe("compareTensors", () => {
  it("passes an element exactly up to atol + rtol |b| + P max|b|", () => {
    const tolerance = { rtol: 0.25, atol: 0.5, peakTol: 0.125 };
    // max|b| = 8, so 0.5 + 0.25 * 2 + 0.125 * 8 = 2 is allowed at b = 2.
    expect(compareTensors(f32(4, 8), f32(2, 8), tolerance).pass).toBe(true);
    const outside = compareTensors(f32(4.000001, 8), f32(2, 8), tolerance);
    expect(outside).toMatchObject({ pass: false, failures: 1, worst: { index: [0], expected: 2 } });
  });

  it("takes the maximum over finite expected values only", () => {
    const tolerance = { rtol: 0, atol: 0, peakTol: 0.5 };
    expect(compareTensors(f32(Infinity, 1), f32(Infinity, 0), tolerance).pass).toBe(false);
    expect(compareTensors(f32(NaN, 2, 1), f32(NaN, 2, 0), tolerance).pass).toBe(true);
  });

  it("passes equal infinities and NaN against NaN, and no other pair with one of them", () => {
    expect(compareTensors(f32(NaN, Infinity, -Infinity), f32(NaN, Infinity, -Infinity), EXACT).pass).toBe(true);
    const loose = { rtol: 1, atol: 1e9 };
    for (const [a, b] of [
      [NaN, 1],
      [1, NaN],
      [1, Infinity],
      [Infinity, 1],
      [Infinity, -Infinity],
    ] as const) {
      expect(compareTensors(f32(a, 0), f32(b, 0), loose)).toMatchObject({ pass: false, classMismatches: 1, maxAbs: 0 });
    }
  });

  it("reports metrics and the element that uses most of its tolerance", () => {
    const actual = tensorOf("f32", [2, 2], [1, 2.5, -3, 100]);
    const expected = tensorOf("f32", [2, 2], [1, 2, -4, 101]);
    const result = compareTensors(actual, expected, { rtol: 0.01, atol: 0.1 });
    expect(result).toMatchObject({ pass: false, failures: 2, maxAbs: 1, maxRel: 0.25, argmaxEqual: true });
    // |-3 + 4| / (0.1 + 0.04) = 7.1 is more than 0.5 / 0.12 = 4.2 and 1 / 1.11.
    expect(result.worst).toEqual({ index: [1, 0], expected: -4, actual: -3 });
    expect(result.cosine).toBeGreaterThan(0.9999);
  });

  it("counts distance in representable values, across zero too", () => {
    const ulp = 2 ** -23;
    expect(compareTensors(f32(1 + 3 * ulp), f32(1), EXACT).maxUlp).toBe(3);
    expect(compareTensors(f32(-(2 ** -149)), f32(2 ** -149), EXACT).maxUlp).toBe(2);
    expect(compareTensors(f32(-0), f32(0), EXACT)).toMatchObject({ pass: true, maxUlp: 0 });
    const half = (x: number) => tensorOf("f16", [1], [x]);
    expect(compareTensors(half(1 + 2 ** -10), half(1), EXACT).maxUlp).toBe(1);
    const double = (x: number) => tensorOf("f64", [1], [x]);
    expect(compareTensors(double(-(2 ** -1074)), double(2 ** -1074), EXACT).maxUlp).toBe(2);
    const nibbles = (...values: number[]) => tensorOf("f4e2m1", [values.length], values);
    expect(compareTensors(nibbles(1, -0.5), nibbles(3, 0.5), EXACT).maxUlp).toBe(3);
    expect(compareTensors(tensorOf("f8e5m2", [1], [1]), tensorOf("f8e5m2", [1], [1.5]), EXACT).maxUlp).toBe(2);
    expect(compareTensors(tensorOf("f8e8m0", [1], [4]), tensorOf("f8e8m0", [1], [1]), EXACT).maxUlp).toBe(2);
  });

  it("compares 64-bit integers by every digit", () => {
    const big = (x: bigint) => tensorOf("i64", [1], [x]);
    expect(compareTensors(big(2n ** 62n + 1n), big(2n ** 62n), EXACT)).toMatchObject({
      pass: false,
      maxAbs: 1,
      maxUlp: 1,
    });
  });

  it("compares the index of the largest element row by row", () => {
    const rows = (values: number[]) => tensorOf("f32", [2, 2], values);
    expect(compareTensors(rows([1, 2, 4, 3]), rows([1, 2, 3, 4]), EXACT).argmaxEqual).toBe(false);
    expect(compareTensors(rows([NaN, 2, 3, 3]), rows([1, 2, 3, 3]), EXACT).argmaxEqual).toBe(true);
  });

  it("does not compare values under another type or shape", () => {
    expect(compareTensors(zeros("f32", [2]), zeros("f64", [2]), EXACT)).toMatchObject({
      pass: false,
      mismatch: "dtype",
    });
    expect(compareTensors(zeros("f32", [2]), zeros("f32", [1, 2]), EXACT)).toMatchObject({ mismatch: "shape" });
  });

  it("compares strings, and empty tensors", () => {
    const text = (...values: string[]) => tensorOf("string", [values.length], values);
    expect(compareTensors(text("a", "b"), text("a", "b"), EXACT).pass).toBe(true);
    expect(compareTensors(text("a", "x"), text("a", "b"), EXACT).worst).toEqual({
      index: [1],
      expected: "b",
      actual: "x",
    });
    expect(compareTensors(zeros("f32", [0]), zeros("f32", [0]), EXACT)).toMatchObject({ pass: true, cosine: 1 });
  });

  it("gives a cosine of 1 for parallel, 0 for one zero vector, and does not overflow", () => {
    expect(compareTensors(f32(0, 0), f32(0, 0), EXACT).cosine).toBe(1);
    expect(compareTensors(f32(0, 0), f32(0, 1), EXACT).cosine).toBe(0);
    const large = tensorOf("f64", [2], [1e300, 1e300]);
    expect(compareTensors(large, large, EXACT).cosine).toBeCloseTo(1, 12);
  });

  it("always passes a tensor against itself, without tolerance", () => {
    fc.assert(
      fc.property(fc.array(fc.float()), (values) => {
        const result = compareTensors(f32(...values), f32(...values), EXACT);
        expect(result).toMatchObject({ pass: true, maxAbs: 0, maxUlp: 0, argmaxEqual: true });
      }),
    );
  });
});

describe("defaultTolerance", () => {
  it("is exact for integers", () => {
    expect(defaultTolerance("i64")).toEqual(EXACT);
    expect(defaultTolerance("f16").rtol).toBe(1e-2);
  });
});
