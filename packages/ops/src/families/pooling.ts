// What pools share: attributes, the shape rule, and the walk over windows. A pool gives a number for each window of each
// plane (a batch element's channel).
import type { Shape } from "@waferc/ir/graph";
import { elementCount } from "@waferc/numerics";
import { flag } from "../attr-spec.ts";
import { forWindowChunks } from "../math/windows.ts";
import type { Windows } from "../math/windows.ts";
import type { CostContext } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { planeOf, slidShape, windowAxes, windowsOver, WINDOW_ATTRS } from "./windows.ts";
import type { WindowAttrs } from "./windows.ts";

export const POOL_ATTRS = { ...WINDOW_ATTRS, ceil_mode: flag(false) };
type PoolAttrs = WindowAttrs & { readonly ceil_mode: boolean };

function kernelOf({ kernel_shape: kernel }: PoolAttrs): readonly number[] {
  require(kernel !== undefined, 'needs attribute "kernel_shape"');
  return kernel;
}

export function pooledShape(attrs: PoolAttrs, x: Shape): Shape {
  const plane = planeOf(x);
  return [...x.slice(0, 2), ...slidShape(windowAxes(attrs, kernelOf(attrs), plane), plane, attrs.ceil_mode)];
}

export function poolWindows(attrs: PoolAttrs, x: readonly number[], result: readonly number[]): Windows {
  return windowsOver(attrs, kernelOf(attrs), x.slice(2), result.slice(2));
}

/** Some windows of one plane: `offsets` [taps, count] count from `start`, and results go to `target` and on. */
export interface PoolStretch {
  readonly offsets: Int32Array;
  readonly start: number;
  /** First window, among those of the plane. */
  readonly from: number;
  readonly count: number;
  readonly target: number;
}

/** Calls `visit` until every window of each plane had its turn. */
export function forPoolStretches(windows: Windows, planes: number, visit: (stretch: PoolStretch) => void): void {
  const [width, positions] = [elementCount(windows.plane), elementCount(windows.positions)];
  forWindowChunks(windows, 1, (offsets, from, count) => {
    for (let plane = 0; plane < planes; plane++) {
      visit({ offsets, start: plane * width, from, count, target: plane * positions + from });
    }
  });
}

/** One operation for each tap. */
export function poolFlops({ attrs, results }: CostContext<typeof POOL_ATTRS>): number {
  return elementCount(results[0]?.shape ?? [0]) * elementCount(attrs.kernel_shape ?? []);
}
