import { describe, expect, it } from "vitest";
import { OpError } from "./op-error.ts";
import { addDims, broadcastShapes, divideShapes, multiplyDims } from "./shapes.ts";

describe("shape arithmetic with symbols", () => {
  it("broadcasts", () => {
    expect(
      broadcastShapes([
        ["batch", 1, 3],
        [4, 1],
      ]),
    ).toEqual(["batch", 4, 3]);
    expect(broadcastShapes([["batch"], ["batch"]])).toEqual(["batch"]);
    expect(broadcastShapes([["batch"], ["seq"]])).toEqual(["?"]);
    expect(broadcastShapes([["batch"], [4]])).toEqual([4]);
    expect(() => broadcastShapes([[2], [3]])).toThrow(OpError);
  });

  it("adds", () => {
    expect(addDims([1, 2])).toBe(3);
    expect(addDims(["past", "seq"])).toBe("past + seq");
    expect(addDims(["past + 1", 2])).toBe("past + 3");
    expect(addDims(["past", "?"])).toBe("?");
  });

  it("multiplies and divides", () => {
    expect(multiplyDims([2, 3])).toBe(6);
    expect(multiplyDims([1, "seq"])).toBe("seq");
    expect(multiplyDims([2, "seq"])).toBe("?");
    expect(divideShapes(["batch", "seq", 96], ["batch", 96])).toBe("seq");
    expect(divideShapes([2, 96], [12])).toBe(16);
    expect(divideShapes(["batch", 96], ["seq"])).toBe("?");
    expect(() => divideShapes([2, 3], [4])).toThrow(OpError);
  });
});
