import { tensorOf, toValues } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { describe, expect, it } from "vitest";
import { dequantizeTensor, quantizeDynamically, quantizeTensor } from "./quantize.ts";
import type { QuantizeRules } from "./quantize.ts";

const f32 = (shape: number[], ...values: number[]): Tensor => tensorOf("f32", shape, values);
const WHOLE: QuantizeRules = { dtype: "u8", precision: "f32", axis: 1, blockSize: 0 };

describe("quantizeTensor", () => {
  it("rounds halves to even before it adds the zero point, then clips", () => {
    const x = f32([6], 0.5, 1.5, -0.5, 2.5, 1000, -1000);
    const y = quantizeTensor(x, f32([], 1), tensorOf("i8", [], [1]), { ...WHOLE, dtype: "i8" });
    expect(toValues(y)).toEqual([1, 3, 1, 3, 127, -128]);
  });

  it("has the precision that it is asked for", () => {
    // From 2048 on, f16 has even numbers only.
    const quantize = (precision: "f32" | "f16") =>
      toValues(quantizeTensor(f32([2], 2049, 2050), f32([], 1), undefined, { ...WHOLE, dtype: "u16", precision }));
    expect(quantize("f32")).toEqual([2049, 2050]);
    expect(quantize("f16")).toEqual([2048, 2050]);
  });

  it("takes scales along an axis and by block", () => {
    const x = f32([2, 3], 2, 4, 6, 8, 10, 12);
    expect(toValues(quantizeTensor(x, f32([3], 1, 2, 3), undefined, WHOLE))).toEqual([2, 2, 2, 8, 5, 4]);
    expect(toValues(quantizeTensor(x, f32([2], 1, 2), undefined, { ...WHOLE, axis: -2 }))).toEqual([2, 4, 6, 4, 5, 6]);
    const blocks = f32([2, 2], 1, 2, 4, 12);
    expect(toValues(quantizeTensor(x, blocks, undefined, { ...WHOLE, blockSize: 2 }))).toEqual([2, 4, 3, 2, 2, 1]);
  });

  it("saturates small floats, or not", () => {
    const quantize = (saturate: boolean) =>
      toValues(quantizeTensor(f32([2], 1e6, 3), f32([], 2), undefined, { ...WHOLE, dtype: "f8e4m3fn", saturate }));
    expect(quantize(true)).toEqual([448, 1.5]);
    expect(quantize(false)).toEqual([NaN, 1.5]);
  });
});

describe("dequantizeTensor", () => {
  it("undoes the quantisation of packed blocks", () => {
    const q = tensorOf("i4", [2, 3], [-8, 7, 1, 0, 2, -3]);
    const scale = tensorOf("f16", [1, 3], [0.5, 2, 1]);
    const zeroPoint = tensorOf("i4", [1, 3], [-1, 0, 1]);
    const x = dequantizeTensor(q, scale, zeroPoint, { dtype: "f16", axis: 0, blockSize: 2 });
    expect(toValues(x)).toEqual([-3.5, 14, 0, 0.5, 4, -4]);
  });
});

describe("dequantizeTensor with powers of two as scales", () => {
  it("reads microscaling blocks: f4e2m1 with an f8e8m0 for each block", () => {
    const q = tensorOf("f4e2m1", [4], [6, -0.5, 1.5, -4]);
    const scale = tensorOf("f8e8m0", [2], [0.25, 2 ** 10]);
    const x = dequantizeTensor(q, scale, undefined, { dtype: "f32", axis: 0, blockSize: 2 });
    expect(toValues(x)).toEqual([1.5, -0.125, 1536, -4096]);
  });
});

describe("quantizeDynamically", () => {
  it("covers 0 and keeps all zeros at scale 1", () => {
    const { y, scale, zeroPoint } = quantizeDynamically(f32([3], 51, 102, 25.5));
    expect([toValues(y), toValues(scale), toValues(zeroPoint)]).toEqual([[128, 255, 64], [Math.fround(0.4)], [0]]);
    const none = quantizeDynamically(f32([2], 0, 0));
    expect([toValues(none.y), toValues(none.scale)]).toEqual([[0, 0], [1]]);
  });
});
