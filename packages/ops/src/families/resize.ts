// What Resize and Upsample share: a tensor whose axes change their lengths, by nearest elements (any dtype) or by filters.
import { elementCount, stridesOf, tensorOf } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { castTensor } from "../math/cast.ts";
import { finishNumbers, newNumbers, numbersOf } from "../math/scalars.ts";
import { filterTaps, nearestIndices, resampleAxis } from "../math/resample.ts";
import type { AxisChange, CoordinateMode, Filter, FilterOptions, NearestMode } from "../math/resample.ts";
import { newUnits, tensorOfUnits, unitsOf } from "../math/views.ts";

/** What becomes of each axis, and where an element of the result lies. */
export interface Resampling {
  readonly changes: readonly AxisChange[];
  readonly mode: CoordinateMode;
  readonly extrapolation: number;
}

/** An axis that stays as it is. */
function isKept({ from, to, scale }: AxisChange, { mode }: Resampling): boolean {
  return from === to && scale === 1 && mode !== "tf_crop_and_resize" && mode !== "tf_half_pixel_for_nn";
}

/** Copies nearest elements; `rounding` says which of two along an axis. */
export function resizeNearest(x: Tensor, resampling: Resampling, rounding: (axis: AxisChange) => NearestMode): Tensor {
  const { changes, mode, extrapolation } = resampling;
  const shape = changes.map(({ to }) => to);
  const [strides, targetStrides] = [stridesOf(x.shape), stridesOf(shape)];
  const sources = changes.map((change) => {
    if (isKept(change, resampling)) return Int32Array.from({ length: change.to }, (_, index) => index);
    return nearestIndices(change, mode, rounding(change));
  });
  const from = unitsOf(x) as Uint32Array; // one width at run time
  const to = newUnits(from, elementCount(shape)) as Uint32Array;
  const [outside] = x.dtype === "string" ? [""] : unitsOf(castTensor(tensorOf("f32", [1], [extrapolation]), x.dtype));
  for (let i = 0; i < to.length; i++) {
    let at = 0;
    let isInside = true;
    for (let axis = 0; axis < shape.length; axis++) {
      const source = sources[axis]![Math.floor(i / targetStrides[axis]!) % shape[axis]!]!;
      isInside &&= source >= 0;
      at += source * strides[axis]!;
    }
    to[i] = isInside ? from[at]! : (outside as number);
  }
  return tensorOfUnits(x.dtype, shape, to);
}

/** Applies a filter along each axis that changes; integers are cut off at the point. */
export function resizeFiltered(x: Tensor, resampling: Resampling, filter: Filter, options: FilterOptions): Tensor {
  let data: Float64Array = Float64Array.from(numbersOf(x));
  const shape = [...x.shape];
  resampling.changes.forEach((change, axis) => {
    if (isKept(change, resampling)) return;
    const taps = filterTaps(change, resampling.mode, filter, options);
    data = resampleAxis(data, shape, axis, taps, resampling.extrapolation);
    shape[axis] = change.to;
  });
  const to = newNumbers(x.dtype, data.length);
  to.set(data);
  return finishNumbers(x.dtype, shape, to);
}
