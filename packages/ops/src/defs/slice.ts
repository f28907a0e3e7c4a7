// Slice: from `start` to before `end` with a step, along some axes. All four were attributes (without steps) until
// opset 9 and are operands since. Bounds are clamped; a negative step runs backward.
import type { Dim, Shape } from "@waferc/ir/graph";
import { stridesOf } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { ints } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { copyView, tensorOfUnits, unitsOf } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { normalAxes } from "../shapes.ts";

const ATTRS = { starts: ints(), ends: ints(), axes: ints() };

interface Bounds {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly axes: readonly number[] | undefined;
  readonly steps: readonly number[] | undefined;
}

interface BoundsSource {
  readonly version: number;
  readonly attrs: AttrValues<typeof ATTRS>;
  has(index: number): boolean;
  ints(index: number): readonly number[] | undefined;
}

/** Undefined if a bound is not known yet. */
function boundsOf({ version, attrs, has, ints: read }: BoundsSource): Bounds | undefined {
  if (version < 10) {
    require(attrs.starts !== undefined && attrs.ends !== undefined, 'needs attributes "starts" and "ends"');
    return { starts: attrs.starts, ends: attrs.ends, axes: attrs.axes, steps: undefined };
  }
  const [starts, ends] = [read(1), read(2)];
  const [axes, steps] = [has(3) ? read(3) : undefined, has(4) ? read(4) : undefined];
  const isUnknown = starts === undefined || ends === undefined || (has(3) && !axes) || (has(4) && !steps);
  return isUnknown ? undefined : { starts, ends, axes, steps };
}

/** First index, number of elements and step along an axis of length `length`. */
interface Range {
  readonly start: number;
  readonly count: number;
  readonly step: number;
}

function rangeOf(start: number, end: number, step: number, length: number): Range {
  require(step !== 0, "needs steps other than 0");
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
  const clamp = (index: number, min: number): number =>
    Math.min(Math.max(index < 0 ? index + length : index, min), high);
  const from = clamp(start, step > 0 ? low : 0);
  const count = Math.max(0, Math.ceil((clamp(end, low) - from) / step));
  return { start: from, count, step };
}

/** Bounds by axis of the operand. */
function byAxis({ starts, ends, axes, steps }: Bounds, rank: number): Map<number, [number, number, number]> {
  const chosen = normalAxes(axes ?? starts.map((_, i) => i), rank);
  const lengths = [ends.length, chosen.length, steps?.length ?? starts.length];
  require(lengths.every((length) => length === starts.length), "needs starts, ends, axes and steps of equal length");
  return new Map(chosen.map((axis, i) => [axis, [starts[i]!, ends[i]!, steps?.[i] ?? 1]]));
}

function slicedShape(shape: Shape, bounds: Bounds): Shape {
  const chosen = byAxis(bounds, shape.length);
  return shape.map((dim, axis): Dim => {
    const bound = chosen.get(axis);
    if (bound === undefined) return dim;
    const [start, end, step] = bound;
    if (typeof dim === "number") return rangeOf(start, end, step, dim).count;
    const isWhole = start === 0 && end === Number.MAX_SAFE_INTEGER && step === 1;
    return isWhole ? dim : "?";
  });
}

function sliceTensor(x: Tensor, bounds: Bounds): Tensor {
  const chosen = byAxis(bounds, x.shape.length);
  const strides = stridesOf(x.shape);
  const ranges = x.shape.map((length, axis): Range => {
    const [start, end, step] = chosen.get(axis) ?? [0, length, 1];
    return rangeOf(start, end, step, length);
  });
  const shape = ranges.map(({ count }) => count);
  const offset = ranges.reduce((sum, { start }, axis) => sum + start * strides[axis]!, 0);
  const steps = ranges.map(({ step }, axis) => step * strides[axis]!);
  return tensorOfUnits(x.dtype, shape, copyView(unitsOf(x), shape, steps, offset));
}

export const sliceOp = defineOp({
  kind: "Slice",
  versions: [1, 10, 11, 13],
  traits: ["movement"],
  attrs: ATTRS,
  operands: [1, 5],
  infer: (ctx) => {
    const { dtype, shape } = ctx.operand(0);
    const bounds = boundsOf(ctx);
    if (shape === undefined) return [{ dtype }];
    return [{ dtype, shape: bounds === undefined ? shape.map(() => "?") : slicedShape(shape, bounds) }];
  },
  evaluate: (ctx) => {
    const bounds = boundsOf(ctx);
    require(bounds !== undefined, "needs starts and ends");
    return [sliceTensor(ctx.operand(0), bounds)];
  },
});
