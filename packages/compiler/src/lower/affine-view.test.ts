import { describe, expect, test } from "vitest";
import fc from "fast-check";
import {
  elementsOf,
  expandView,
  identityView,
  isWholeView,
  reshapeView,
  selectView,
  sliceView,
  transposeView,
} from "./affine-view.ts";
import type { AffineView } from "./affine-view.ts";

/** Flat indices of a view's elements, in its order. */
function indices({ shape, strides, offset }: AffineView): number[] {
  return shape.reduce<number[]>(
    (starts, length, d) => starts.flatMap((start) => Array.from({ length }, (_, i) => start + i * (strides[d] ?? 0))),
    [offset],
  );
}

describe("views", () => {
  test("the identity is whole, also under another shape", () => {
    expect(isWholeView(identityView([2, 1, 3]), 6)).toBe(true);
    const flat = reshapeView(identityView([2, 3]), [3, 1, 2]);
    expect(flat && isWholeView(flat, 6)).toBe(true);
    expect(isWholeView(transposeView(identityView([2, 3]), [1, 0]), 6)).toBe(false);
  });

  test("a transpose of dimensions of length 1 moves nothing", () => {
    expect(isWholeView(transposeView(identityView([1, 5, 1]), [2, 0, 1]), 5)).toBe(true);
  });

  test("slices, selections and broadcasts pick elements", () => {
    expect(indices(sliceView(identityView([5]), 0, { start: 1, count: 2, step: 2 }))).toEqual([1, 3]);
    expect(indices(selectView(identityView([2, 3]), 0, 1))).toEqual([3, 4, 5]);
    expect(indices(expandView(identityView([2, 1]), [3, 2, 2]))).toEqual([0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1]);
  });

  test("a reshape that would need a second stride is refused", () => {
    expect(reshapeView(transposeView(identityView([2, 3]), [1, 0]), [6])).toBeUndefined();
    expect(reshapeView(transposeView(identityView([2, 3, 4]), [1, 0, 2]), [3, 2, 2, 2])).toBeDefined();
  });

  test("a reshape keeps elements and order", () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(lengths, fc.nat(), fc.boolean(), (shape, turn, isSliced) => {
        const rotated = shape.map((_, d) => (d + turn) % shape.length);
        let view = transposeView(identityView(shape), rotated);
        if (isSliced && (view.shape[0] ?? 1) > 1) view = sliceView(view, 0, { start: 1, count: 1, step: 1 });
        for (const target of [
          [elementsOf(view.shape)],
          [...view.shape, 1],
          view.shape.flatMap((n) => (n === 4 ? [2, 2] : [n])),
        ]) {
          const reshaped = reshapeView(view, target);
          if (reshaped !== undefined) expect(indices(reshaped)).toEqual(indices(view));
        }
        expect(reshapeView(view, [1, ...view.shape])).toBeDefined();
      }),
    );
  });
});
