// DeformConv: Conv whose taps are moved: each tap of each window reads x at its place plus an offset, linearly between
// elements (zeros beyond the plane), and may be scaled by a mask. Groups of channels share offsets: `offset_group` of them.
import type { Dim, Shape } from "@waferc/ir/graph";
import { elementCount, stridesOf } from "@waferc/numerics";
import { int, ints } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { commonDType } from "../families/elementwise.ts";
import { planeOf, slidShape, windowAxes, windowsOver } from "../families/windows.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import type { Floats } from "../math/floats.ts";
import { samplePoint } from "../math/grid-sample.ts";
import type { Sampling } from "../math/grid-sample.ts";
import { multiplyFloats } from "../math/matmul.ts";
import { tapCount } from "../math/windows.ts";
import type { Windows } from "../math/windows.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { canDimsMatch, printShape } from "../shapes.ts";

const ATTRS = {
  kernel_shape: ints(),
  strides: ints(),
  dilations: ints(),
  pads: ints(),
  group: int(1),
  offset_group: int(1),
};
type Attrs = AttrValues<typeof ATTRS>;

const SAMPLING: Sampling = { mode: "linear", padding: "zeros", isAligned: true };

function deformedShape(attrs: Attrs, x: Shape, w: Shape): Shape {
  const plane = planeOf(x);
  require(w.length === x.length, () => `needs filters of rank ${x.length}, but found ${printShape(w)}`);
  const [filters, channels] = [w[0] as Dim, w[1] as Dim];
  const needed = typeof channels === "number" ? channels * attrs.group : "?";
  require(canDimsMatch(x[1] as Dim, needed), () => `needs ${needed} channels, but found ${x[1]}`);
  const isShared = typeof needed !== "number" || needed % attrs.offset_group === 0;
  require(isShared, () => `needs channels in ${attrs.offset_group} equal groups of offsets, but found ${needed}`);
  const kernel = w.slice(2);
  if (!kernel.every((length) => typeof length === "number")) return [x[0] as Dim, filters, ...plane.map(() => "?")];
  return [x[0] as Dim, filters, ...slidShape(windowAxes({ ...attrs, auto_pad: "NOTSET" }, kernel, plane), plane)];
}

/** What all windows of one batch element read: [channels, taps, positions]. */
interface DeformedColumns {
  readonly windows: Windows;
  readonly channels: number;
  readonly offsetGroups: number;
}

function fillColumns(
  x: Floats,
  offsets: Floats,
  mask: Floats | undefined,
  columns: Float64Array,
  { windows, channels, offsetGroups }: DeformedColumns,
): void {
  const { axes, plane, positions } = windows;
  const [taps, count, width, rank] = [tapCount(windows), elementCount(positions), elementCount(plane), plane.length];
  const [tapStrides, strides] = [stridesOf(axes.map(({ kernel }) => kernel)), stridesOf(positions)];
  const share = channels / offsetGroups;
  for (let at = 0; at < offsetGroups * taps * count; at++) {
    const [row, position] = [Math.floor(at / count), at % count];
    const [group, tap] = [Math.floor(row / taps), row % taps];
    const point = axes.map(({ kernel, stride, dilation, before }, axis) => {
      const window = (Math.floor(position / strides[axis]!) % positions[axis]!) * stride - before;
      const step = (Math.floor(tap / tapStrides[axis]!) % kernel) * dilation;
      return window + step + offsets[(row * rank + axis) * count + position]!;
    });
    const sample = samplePoint(point, plane, SAMPLING);
    const factor = mask?.[at] ?? 1;
    for (let channel = group * share; channel < (group + 1) * share; channel++) {
      let sum = 0;
      sample.offsets.forEach((offset, i) => (sum += sample.weights[i]! * x[channel * width + offset]!));
      columns[(channel * taps + tap) * count + position] = factor * sum;
    }
  }
}

export const deformConvOp = defineOp({
  kind: "DeformConv",
  versions: [19, 22],
  traits: ["contraction"],
  attrs: ATTRS,
  operands: [3, 5],
  infer: ({ attrs, operand }) => {
    const [x, w] = [operand(0), operand(1)];
    const dtype = commonDType([x, w, operand(2)]);
    if (x.shape === undefined || w.shape === undefined) return [{ dtype }];
    return [{ dtype, shape: deformedShape(attrs, x.shape, w.shape) }];
  },
  evaluate: ({ attrs, operand, has, result }) => {
    const [x, w] = [operand(0), operand(1)];
    const { shape } = result(0);
    const dtype = floatDType(x.dtype);
    const windows = windowsOver({ ...attrs, auto_pad: "NOTSET" }, w.shape.slice(2), x.shape.slice(2), shape.slice(2));
    const [batch, channels] = x.shape as readonly [number, number];
    const [taps, count] = [tapCount(windows), elementCount(windows.positions)];
    const masks = batch * attrs.offset_group * taps * count;
    const shifts = masks * windows.plane.length;
    const [source, weights, offsets] = [floatsOf(x), floatsOf(w), floatsOf(operand(2))];
    require(offsets.length === shifts, () => `needs ${shifts} offsets, but found ${offsets.length}`);
    const bias = has(3) ? floatsOf(operand(3)) : undefined;
    const mask = has(4) ? floatsOf(operand(4)) : undefined;
    const isMaskFitting = mask === undefined || mask.length === masks;
    require(isMaskFitting, () => `needs a mask of ${masks} elements, but found ${mask?.length}`);
    const to = newFloats(dtype, elementCount(shape));
    const columns = new Float64Array(channels * taps * count);
    const filters = w.shape[0]! / attrs.group;
    const depth = w.shape[1]! * taps;
    const [products, sums] = [new Float64Array(filters * count), new Float64Array(count)];
    for (let element = 0; element < batch; element++) {
      const slice = (floats: Floats): Floats =>
        floats.subarray((element * floats.length) / batch, ((element + 1) * floats.length) / batch);
      const size = { windows, channels, offsetGroups: attrs.offset_group };
      fillColumns(slice(source), slice(offsets), mask && slice(mask), columns, size);
      for (let group = 0; group < attrs.group; group++) {
        const at = { a: group * filters * depth, b: group * depth * count, to: 0 };
        multiplyFloats(weights, columns, products, { m: filters, k: depth, n: count }, at, sums);
        const target = (element * attrs.group + group) * filters * count;
        products.forEach((product, i) => {
          to[target + i] = product + (bias?.[group * filters + Math.floor(i / count)] ?? 0);
        });
      }
    }
    return [finishFloats(dtype, shape, to)];
  },
  macs: ({ operands, results }) =>
    elementCount(results[0]?.shape ?? [0]) * elementCount(operands[1]?.shape.slice(1) ?? []),
});
