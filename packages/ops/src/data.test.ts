import { tensorOf } from "@waferc/numerics";
import { describe, expect, it } from "vitest";
import { commonType, describeData, isDataOf, optionalOf, sequenceOf, typeOfData } from "./data.ts";
import { OpError } from "./op-error.ts";

const pair = tensorOf("f32", [2], [1, 2]);
const triple = tensorOf("f32", [3], [1, 2, 3]);
const row = tensorOf("f32", [1, 2], [1, 2]);

describe("sequenceOf", () => {
  it("refuses elements of two dtypes", () => {
    expect(() => sequenceOf([pair, tensorOf("i64", [], [1n])])).toThrow(OpError);
    expect(() => sequenceOf([pair], "i64")).toThrow("cannot put f32 into a sequence of i64");
  });
});

describe("typeOfData", () => {
  it("knows the lengths in which all elements agree", () => {
    expect(describeData(sequenceOf([pair, pair]))).toBe("seq(f32[2])");
    expect(describeData(sequenceOf([pair, triple]))).toBe("seq(f32[?])");
    expect(describeData(sequenceOf([pair, row]))).toBe("seq(f32[*])");
    expect(describeData(sequenceOf([], "i64"))).toBe("seq(i64[*])");
  });

  it("looks into optionals", () => {
    expect(describeData(optionalOf(sequenceOf([pair])))).toBe("optional(seq(f32[2]))");
    expect(typeOfData(optionalOf())).toEqual({ wrappers: ["optional"] });
  });
});

describe("isDataOf", () => {
  it("compares every tensor with what is known of the type", () => {
    const sequence = sequenceOf([pair, triple]);
    expect(isDataOf(sequence, { dtype: "f32", shape: ["n"], wrappers: ["sequence"] })).toBe(true);
    expect(isDataOf(sequence, { dtype: "f32", shape: [2], wrappers: ["sequence"] })).toBe(false);
    expect(isDataOf(sequence, { dtype: "f16", wrappers: ["sequence"] })).toBe(false);
    expect(isDataOf(sequence, { dtype: "f32" })).toBe(false);
    expect(isDataOf(pair, {})).toBe(true);
  });

  it("takes an empty optional for any optional, and for nothing else", () => {
    expect(isDataOf(optionalOf(), { dtype: "f32", wrappers: ["optional", "sequence"] })).toBe(true);
    expect(isDataOf(optionalOf(), { dtype: "f32", wrappers: ["sequence"] })).toBe(false);
    expect(isDataOf(optionalOf(pair), { dtype: "f32", wrappers: ["optional", "sequence"] })).toBe(false);
  });
});

describe("commonType", () => {
  it("keeps what all types have", () => {
    expect(commonType([pair, triple])).toEqual({ dtype: "f32", shape: ["?"] });
    expect(commonType([pair, row])).toEqual({ dtype: "f32", shape: undefined });
    expect(commonType([pair, { ...pair, wrappers: ["sequence"] }])).toEqual({});
  });
});
