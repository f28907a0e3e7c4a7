// Windows that slide over a plane: where each tap of each window lies. Convolutions, pools and Col2Im share it; a plane
// has any number of axes, and its elements are counted row-major.
import { elementCount, stridesOf } from "@waferc/numerics";

/** The window along one axis, in elements. */
export interface WindowAxis {
  /** Number of taps. */
  readonly kernel: number;
  readonly stride: number;
  /** Distance between taps. */
  readonly dilation: number;
  /** Padding on either side of the plane. */
  readonly before: number;
  readonly after: number;
}

export interface Windows {
  readonly axes: readonly WindowAxis[];
  /** Lengths of the plane. */
  readonly plane: readonly number[];
  /** Number of windows along each axis. */
  readonly positions: readonly number[];
}

/** Elements from the first tap to the last. */
export function spanOf({ kernel, dilation }: Pick<WindowAxis, "kernel" | "dilation">): number {
  return (kernel - 1) * dilation + 1;
}

export function tapCount({ axes }: Windows): number {
  return axes.reduce((count, { kernel }) => count * kernel, 1);
}

/**
 * Where taps lie in the plane, or -1 outside of it: [taps, count], both row-major, for the `count` windows from `from`.
 */
export function tapOffsets(windows: Windows, from: number, count: number): Int32Array {
  const { axes, plane, positions } = windows;
  const [taps, strides] = [tapCount(windows), stridesOf(plane)];
  const tapStrides = stridesOf(axes.map(({ kernel }) => kernel));
  const positionStrides = stridesOf(positions);
  const offsets = new Int32Array(taps * count);
  const starts = new Int32Array(count);
  axes.forEach(({ kernel, stride, dilation, before }, axis) => {
    const [length, step] = [plane[axis]!, strides[axis]!];
    for (let i = 0; i < count; i++) {
      starts[i] = (Math.floor((from + i) / positionStrides[axis]!) % positions[axis]!) * stride - before;
    }
    for (let tap = 0; tap < taps; tap++) {
      const shift = (Math.floor(tap / tapStrides[axis]!) % kernel) * dilation;
      for (let i = 0, at = tap * count; i < count; i++, at++) {
        const index = starts[i]! + shift;
        if (index < 0 || index >= length) offsets[at] = -1;
        else if (offsets[at] !== -1) offsets[at]! += index * step;
      }
    }
  });
  return offsets;
}

/** A table of offsets has about this many entries at most. */
const TABLE_ENTRIES = 2 ** 19;

/** Calls `visit` with the offsets of some windows at a time, until all had their turn. */
export function forWindowChunks(
  windows: Windows,
  rowsByTap: number,
  visit: (offsets: Int32Array, from: number, count: number) => void,
): void {
  const total = elementCount(windows.positions);
  const most = Math.max(16, Math.floor(TABLE_ENTRIES / Math.max(1, tapCount(windows) * rowsByTap)));
  for (let from = 0; from < total; from += most) {
    const count = Math.min(most, total - from);
    visit(tapOffsets(windows, from, count), from, count);
  }
}

/** Taps of each window that lie in the plane or its padding. */
export function paddedTapCounts({ axes, plane, positions }: Windows): Float64Array {
  const counts = new Float64Array(elementCount(positions)).fill(1);
  const strides = stridesOf(positions);
  axes.forEach(({ kernel, stride, dilation, before, after }, axis) => {
    const byPosition = Array.from({ length: positions[axis]! }, (_, position) => {
      const room = plane[axis]! + before + after - position * stride;
      return Math.min(kernel, Math.ceil(room / dilation));
    });
    for (let i = 0; i < counts.length; i++)
      counts[i]! *= byPosition[Math.floor(i / strides[axis]!) % positions[axis]!]!;
  });
  return counts;
}
