// Stacking and joining are the inverses of picking and slicing, along every axis.
import { areTensorsIdentical, elementCount, tensorOf } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OpError } from "../op-error.ts";
import { joinTensors, pickTensor, sliceTensor, stackOrEmpty, stackTensors } from "./stack.ts";

const tensors = fc.record({
  shape: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
  axis: fc.nat(),
  dtype: fc.constantFrom("f32", "i64", "u8", "string"),
});

function countingTensor(dtype: "f32" | "i64" | "u8" | "string", shape: readonly number[]): Tensor {
  return tensorOf(
    dtype,
    shape,
    Array.from({ length: elementCount(shape) }, (_, i) => i),
  );
}

describe("pieces of a tensor", () => {
  it("stack to the tensor that they were picked from", () => {
    fc.assert(
      fc.property(tensors, ({ shape, axis: any, dtype }) => {
        const [x, axis] = [countingTensor(dtype, shape), any % shape.length];
        const picked = Array.from({ length: shape[axis]! }, (_, i) => pickTensor(x, axis, i));
        expect(areTensorsIdentical(stackTensors(picked, axis), x)).toBe(true);
        expect(areTensorsIdentical(stackTensors(picked, axis - shape.length), x)).toBe(true);
      }),
    );
  });

  it("join to the tensor that they were sliced from", () => {
    fc.assert(
      fc.property(tensors, fc.nat(4), ({ shape, axis: any, dtype }, cut) => {
        const [x, axis] = [countingTensor(dtype, shape), any % shape.length];
        const [length, at] = [shape[axis]!, Math.min(cut, shape[axis]!)];
        const parts = [sliceTensor(x, axis, 0, at), sliceTensor(x, axis, at, length - at)];
        expect(areTensorsIdentical(joinTensors(parts, axis), x)).toBe(true);
      }),
    );
  });
});

describe("stackOrEmpty", () => {
  it("has no element where there is no part, and the declared lengths", () => {
    expect(stackOrEmpty([], 1, { dtype: "f32", shape: [2, "n"] }).shape).toEqual([2, 0, 0]);
    expect(() => stackOrEmpty([], 0, {})).toThrow(OpError);
  });

  it("refuses parts of different types", () => {
    const parts = [countingTensor("f32", [2]), countingTensor("f32", [3])];
    expect(() => stackOrEmpty(parts, 0, undefined)).toThrow(/cannot join f32\[1,3\] with f32\[1,2\]/);
  });
});
