// Attributes and shape rules that convolutions and pools share: kernel, strides, dilations and padding, explicit or
// automatic. SAME_UPPER and SAME_LOWER give ceil(length / stride) windows and put the odd element of the padding at the
// end or at the beginning.
import type { Dim, Shape } from "@waferc/ir/graph";
import { ints, word } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { spanOf } from "../math/windows.ts";
import type { WindowAxis, Windows } from "../math/windows.ts";
import { require } from "../op-error.ts";
import { printShape } from "../shapes.ts";

export const WINDOW_ATTRS = {
  auto_pad: word("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"),
  kernel_shape: ints(),
  strides: ints(),
  dilations: ints(),
  pads: ints(),
};
export type WindowAttrs = AttrValues<typeof WINDOW_ATTRS>;

/** One number for each axis: as given, or `fallback` everywhere, which is also the least that is legal. */
export function byAxis(given: readonly number[] | undefined, rank: number, fallback: number, what: string): number[] {
  if (given === undefined) return new Array<number>(rank).fill(fallback);
  require(given.length === rank, () => `needs ${rank} ${what}, but found ${given.length}`);
  const isLegal = given.every((value) => value >= fallback);
  require(isLegal, () => `needs ${what} from ${fallback}, but found ${printShape(given)}`);
  return [...given];
}

/** Padding along one axis; undefined if it depends on a length that is not known. */
export type AxisPads = readonly [before: number, after: number] | undefined;

/** A total split in two, the larger part at the end for SAME_UPPER. */
export function splitPads(total: number, isUpper: boolean): readonly [number, number] {
  const [smaller, larger] = [Math.floor(total / 2), Math.ceil(total / 2)];
  return isUpper ? [smaller, larger] : [larger, smaller];
}

function samePads(length: Dim, stride: number, span: number, isUpper: boolean): AxisPads {
  if (stride === 1) return splitPads(span - 1, isUpper);
  if (typeof length !== "number") return undefined;
  return splitPads(Math.max(0, (Math.ceil(length / stride) - 1) * stride + span - length), isUpper);
}

/** The window along each axis of a plane; undefined where its padding is not known yet. */
export function windowAxes(
  attrs: WindowAttrs,
  kernel: readonly number[],
  plane: Shape,
): readonly (WindowAxis | undefined)[] {
  const rank = plane.length;
  const isWindow = kernel.length === rank && kernel.every((length) => length >= 1);
  require(isWindow, () => `needs a kernel of ${rank} lengths from 1, but found ${printShape(kernel)}`);
  const strides = byAxis(attrs.strides, rank, 1, "strides");
  const dilations = byAxis(attrs.dilations, rank, 1, "dilations");
  const pads = byAxis(attrs.auto_pad === "NOTSET" ? attrs.pads : undefined, 2 * rank, 0, "pads");
  return plane.map((length, axis) => {
    const [stride, dilation] = [strides[axis]!, dilations[axis]!];
    const window = { kernel: kernel[axis]!, stride, dilation };
    const isSame = attrs.auto_pad === "SAME_UPPER" || attrs.auto_pad === "SAME_LOWER";
    const explicit: AxisPads = [pads[axis]!, pads[axis + rank]!];
    const found = isSame ? samePads(length, stride, spanOf(window), attrs.auto_pad === "SAME_UPPER") : explicit;
    return found && { ...window, before: found[0], after: found[1] };
  });
}

/** Number of windows along an axis. With `isCeil`, a last one that starts within the plane may reach beyond its padding. */
export function windowCount(length: Dim, window: WindowAxis | undefined, isCeil: boolean): Dim {
  if (window === undefined) return "?";
  const { stride, before, after } = window;
  const span = spanOf(window);
  if (typeof length !== "number") return stride === 1 && before + after === span - 1 ? length : "?";
  const room = length + before + after;
  require(room >= span || isCeil, () => `needs windows of at most ${room} elements (with padding), but found ${span}`);
  if (!isCeil) return Math.floor((room - span) / stride) + 1;
  const count = Math.max(0, Math.ceil((room - span) / stride)) + 1;
  return (count - 1) * stride >= length + before ? count - 1 : count;
}

/** Lengths of the plane of windows. */
export function slidShape(axes: readonly (WindowAxis | undefined)[], plane: Shape, isCeil = false): Shape {
  return plane.map((length, axis) => windowCount(length, axes[axis], isCeil));
}

/** Windows over a plane whose lengths are known. */
export function windowsOver(
  attrs: WindowAttrs,
  kernel: readonly number[],
  plane: readonly number[],
  positions: readonly number[],
): Windows {
  return { axes: windowAxes(attrs, kernel, plane) as readonly WindowAxis[], plane, positions };
}

/** Lengths of the axes after batch and channels. */
export function planeOf(x: Shape): Shape {
  require(x.length >= 3, () => `needs an operand of rank 3 or more, but found ${printShape(x)}`);
  return x.slice(2);
}
