// RoiAlign: rectangles of x [batch, channels, height, width], each cut into equal bins; of a bin, the mean or the largest
// of points sampled linearly. A point more than one element beyond the plane is 0. In mode max the largest is that of the
// weighted corners of all points, which is what the cases of ONNX and onnxruntime have.
import type { Dim } from "@waferc/ir/graph";
import { elementCount } from "@waferc/numerics";
import { float, int, word } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import type { Floats } from "../math/floats.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { printShape } from "../shapes.ts";

const ATTRS = {
  coordinate_transformation_mode: word("half_pixel", "output_half_pixel"),
  mode: word("avg", "max"),
  output_height: int(1),
  output_width: int(1),
  sampling_ratio: int(0),
  spatial_scale: float(1),
};
type Attrs = AttrValues<typeof ATTRS>;

/** One bin's extent along an axis. */
interface BinAxis {
  readonly start: number;
  readonly length: number;
  /** Points sampled. */
  readonly count: number;
}

/** The bins of a rectangle along one axis, from its ends in the units of the rectangle. */
function binsOf([low, high]: readonly [number, number], bins: number, attrs: Attrs, isHalfPixel: boolean): BinAxis[] {
  const shift = isHalfPixel ? 0.5 : 0;
  const [start, end] = [low * attrs.spatial_scale - shift, high * attrs.spatial_scale - shift];
  const extent = isHalfPixel ? end - start : Math.max(end - start, 1);
  const length = extent / bins;
  const count = attrs.sampling_ratio > 0 ? attrs.sampling_ratio : Math.ceil(length);
  return Array.from({ length: bins }, (_, bin) => ({ start: start + bin * length, length, count }));
}

interface AxisPoint {
  readonly low: number;
  readonly high: number;
  /** Weight of `high`. */
  readonly share: number;
}

/** The two elements that a coordinate lies between; undefined beyond the plane. */
function pointOf(coordinate: number, length: number): AxisPoint | undefined {
  if (coordinate < -1 || coordinate > length) return undefined;
  const inside = Math.max(coordinate, 0);
  const low = Math.min(Math.floor(inside), length - 1);
  if (low === length - 1) return { low, high: low, share: 0 };
  return { low, high: low + 1, share: inside - low };
}

/** Points of a bin with their corners' offsets in the plane and weights, four to a point. */
function cornersOf(y: BinAxis, x: BinAxis, height: number, width: number): { offset: number; weight: number }[] {
  const corners: { offset: number; weight: number }[] = [];
  for (let i = 0; i < y.count; i++) {
    const row = pointOf(y.start + ((i + 0.5) * y.length) / y.count, height);
    for (let j = 0; j < x.count; j++) {
      const column = pointOf(x.start + ((j + 0.5) * x.length) / x.count, width);
      if (row === undefined || column === undefined) {
        corners.push({ offset: 0, weight: 0 });
        continue;
      }
      const [down, right] = [row.share, column.share];
      corners.push(
        { offset: row.low * width + column.low, weight: (1 - down) * (1 - right) },
        { offset: row.low * width + column.high, weight: (1 - down) * right },
        { offset: row.high * width + column.low, weight: down * (1 - right) },
        { offset: row.high * width + column.high, weight: down * right },
      );
    }
  }
  return corners;
}

function poolCorners(x: Floats, start: number, corners: readonly { offset: number; weight: number }[], isMax: boolean) {
  let [sum, best] = [0, corners.length === 0 ? 0 : -Infinity];
  for (const { offset, weight } of corners) {
    const value = weight * x[start + offset]!;
    sum += value;
    best = Math.max(best, value);
  }
  return isMax ? best : sum;
}

export const roiAlignOp = defineOp({
  kind: "RoiAlign",
  versions: [10, 16, 22],
  traits: ["reduction"],
  attrs: ATTRS,
  operands: [3, 3],
  infer: ({ attrs, operand, shape: shapeOf }) => {
    const [x, rois] = [operand(0), shapeOf(1)];
    require(x.shape === undefined || x.shape.length === 4, () =>
      `needs an operand of rank 4, but found ${printShape(x.shape ?? [])}`);
    const isFitting = rois === undefined || (rois.length === 2 && (rois[1] === 4 || typeof rois[1] === "string"));
    require(isFitting, () => `needs rectangles [n,4], but found ${printShape(rois ?? [])}`);
    const [height, width] = [attrs.output_height, attrs.output_width];
    require(height >= 1 && width >= 1, () => `needs 1 bin or more along each axis, but found ${height} x ${width}`);
    const [count, channels] = [(rois?.[0] ?? "?") as Dim, (x.shape?.[1] ?? "?") as Dim];
    return [{ dtype: x.dtype, shape: [count, channels, height, width] }];
  },
  evaluate: ({ version, attrs, operand, ints, result }) => {
    const x = operand(0);
    const [batch, channels, height, width] = x.shape as readonly [number, number, number, number];
    const { shape } = result(0);
    const [from, rois, batches] = [floatsOf(x), floatsOf(operand(1)), ints(2)];
    const to = newFloats(floatDType(x.dtype), elementCount(shape));
    const isHalfPixel = version >= 16 && attrs.coordinate_transformation_mode === "half_pixel";
    const bins = attrs.output_height * attrs.output_width;
    batches.forEach((element, roi) => {
      require(element >= 0 && element < batch, () => `needs batch indices in 0 .. ${batch - 1}, but found ${element}`);
      const [x1, y1, x2, y2] = rois.subarray(roi * 4, roi * 4 + 4) as unknown as readonly [
        number,
        number,
        number,
        number,
      ];
      const columns = binsOf([x1, x2], attrs.output_width, attrs, isHalfPixel);
      binsOf([y1, y2], attrs.output_height, attrs, isHalfPixel).forEach((row, i) => {
        columns.forEach((column, j) => {
          const corners = cornersOf(row, column, height, width);
          const divisor = attrs.mode === "max" ? 1 : Math.max(1, row.count * column.count);
          for (let channel = 0; channel < channels; channel++) {
            const pooled = poolCorners(
              from,
              (element * channels + channel) * height * width,
              corners,
              attrs.mode === "max",
            );
            to[(roi * channels + channel) * bins + i * attrs.output_width + j] = pooled / divisor;
          }
        });
      });
    });
    return [finishFloats(floatDType(x.dtype), shape, to)];
  },
});
