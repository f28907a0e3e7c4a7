// GridSample: x [batch, channels, plane] at the points that a grid [batch, result plane, rank] gives, coordinates in
// -1 .. 1, the last axis of the plane first. Version 16 calls the modes bilinear and bicubic and knows two axes only.
import type { Dim } from "@waferc/ir/graph";
import { elementCount } from "@waferc/numerics";
import { flag, word } from "../attr-spec.ts";
import { planeOf } from "../families/windows.ts";
import { finishNumbers, newNumbers, numbersOf } from "../math/scalars.ts";
import { floatsOf } from "../math/floats.ts";
import { denormalize, samplePoint } from "../math/grid-sample.ts";
import type { SampleMode, Sampling } from "../math/grid-sample.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { canDimsMatch, printShape } from "../shapes.ts";

const MODES: Readonly<Record<string, SampleMode>> = {
  bilinear: "linear",
  bicubic: "cubic",
  cubic: "cubic",
  nearest: "nearest",
};

export const gridSampleOp = defineOp({
  kind: "GridSample",
  versions: [16, 20, 22],
  attrs: {
    align_corners: flag(false),
    mode: word("linear", "bilinear", "nearest", "cubic", "bicubic"),
    padding_mode: word("zeros", "border", "reflection"),
  },
  operands: [2, 2],
  infer: ({ operand }) => {
    const [x, grid] = [operand(0), operand(1)];
    if (x.shape === undefined || grid.shape === undefined) return [{ dtype: x.dtype }];
    const rank = planeOf(x.shape).length;
    const isFitting = grid.shape.length === rank + 2 && canDimsMatch(grid.shape.at(-1) as Dim, rank);
    require(isFitting, () => `needs a grid of points in ${rank} axes, but found ${printShape(grid.shape ?? [])}`);
    return [{ dtype: x.dtype, shape: [...x.shape.slice(0, 2), ...grid.shape.slice(1, -1)] }];
  },
  evaluate: ({ attrs, operand, result }) => {
    const [x, grid] = [operand(0), floatsOf(operand(1))];
    const { dtype, shape } = result(0);
    const [batch, channels] = shape as readonly [number, number];
    const [plane, points] = [x.shape.slice(2), elementCount(shape.slice(2))];
    const [width, rank] = [elementCount(plane), plane.length];
    const sampling: Sampling = {
      mode: MODES[attrs.mode] ?? "linear",
      padding: attrs.padding_mode,
      isAligned: attrs.align_corners,
    };
    const [from, to] = [numbersOf(x), newNumbers(dtype, elementCount(shape))];
    for (let at = 0; at < batch * points; at++) {
      const point = plane.map((length, axis) =>
        denormalize(grid[at * rank + rank - 1 - axis]!, length, attrs.align_corners),
      );
      const { offsets, weights } = samplePoint(point, plane, sampling);
      for (let channel = 0; channel < channels; channel++) {
        const row = Math.floor(at / points) * channels + channel;
        let sum = 0;
        for (let tap = 0; tap < offsets.length; tap++) sum += weights[tap]! * from[row * width + offsets[tap]!]!;
        to[row * points + (at % points)] = sum;
      }
    }
    return [finishNumbers(dtype, shape, to)];
  },
});
