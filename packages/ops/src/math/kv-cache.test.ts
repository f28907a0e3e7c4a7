import { tensorOf, toFloat64 } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { describe, expect, it } from "vitest";
import { appendRows, cacheOf, windowedRows } from "./kv-cache.ts";

/** One head of width 1 per sequence, zeros behind the given rows. */
function rows(sequences: readonly (readonly number[])[]): Tensor {
  const length = Math.max(...sequences.map((sequence) => sequence.length));
  const values = sequences.flatMap((sequence) => Array.from({ length }, (_, i) => sequence[i] ?? 0));
  return tensorOf("f32", [sequences.length, 1, length, 1], values);
}

describe("windowedRows", () => {
  it("keeps all that fits, and then drops what the window has left behind", () => {
    const held = Array.from({ length: 12 }, (_, tokens) => windowedRows(tokens, 5, 3));
    expect(held).toEqual([0, 1, 2, 3, 4, 5, 3, 4, 5, 3, 4, 5]);
  });

  it("keeps a cache of the window's length full", () => {
    expect([2, 3, 4, 50].map((tokens) => windowedRows(tokens, 3, 3))).toEqual([2, 3, 3, 3]);
  });

  it("refuses a window that the cache cannot hold", () => {
    expect(() => windowedRows(1, 2, 3)).toThrow("needs a window in 1 .. 2, the cache, but found 3");
  });
});

describe("appendRows", () => {
  it("puts fresh rows behind those that each sequence holds", () => {
    const appended = appendRows(rows([[1, 2, 3], [4]]), rows([[9], [8]]), [3, 1]);
    expect(Array.from(toFloat64(appended))).toEqual([1, 2, 3, 9, 4, 8, 0, 0]);
  });

  it("refuses a sequence that the past cannot hold", () => {
    expect(() => appendRows(rows([[1]]), rows([[2]]), [2])).toThrow("needs pasts of 0 .. 1 tokens");
    expect(() => appendRows(undefined, rows([[2]]), [1])).toThrow("needs pasts of 0 .. 0 tokens");
  });
});

describe("cacheOf", () => {
  it("moves the rows that stay to the front and leaves zeros behind them", () => {
    const cache = cacheOf(
      rows([
        [1, 2, 3, 4],
        [5, 6],
      ]),
      [1, 0],
      [3, 2],
      3,
    );
    expect(Array.from(toFloat64(cache))).toEqual([2, 3, 4, 5, 6, 0]);
  });
});
