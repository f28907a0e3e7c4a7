import { tensorOf } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { describe, expect, it } from "vitest";
import { paddingBias } from "./padding-mask.ts";

const SIZE = { batch: 2, heads: 1, kvHeads: 1, queries: 2, keys: 3, headDim: 1, valueDim: 1 };

/** Keys that the second query of each sequence does not see, the first sequence's first. */
function hidden(mask: Tensor | undefined, isCausal = false): string {
  const bias = paddingBias({ mask, filter: -9, bias: undefined, isCausal, past: 1 }, SIZE);
  const letters = (batch: number, query: number): string =>
    [0, 1, 2].map((key) => ({ "0": ".", "-9": "p", "-Infinity": "c" })[String(bias(batch, 0, query, key))]).join("");
  return [letters(0, 0), letters(0, 1), letters(1, 0), letters(1, 1)].join(" ");
}

describe("paddingBias", () => {
  it("hides nothing without a mask, and later keys if causal", () => {
    expect(hidden(undefined)).toBe("... ... ... ...");
    expect(hidden(undefined, true)).toBe("..c ... ..c ...");
  });

  it("reads lengths, also before lists of offsets, and ends with starts", () => {
    expect(hidden(tensorOf("i32", [2], [3, 1]))).toBe("... ... .pp .pp");
    expect(hidden(tensorOf("i32", [8], [3, 1, 0, 2, 4, 0, 3, 4]))).toBe("... ... .pp .pp");
    expect(hidden(tensorOf("i32", [4], [3, 2, 1, 0]))).toBe("p.. p.. ..p ..p");
  });

  it("reads ones by key, by query and key, and of a longer sequence", () => {
    expect(hidden(tensorOf("i32", [2, 3], [1, 1, 1, 0, 1, 1]))).toBe("... ... p.. p..");
    expect(hidden(tensorOf("i32", [2, 2, 3], [1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0]))).toBe("... p.. .p. ..p");
    const longest = [1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1];
    expect(hidden(tensorOf("i32", [2, 1, 4, 4], [...longest, ...longest]))).toBe("p.. .p. p.. .p.");
  });

  it("refuses other shapes", () => {
    expect(() => hidden(tensorOf("i32", [5], [1, 1, 1, 1, 1]))).toThrow(
      "cannot use a mask of shape [5] for 2 sequences of 2 queries and 3 keys",
    );
  });
});
