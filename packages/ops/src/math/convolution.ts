// Convolutions as matrix products: the elements under some windows at a time become columns, which the filters multiply;
// the transposed convolution multiplies first and adds the columns into the plane. Sums are doubles, rounded once.
import { elementCount } from "@waferc/numerics";
import type { Floats } from "./floats.ts";
import { multiplyFloats } from "./matmul.ts";
import { forWindowChunks, tapCount, tapOffsets } from "./windows.ts";
import type { Windows } from "./windows.ts";

export interface ConvolutionSize {
  /** Over the plane of the operand; of the result if transposed. */
  readonly windows: Windows;
  readonly batch: number;
  readonly groups: number;
  /** Channels of the operand, in one group. */
  readonly channels: number;
  /** Channels of the result, in one group. */
  readonly filters: number;
}

/**
 * to = x * w + bias: x [batch, groups channels, plane], w [groups filters, channels, taps], bias [groups filters], to [batch,
 * groups filters, positions]. Integers whose products sum up below 2^53 are exact.
 */
export function convolve(x: Floats, w: Floats, bias: Floats | undefined, to: Floats, size: ConvolutionSize): void {
  const { windows, batch, groups, channels, filters } = size;
  const [width, positions, taps] = [elementCount(windows.plane), elementCount(windows.positions), tapCount(windows)];
  const depth = channels * taps;
  forWindowChunks(windows, channels, (offsets, from, count) => {
    const columns = x instanceof Float32Array ? new Float32Array(depth * count) : new Float64Array(depth * count);
    const [products, sums] = [new Float64Array(filters * count), new Float64Array(count)];
    for (let stack = 0; stack < batch * groups; stack++) {
      const group = stack % groups;
      for (let channel = 0; channel < channels; channel++) {
        const start = (stack * channels + channel) * width;
        copyTaps(x, start, offsets, columns, channel * offsets.length);
      }
      const at = { a: group * filters * depth, b: 0, to: 0 };
      multiplyFloats(w, columns, products, { m: filters, k: depth, n: count }, at, sums);
      for (let filter = 0; filter < filters; filter++) {
        const shift = bias?.[group * filters + filter] ?? 0;
        const target = (stack * filters + filter) * positions + from;
        for (let i = 0; i < count; i++) to[target + i] = products[filter * count + i]! + shift;
      }
    }
  });
}

/** Elements under the taps of one channel; 0 in the padding. */
function copyTaps(x: Floats, start: number, offsets: Int32Array, columns: Floats, at: number): void {
  for (let i = 0; i < offsets.length; i++) {
    const offset = offsets[i]!;
    columns[at + i] = offset < 0 ? 0 : x[start + offset]!;
  }
}

/**
 * The transposed convolution: x [batch, groups channels, positions], w [groups channels, filters, taps], bias
 * [groups filters], to [batch, groups filters, plane].
 */
export function convolveTransposed(
  x: Floats,
  w: Floats,
  bias: Floats | undefined,
  to: Floats,
  { windows, batch, groups, channels, filters }: ConvolutionSize,
): void {
  const [width, positions, taps] = [elementCount(windows.plane), elementCount(windows.positions), tapCount(windows)];
  const offsets = tapOffsets(windows, 0, positions);
  const turned = transposeGroups(w, groups, channels, filters * taps);
  const [products, sums, plane] = [
    new Float64Array(taps * positions),
    new Float64Array(positions),
    new Float64Array(width),
  ];
  for (let stack = 0; stack < batch * groups; stack++) {
    const group = stack % groups;
    for (let filter = 0; filter < filters; filter++) {
      const at = { a: (group * filters + filter) * taps * channels, b: stack * channels * positions, to: 0 };
      multiplyFloats(turned, x, products, { m: taps, k: channels, n: positions }, at, sums);
      plane.fill(bias?.[group * filters + filter] ?? 0);
      for (let i = 0; i < offsets.length; i++) if (offsets[i]! >= 0) plane[offsets[i]!]! += products[i]!;
      to.set(plane, (stack * filters + filter) * width);
    }
  }
}

/** [groups, rows, columns] to [groups, columns, rows]. */
function transposeGroups(w: Floats, groups: number, rows: number, columns: number): Float64Array {
  const turned = new Float64Array(w.length);
  for (let group = 0; group < groups; group++) {
    const start = group * rows * columns;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        turned[start + column * rows + row] = w[start + row * columns + column]!;
      }
    }
  }
  return turned;
}
