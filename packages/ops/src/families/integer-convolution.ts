// The convolution of ConvInteger and QLinearConv: integers less their zero points, multiplied and summed exactly in doubles.
// x has one zero point, which is also what it is padded with; the filters have one, or one each.
import { elementCount } from "@waferc/numerics";
import { convolve } from "../math/convolution.ts";
import { centered } from "../math/integer-products.ts";
import type { Quantized } from "../math/integer-products.ts";
import { singleNumber } from "../math/quantize.ts";
import { numbersOf } from "../math/scalars.ts";
import { windowsOver } from "./windows.ts";
import type { WindowAttrs } from "./windows.ts";

/** One value for each filter, over the axes of the filters or of the result without its batch. */
export function filterSteps(count: number, rank: number): readonly number[] {
  return count === 1 ? [] : [count, ...new Array<number>(rank - 1).fill(1)];
}

/**
 * Sums of products, plus `bias` by filter, for a result of `shape`.
 * @throws OpError if zero points do not fit
 */
export function convolveIntegers(
  x: Quantized,
  w: Quantized,
  attrs: WindowAttrs & { readonly group: number },
  shape: readonly number[],
  bias?: Float64Array,
): Float64Array {
  const [plane, filters] = [x.tensor.shape, w.tensor.shape];
  const zero = singleNumber(x.zeroPoint, 0, "zero point of x");
  const left = Float64Array.from(numbersOf(x.tensor), (q) => q - zero);
  const zeroPoints = w.zeroPoint === undefined ? 1 : elementCount(w.zeroPoint.shape);
  const right = centered(w.tensor, w.zeroPoint, filterSteps(zeroPoints, filters.length));
  const sums = new Float64Array(elementCount(shape));
  convolve(left, right.data, bias, sums, {
    windows: windowsOver(attrs, filters.slice(2), plane.slice(2), shape.slice(2)),
    batch: plane[0]!,
    groups: attrs.group,
    channels: filters[1]!,
    filters: filters[0]! / attrs.group,
  });
  return sums;
}
