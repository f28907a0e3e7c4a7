// Filters keep what they should: constants always, straight lines inside the ends; and hand-computed coordinates.
import { expect, test } from "vitest";
import { cubicFilter, filterTaps, LINEAR, nearestIndices, resampleAxis } from "./resample.ts";
import type { AxisChange, CoordinateMode } from "./resample.ts";

const change = (from: number, to: number): AxisChange => ({ from, to, scale: to / from, crop: [0, 1] });
const MODES: readonly CoordinateMode[] = ["half_pixel", "half_pixel_symmetric", "align_corners", "asymmetric"];

function resample(data: readonly number[], to: number, mode: CoordinateMode, isCubic: boolean, isAntialiased: boolean) {
  const filter = isCubic ? cubicFilter(-0.5) : LINEAR;
  const taps = filterTaps(change(data.length, to), mode, filter, { isAntialiased, isOutsideExcluded: false });
  return Array.from(resampleAxis(Float64Array.from(data), [data.length], 0, taps, 0));
}

test("filters keep constants, whatever the mode, the length and the end", () => {
  for (const mode of MODES) {
    for (const to of [2, 3, 5, 8, 13]) {
      for (const [isCubic, isAntialiased] of [
        [false, false],
        [false, true],
        [true, false],
        [true, true],
      ] as const) {
        for (const value of resample([3, 3, 3, 3, 3], to, mode, isCubic, isAntialiased))
          expect(value).toBeCloseTo(3, 12);
      }
    }
  }
});

test("align_corners keeps a straight line, with linear filters up to the ends", () => {
  const values = resample([0, 1, 2, 3, 4], 9, "align_corners", false, false);
  values.forEach((value, i) => expect(value).toBeCloseTo(i / 2, 12));
});

test("cubic filters keep a straight line inside the ends", () => {
  const values = resample([0, 1, 2, 3, 4, 5, 6, 7], 15, "align_corners", true, false);
  values.slice(2, -2).forEach((value, i) => expect(value).toBeCloseTo((i + 2) / 2, 12));
});

test("antialiased halving by a linear filter weighs four elements 1 3 3 1", () => {
  const taps = filterTaps(change(8, 4), "half_pixel", LINEAR, { isAntialiased: true, isOutsideExcluded: false });
  const weights = Array.from(taps.weights.slice(taps.width, 2 * taps.width)).filter((weight) => weight > 0);
  expect(weights).toEqual([0.125, 0.375, 0.375, 0.125]);
});

test("excluded elements beyond the ends leave the others to weigh 1", () => {
  const taps = filterTaps(change(4, 8), "half_pixel", LINEAR, { isAntialiased: false, isOutsideExcluded: true });
  expect(Array.from(taps.weights.slice(0, 2))).toEqual([0, 1]);
});

test("nearestIndices rounds halves as asked, and marks what lies outside of a crop", () => {
  const half = change(4, 8);
  expect(Array.from(nearestIndices(half, "asymmetric", "round_prefer_floor"))).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
  expect(Array.from(nearestIndices(half, "asymmetric", "round_prefer_ceil"))).toEqual([0, 1, 1, 2, 2, 3, 3, 3]);
  const crop: AxisChange = { from: 3, to: 3, scale: 1, crop: [0, 2] };
  expect(Array.from(nearestIndices(crop, "tf_crop_and_resize", "floor"))).toEqual([0, 2, -1]);
});
