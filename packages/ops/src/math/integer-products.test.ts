import { tensorOf, toValues } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { describe, expect, it } from "vitest";
import { columnSteps, integerMatMul, productScales, rowSteps } from "./integer-products.ts";

const i8 = (shape: number[], ...values: number[]): Tensor => tensorOf("i8", shape, values);
const f32 = (shape: number[], ...values: number[]): Tensor => tensorOf("f32", shape, values);

describe("integerMatMul", () => {
  const a = i8([2, 2], 1, 2, 3, 4);
  const b = i8([2, 3], 1, 0, 2, -1, 5, 1);

  it("takes zero points of rows and columns", () => {
    const product = integerMatMul({ tensor: a, zeroPoint: i8([2], 1, 3) }, { tensor: b, zeroPoint: i8([3], 0, 0, 1) });
    // [[0, 1], [0, 1]] times [[1, 0, 1], [-1, 5, 0]]
    expect(toValues(product)).toEqual([-1, 5, 0, -1, 5, 0]);
  });

  it("takes zero points with the axes of the matrix", () => {
    const stack = { tensor: i8([2, 1, 2], 1, 2, 3, 4), zeroPoint: i8([2, 1, 1], 1, 3) };
    expect(toValues(integerMatMul(stack, { tensor: b, zeroPoint: undefined }))).toEqual([-1, 5, 1, -1, 5, 1]);
  });

  it("multiplies vectors", () => {
    const row = { tensor: i8([2], 3, 4), zeroPoint: i8([1], 1) };
    expect(toValues(integerMatMul(row, { tensor: b, zeroPoint: i8([3], 1, 0, 2) }))).toEqual([-6, 15, -3]);
    const column = { tensor: i8([2], 5, -1), zeroPoint: i8([], 1) };
    expect(toValues(integerMatMul({ tensor: a, zeroPoint: i8([2], 0, 1) }, column))).toEqual([0, 2]);
  });

  it("refuses zero points that do not fit", () => {
    const unfit = { tensor: a, zeroPoint: i8([3], 1, 2, 3) };
    expect(() => integerMatMul(unfit, { tensor: b, zeroPoint: undefined })).toThrow("cannot use values [3] for [2,2]");
  });
});

describe("productScales", () => {
  it("multiplies the scale of the row with that of the column", () => {
    const a = { tensor: i8([2, 1], 0, 0), scale: f32([2], 1, 10) };
    const b = { tensor: i8([1, 3], 0, 0, 0), scale: f32([3], 1, 2, 4) };
    const factor = productScales(a, b, [2, 3]);
    expect([0, 1, 2, 3, 4, 5].map(factor)).toEqual([1, 2, 4, 10, 20, 40]);
    const vector = { tensor: i8([1], 0), scale: f32([1], 3) };
    expect([0, 1].map(productScales(a, vector, [2]))).toEqual([3, 30]);
  });
});

describe("rowSteps and columnSteps", () => {
  it("drop the axis that a vector does not have", () => {
    expect(rowSteps(f32([2, 2, 1], 1, 2, 3, 4), false)).toEqual([2, 2]);
    expect(columnSteps(f32([2, 1, 2], 1, 2, 3, 4), false)).toEqual([2, 2]);
    expect(rowSteps(undefined)).toEqual([]);
  });
});
