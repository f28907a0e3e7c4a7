// Sampling a plane at points between its elements, along any number of axes. Points are in elements, one coordinate for
// each axis; beyond the plane lie zeros, the nearest element of the border, or the plane's reflection.
import { stridesOf } from "@waferc/numerics";
import { cubicFilter, LINEAR } from "./resample.ts";
import type { Filter } from "./resample.ts";
import { roundHalfEven } from "./special.ts";

export type SampleMode = "linear" | "nearest" | "cubic";
export type SamplePadding = "zeros" | "border" | "reflection";

export interface Sampling {
  readonly mode: SampleMode;
  readonly padding: SamplePadding;
  /** Does -1 .. 1 reach from the middle of the first element to that of the last (true) or from edge to edge? */
  readonly isAligned: boolean;
}

const CUBIC = cubicFilter(-0.75);

/** From -1 .. 1 to elements. */
export function denormalize(coordinate: number, length: number, isAligned: boolean): number {
  return isAligned ? ((coordinate + 1) / 2) * (length - 1) : ((coordinate + 1) * length - 1) / 2;
}

/** Folds a coordinate back at both ends until it is between them. */
function reflect(coordinate: number, low: number, high: number): number {
  const span = high - low;
  if (span <= 0) return low;
  if (coordinate >= low && coordinate <= high) return coordinate;
  const beyond = coordinate < low ? low - coordinate : coordinate - high;
  const folds = Math.floor(beyond / span);
  const rest = beyond - folds * span;
  const isFromLow = coordinate < low === (folds % 2 === 0);
  return isFromLow ? low + rest : high - rest;
}

/** The same elements and weights along one axis for all channels. */
interface AxisSample {
  readonly indices: readonly number[];
  readonly weights: readonly number[];
}

function reflectedIndex(index: number, length: number, { isAligned }: Sampling): number {
  const folded = isAligned ? reflect(index, 0, length - 1) : reflect(index, -0.5, length - 0.5);
  return Math.min(Math.max(Math.trunc(folded), 0), length - 1);
}

/** The element that stands at an index beyond the ends, or -1 for a zero. */
function paddedIndex(index: number, length: number, sampling: Sampling): number {
  if (index >= 0 && index < length) return index;
  if (sampling.padding === "zeros" || Number.isNaN(index)) return -1;
  if (sampling.padding === "border") return index < 0 ? 0 : length - 1;
  return reflectedIndex(index, length, sampling);
}

function sampleAxis(coordinate: number, length: number, sampling: Sampling): AxisSample {
  const { mode, padding, isAligned } = sampling;
  const [low, high] = isAligned ? [0, length - 1] : [-0.5, length - 0.5];
  let place = mode === "nearest" ? roundHalfEven(coordinate) : coordinate;
  if (place < low || place > high) {
    if (padding === "border") place = Math.min(Math.max(place, 0), length - 1);
    else if (padding === "reflection") place = reflect(place, low, high);
  }
  if (mode === "nearest") return { indices: [paddedIndex(Math.trunc(place), length, sampling)], weights: [1] };
  const filter: Filter = mode === "linear" ? LINEAR : CUBIC;
  const first = Math.floor(place) - filter.radius + 1;
  const taps = Array.from({ length: 2 * filter.radius }, (_, tap) => first + tap);
  return {
    indices: taps.map((index) => paddedIndex(index, length, sampling)),
    weights: taps.map((index) => filter.weight(index - place)),
  };
}

/** Offsets in a plane and their weights: what a point is made from. Offsets of zeros are left out. */
export interface PointSample {
  readonly offsets: Int32Array;
  readonly weights: Float64Array;
}

/** @param point coordinates in elements, one for each axis of the plane */
export function samplePoint(point: readonly number[], plane: readonly number[], sampling: Sampling): PointSample {
  const strides = stridesOf(plane);
  let taps: { readonly offset: number; readonly weight: number }[] = [{ offset: 0, weight: 1 }];
  point.forEach((coordinate, axis) => {
    const { indices, weights } = sampleAxis(coordinate, plane[axis]!, sampling);
    taps = taps.flatMap(({ offset, weight }) =>
      indices.flatMap((index, i) =>
        index < 0 ? [] : [{ offset: offset + index * strides[axis]!, weight: weight * weights[i]! }],
      ),
    );
  });
  return {
    offsets: Int32Array.from(taps, ({ offset }) => offset),
    weights: Float64Array.from(taps, ({ weight }) => weight),
  };
}
