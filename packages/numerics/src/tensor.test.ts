import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALL_DTYPES } from "./dtype.ts";
import {
  areTensorsIdentical,
  bytesOf,
  codesOf,
  describeTensor,
  elementAt,
  fromFloat64,
  fullTensor,
  makeTensor,
  reshapeTensor,
  scalarTensor,
  stridesOf,
  tensorDigest,
  tensorFromBytes,
  tensorOf,
  toFloat64,
  toValues,
  zeros,
} from "./tensor.ts";

describe("makeTensor", () => {
  it("refuses data of the wrong length and shapes that are none", () => {
    expect(() => makeTensor("f32", [2, 3], new Float32Array(5))).toThrow("f32[2,3] needs 6 array elements, but has 5");
    expect(() => makeTensor("f32", [-1], new Float32Array(1))).toThrow(RangeError);
    expect(makeTensor("c64", [2], new Float32Array(4)).data).toHaveLength(4);
  });

  it("does not follow later edits of the shape", () => {
    const shape = [2];
    const tensor = makeTensor("u8", shape, new Uint8Array(2));
    shape.push(9);
    expect(tensor.shape).toEqual([2]);
  });
});

describe("tensorOf", () => {
  it("rounds, and gives plain values back", () => {
    expect(toValues(tensorOf("f16", [2], [0.1, -0]))).toEqual([0.0999755859375, -0]);
    expect(toValues(tensorOf("i64", [2], [1, 2n ** 62n]))).toEqual([1n, 2n ** 62n]);
    expect(toValues(tensorOf("bool", [3], [true, 0, 2]))).toEqual([true, false, true]);
    expect(toValues(tensorOf("string", [2], ["a", "b"]))).toEqual(["a", "b"]);
    expect(elementAt(scalarTensor("bf16", 3), 0)).toBe(3);
    expect(toValues(fullTensor("i8", [2], -1))).toEqual([-1, -1]);
    expect(() => tensorOf("f32", [3], [1, 2])).toThrow(RangeError);
    expect(() => tensorOf("c64", [1], [1])).toThrow(RangeError);
    expect(() => elementAt(scalarTensor("f32", 1), 1)).toThrow("element 1 of f32[] does not exist");
  });
});

describe("packed elements", () => {
  it("lie low bits first, wrap, and come back with their sign", () => {
    const nibbles = tensorOf("i4", [3], [1, -8, 23]);
    expect([...nibbles.data]).toEqual([0x81, 0x07]);
    expect(toValues(nibbles)).toEqual([1, -8, 7]);
    expect(toFloat64(nibbles)).toEqual(Float64Array.of(1, -8, 7));
    expect(elementAt(nibbles, 1)).toBe(-8);
    expect(() => elementAt(nibbles, 3)).toThrow("element 3 of i4[3] does not exist");
    expect([...tensorOf("u2", [5], [1, 2, 3, 0, 3]).data]).toEqual([0b00111001, 0b11]);
    expect(toValues(tensorOf("i2", [2], [-2, 1]))).toEqual([-2, 1]);
    expect(toValues(tensorOf("f4e2m1", [3], [0.5, -6, 100]))).toEqual([0.5, -6, 6]);
    expect([...fullTensor("u4", [3], 5).data]).toEqual([0x55, 0x05]);
    expect([...codesOf(nibbles)]).toEqual([1, 8, 7]);
    expect(() => tensorOf("u4", [3], [1, 2, 3, 4])).toThrow("u4[3] needs 3 elements, but has 4");
  });
});

describe("zeros", () => {
  it("exists for every type", () => {
    for (const dtype of ALL_DTYPES) expect(zeros(dtype, [4]).dtype).toBe(dtype);
    expect(zeros("u4", [3]).data).toHaveLength(2);
    expect(zeros("string", [1]).data).toEqual([""]);
  });
});

describe("fromFloat64", () => {
  it("is undone by toFloat64 up to one rounding", () => {
    fc.assert(
      fc.property(fc.array(fc.double()), (values) => {
        const doubles = Float64Array.from(values);
        expect(toFloat64(fromFloat64("f64", [values.length], doubles))).toEqual(doubles);
        expect(toFloat64(fromFloat64("f32", [values.length], doubles))).toEqual(doubles.map(Math.fround));
      }),
    );
    expect(toFloat64(tensorOf("u64", [1], [2n ** 63n]))).toEqual(Float64Array.of(2 ** 63));
    expect(toFloat64(tensorOf("bool", [2], [true, false]))).toEqual(Float64Array.of(1, 0));
    expect(() => toFloat64(zeros("c64", [1]))).toThrow(RangeError);
  });
});

describe("bytesOf", () => {
  it("is little-endian and undone by tensorFromBytes, from any offset", () => {
    expect([...bytesOf(tensorOf("i32", [1], [0x01020304]))]).toEqual([4, 3, 2, 1]);
    const bytes = Uint8Array.of(99, 0, 0, 128, 63, 0, 0, 0, 192).subarray(1);
    const tensor = tensorFromBytes("f32", [2], bytes);
    expect([...tensor.data]).toEqual([1, -2]);
    expect(bytesOf(tensor)).toEqual(bytes);
    expect(tensorDigest(tensor)).toMatch(/^[0-9a-f]{64}$/);
    expect(() => tensorFromBytes("f32", [3], bytes)).toThrow("f32[3] needs 12 B, but has 8 B");
  });
});

describe("areTensorsIdentical", () => {
  it("looks at bits, type and shape", () => {
    const nan = tensorOf("f32", [2], [NaN, 0]);
    expect(areTensorsIdentical(nan, tensorOf("f32", [2], [NaN, 0]))).toBe(true);
    expect(areTensorsIdentical(nan, tensorOf("f32", [2], [NaN, -0]))).toBe(false);
    expect(areTensorsIdentical(nan, reshapeTensor(nan, [2, 1]))).toBe(false);
    expect(areTensorsIdentical(zeros("i32", [2]), zeros("u32", [2]))).toBe(false);
    expect(areTensorsIdentical(tensorOf("string", [1], ["a"]), tensorOf("string", [1], ["b"]))).toBe(false);
  });
});

describe("stridesOf", () => {
  it("is row-major", () => {
    expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
    expect(stridesOf([])).toEqual([]);
    expect(describeTensor(zeros("i8", [2, 0]))).toBe("i8[2,0]");
  });
});
