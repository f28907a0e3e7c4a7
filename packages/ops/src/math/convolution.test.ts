// Convolutions against sums written out from the definition, on random geometry with small integers, so that every sum is
// exact; and the transposed convolution against the definition of a transpose: <conv(x), y> = <x, transposed(y)>.
import { Rng } from "@waferc/base";
import { elementCount } from "@waferc/numerics";
import { expect, test } from "vitest";
import { convolve, convolveTransposed } from "./convolution.ts";
import type { ConvolutionSize } from "./convolution.ts";
import { spanOf, tapOffsets } from "./windows.ts";

function randomSize(rng: Rng, rank: number): ConvolutionSize {
  const axes = Array.from({ length: rank }, () => ({
    kernel: rng.between(1, 3),
    stride: rng.between(1, 3),
    dilation: rng.between(1, 2),
    before: rng.between(0, 2),
    after: rng.between(0, 2),
  }));
  const plane = axes.map((axis) => spanOf(axis) + rng.between(0, 4));
  const positions = axes.map((axis, i) => {
    return Math.floor((plane[i]! + axis.before + axis.after - spanOf(axis)) / axis.stride) + 1;
  });
  const [batch, groups, channels, filters] = [1, 1, 1, 1].map(() => rng.between(1, 3)) as [
    number,
    number,
    number,
    number,
  ];
  return { windows: { axes, plane, positions }, batch, groups, channels, filters };
}

const integers = (rng: Rng, count: number): Float64Array =>
  Float64Array.from({ length: count }, () => rng.between(-9, 9));

const indexOf = (flat: number, shape: readonly number[]): number[] =>
  shape.map((length, axis) => Math.floor(flat / elementCount(shape.slice(axis + 1))) % length);

/** The tap's place in the plane from the definition, or undefined in the padding. */
function placeOf({ windows: { axes, plane } }: ConvolutionSize, position: number[], tap: number[]): number | undefined {
  let place = 0;
  for (const [axis, { stride, dilation, before }] of axes.entries()) {
    const index = position[axis]! * stride + tap[axis]! * dilation - before;
    if (index < 0 || index >= plane[axis]!) return undefined;
    place = place * plane[axis]! + index;
  }
  return place;
}

function plainConvolution(x: Float64Array, w: Float64Array, bias: Float64Array, size: ConvolutionSize): Float64Array {
  const { windows, batch, groups, channels, filters } = size;
  const [width, count] = [elementCount(windows.plane), elementCount(windows.positions)];
  const kernel = windows.axes.map((axis) => axis.kernel);
  const taps = elementCount(kernel);
  return Float64Array.from({ length: batch * groups * filters * count }, (_, at) => {
    const [row, position] = [Math.floor(at / count), at % count];
    const [element, filter] = [Math.floor(row / (groups * filters)), row % (groups * filters)];
    let sum = bias[filter]!;
    for (let channel = 0; channel < channels; channel++) {
      const start = ((element * groups + Math.floor(filter / filters)) * channels + channel) * width;
      for (let tap = 0; tap < taps; tap++) {
        const place = placeOf(size, indexOf(position, windows.positions), indexOf(tap, kernel));
        if (place !== undefined) sum += x[start + place]! * w[(filter * channels + channel) * taps + tap]!;
      }
    }
    return sum;
  });
}

for (const rank of [1, 2, 3]) {
  test(`convolve gives the sums of the definition on ${rank} axes`, () => {
    for (let seed = 0; seed < 30; seed++) {
      const rng = new Rng(`convolve ${rank} ${seed}`);
      const size = randomSize(rng, rank);
      const { windows, batch, groups, channels, filters } = size;
      const taps = elementCount(windows.axes.map(({ kernel }) => kernel));
      const x = integers(rng, batch * groups * channels * elementCount(windows.plane));
      const w = integers(rng, groups * filters * channels * taps);
      const bias = integers(rng, groups * filters);
      const to = new Float64Array(batch * groups * filters * elementCount(windows.positions));
      convolve(x, w, bias, to, size);
      expect(to, `seed ${seed}`).toEqual(plainConvolution(x, w, bias, size));
    }
  });

  test(`convolveTransposed is the transpose of convolve on ${rank} axes`, () => {
    for (let seed = 0; seed < 30; seed++) {
      const rng = new Rng(`transposed ${rank} ${seed}`);
      const size = randomSize(rng, rank);
      const { windows, batch, groups, channels, filters } = size;
      const taps = elementCount(windows.axes.map(({ kernel }) => kernel));
      const x = integers(rng, batch * groups * channels * elementCount(windows.plane));
      const y = integers(rng, batch * groups * filters * elementCount(windows.positions));
      const w = integers(rng, groups * filters * channels * taps);
      const [forward, back] = [new Float64Array(y.length), new Float64Array(x.length)];
      convolve(x, w, undefined, forward, size);
      convolveTransposed(y, w, undefined, back, { ...size, channels: filters, filters: channels });
      expect(dot(forward, y), `seed ${seed}`).toBe(dot(x, back));
    }
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

test("tapOffsets of a part of the windows are a part of the offsets", () => {
  const { windows } = randomSize(new Rng("part"), 2);
  const total = elementCount(windows.positions);
  const whole = tapOffsets(windows, 0, total);
  const last = tapOffsets(windows, total - 1, 1);
  expect(Array.from(last)).toEqual(Array.from(last, (_, tap) => whole[tap * total + total - 1]));
});
