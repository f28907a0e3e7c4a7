// Resampling along axes: which elements of an axis each element of its new length is made from, and with which weights.
// A coordinate between two elements belongs to the left one's interval (left, left + 1]; beyond the ends, the last
// elements repeat. Sums are doubles.
import { elementCount } from "@waferc/numerics";

export type CoordinateMode =
  | "half_pixel"
  | "half_pixel_symmetric"
  | "pytorch_half_pixel"
  | "align_corners"
  | "asymmetric"
  | "tf_half_pixel_for_nn"
  | "tf_crop_and_resize";
export type NearestMode = "round_prefer_floor" | "round_prefer_ceil" | "floor" | "ceil";

/** How one axis changes. */
export interface AxisChange {
  readonly from: number;
  readonly to: number;
  /** Result elements by operand element; `to` is not its exact multiple where it was rounded. */
  readonly scale: number;
  /** Part of the axis that tf_crop_and_resize takes, as shares of it. */
  readonly crop: readonly [start: number, end: number];
}

/** Where an element of the result lies among those of the operand. */
function coordinateOf(
  index: number,
  { from, to, scale, crop: [start, end] }: AxisChange,
  mode: CoordinateMode,
): number {
  switch (mode) {
    case "asymmetric":
      return index / scale;
    case "half_pixel":
      return (index + 0.5) / scale - 0.5;
    case "tf_half_pixel_for_nn":
      return (index + 0.5) / scale;
    case "pytorch_half_pixel":
      return to > 1 ? (index + 0.5) / scale - 0.5 : 0;
    case "half_pixel_symmetric":
      return (from / 2) * (1 - to / (scale * from)) + (index + 0.5) / scale - 0.5;
    case "align_corners":
      return scale * from === 1 ? 0 : (index * (from - 1)) / (scale * from - 1);
    case "tf_crop_and_resize": {
      if (to <= 1) return 0.5 * (start + end) * (from - 1);
      return start * (from - 1) + (index * (end - start) * (from - 1)) / (to - 1);
    }
    default:
      return mode satisfies never;
  }
}

/** Only a crop can lie outside of the operand: there the extrapolation value stands. */
function isExtrapolated(coordinate: number, { from }: AxisChange, mode: CoordinateMode): boolean {
  return mode === "tf_crop_and_resize" && (coordinate < 0 || coordinate > from - 1);
}

const clampTo = (index: number, length: number): number => Math.min(Math.max(index, 0), length - 1);

function roundCoordinate(coordinate: number, mode: NearestMode): number {
  switch (mode) {
    case "round_prefer_floor":
      return Math.ceil(coordinate - 0.5);
    case "round_prefer_ceil":
      return Math.floor(coordinate + 0.5);
    case "floor":
      return Math.floor(coordinate);
    case "ceil":
      return Math.ceil(coordinate);
    default:
      return mode satisfies never;
  }
}

/** For each element of the result, the nearest one of the operand, or -1 for the extrapolation value. */
export function nearestIndices(axis: AxisChange, mode: CoordinateMode, rounding: NearestMode): Int32Array {
  return Int32Array.from({ length: axis.to }, (_, index) => {
    const coordinate = coordinateOf(index, axis, mode);
    return isExtrapolated(coordinate, axis, mode) ? -1 : clampTo(roundCoordinate(coordinate, rounding), axis.from);
  });
}

/** A filter over distances. */
export interface Filter {
  readonly weight: (distance: number) => number;
  /** The weight is 0 from here on. */
  readonly radius: number;
}

export const LINEAR: Filter = { weight: (distance) => Math.max(0, 1 - Math.abs(distance)), radius: 1 };

/** Cubic convolution (Keys 1981, doi:10.1109/TASSP.1981.1163711) with coefficient `a`. */
export function cubicFilter(a: number): Filter {
  const weight = (distance: number): number => {
    const x = Math.abs(distance);
    if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
  };
  return { weight, radius: 2 };
}

/** Weights of the elements that an axis is made from. */
export interface AxisTaps {
  /** Elements by result element. */
  readonly width: number;
  readonly indices: Int32Array;
  readonly weights: Float64Array;
  /** 1 where the extrapolation value stands. */
  readonly isOutside: Uint8Array;
}

export interface FilterOptions {
  /** Widens the filter where the axis shrinks. */
  readonly isAntialiased: boolean;
  /** Gives no weight to what lies beyond the ends. */
  readonly isOutsideExcluded: boolean;
}

export function filterTaps(axis: AxisChange, mode: CoordinateMode, filter: Filter, options: FilterOptions): AxisTaps {
  const stretch = options.isAntialiased ? Math.min(axis.scale, 1) : 1;
  const first = Math.floor(-filter.radius / stretch) + 1;
  const width = 2 - 2 * first;
  const indices = new Int32Array(axis.to * width);
  const weights = new Float64Array(axis.to * width);
  const isOutside = new Uint8Array(axis.to);
  for (let index = 0; index < axis.to; index++) {
    const coordinate = coordinateOf(index, axis, mode);
    if (isExtrapolated(coordinate, axis, mode)) isOutside[index] = 1;
    const left = Math.ceil(coordinate) - 1;
    let sum = 0;
    for (let tap = 0, at = index * width; tap < width; tap++, at++) {
      const place = left + first + tap;
      const isExcluded = options.isOutsideExcluded && (place < 0 || place >= axis.from);
      weights[at] = isExcluded ? 0 : filter.weight((place - coordinate) * stretch);
      indices[at] = clampTo(place, axis.from);
      sum += weights[at]!;
    }
    if (!options.isAntialiased && !options.isOutsideExcluded) continue;
    for (let at = index * width; at < (index + 1) * width; at++) weights[at]! /= sum;
  }
  return { width, indices, weights, isOutside };
}

/** Data of `shape` with one axis made anew from `taps`. */
export function resampleAxis(
  data: Float64Array,
  shape: readonly number[],
  axis: number,
  { width, indices, weights, isOutside }: AxisTaps,
  extrapolation: number,
): Float64Array {
  const [outer, from, inner] = [elementCount(shape.slice(0, axis)), shape[axis]!, elementCount(shape.slice(axis + 1))];
  const to = isOutside.length;
  const result = new Float64Array(outer * to * inner);
  for (let row = 0; row < outer; row++) {
    for (let index = 0; index < to; index++) {
      const target = (row * to + index) * inner;
      if (isOutside[index] === 1) {
        result.fill(extrapolation, target, target + inner);
        continue;
      }
      for (let at = index * width; at < (index + 1) * width; at++) {
        const weight = weights[at]!;
        if (weight === 0) continue;
        const source = (row * from + indices[at]!) * inner;
        for (let i = 0; i < inner; i++) result[target + i]! += weight * data[source + i]!;
      }
    }
  }
  return result;
}
