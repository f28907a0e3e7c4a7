// Col2Im: the columns that a convolution would multiply, [batch, channels taps, windows], added up where they lie in the
// image; the image and the window have their lengths as operands.
import type { Shape } from "@waferc/ir/graph";
import { elementCount } from "@waferc/numerics";
import { ints } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { byAxis } from "../families/windows.ts";
import { finishNumbers, newNumbers, numbersOf } from "../math/scalars.ts";
import { spanOf, tapOffsets } from "../math/windows.ts";
import type { Windows } from "../math/windows.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { printShape } from "../shapes.ts";

const ATTRS = { dilations: ints(), pads: ints(), strides: ints() };

function windowsOf(attrs: AttrValues<typeof ATTRS>, image: readonly number[], block: readonly number[]): Windows {
  const rank = image.length;
  require(block.length === rank, () => `needs a block of rank ${rank}, but found ${printShape(block)}`);
  const strides = byAxis(attrs.strides, rank, 1, "strides");
  const dilations = byAxis(attrs.dilations, rank, 1, "dilations");
  const pads = byAxis(attrs.pads, 2 * rank, 0, "pads");
  const axes = block.map((kernel, axis) => ({
    kernel,
    stride: strides[axis]!,
    dilation: dilations[axis]!,
    before: pads[axis]!,
    after: pads[axis + rank]!,
  }));
  const positions = axes.map((axis, i) => {
    const room = image[i]! + axis.before + axis.after;
    require(room >= spanOf(axis), () => `needs blocks of at most ${room} elements, but found ${spanOf(axis)}`);
    return Math.floor((room - spanOf(axis)) / axis.stride) + 1;
  });
  return { axes, plane: image, positions };
}

function imageShape(x: Shape, image: readonly number[], block: readonly number[]): Shape {
  const [batch, columns] = x;
  require(x.length === 3 && batch !== undefined, () => `needs an operand of rank 3, but found ${printShape(x)}`);
  if (typeof columns !== "number") return [batch, "?", ...image];
  const channels = columns / elementCount(block);
  require(Number.isInteger(channels), () => `needs columns of blocks ${printShape(block)}, but found ${columns}`);
  return [batch, channels, ...image];
}

export const col2ImOp = defineOp({
  kind: "Col2Im",
  versions: [18],
  traits: ["reduction"],
  attrs: ATTRS,
  operands: [3, 3],
  infer: ({ operand, ints: read }) => {
    const { dtype, shape } = operand(0);
    const [image, block] = [read(1), read(2)];
    if (shape === undefined || image === undefined || block === undefined) return [{ dtype }];
    return [{ dtype, shape: imageShape(shape, image, block) }];
  },
  evaluate: ({ attrs, operand, ints: read, result }) => {
    const x = operand(0);
    const { dtype, shape } = result(0);
    const windows = windowsOf(attrs, read(1), read(2));
    const positions = elementCount(windows.positions);
    require(x.shape[2] === positions, () => `needs ${positions} columns for this image, but found ${x.shape[2]}`);
    const offsets = tapOffsets(windows, 0, positions);
    const [from, sums] = [numbersOf(x), new Float64Array(elementCount(shape))];
    const width = elementCount(windows.plane);
    for (let plane = 0; plane < elementCount(shape.slice(0, 2)); plane++) {
      for (let i = 0; i < offsets.length; i++) {
        if (offsets[i]! >= 0) sums[plane * width + offsets[i]!]! += from[plane * offsets.length + i]!;
      }
    }
    const to = newNumbers(dtype, sums.length);
    to.set(sums);
    return [finishNumbers(dtype, shape, to)];
  },
});
