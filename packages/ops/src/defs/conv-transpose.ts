// ConvTranspose: the transpose of Conv as a linear map. Elements of x [batch, channels, positions] times w [channels,
// filters / group, kernel] are added where the window lies in the result; `output_shape` asks for the padding that gives it.
import type { Dim, Shape } from "@waferc/ir/graph";
import { elementCount } from "@waferc/numerics";
import { int, ints } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { commonDType } from "../families/elementwise.ts";
import { byAxis, planeOf, splitPads, WINDOW_ATTRS } from "../families/windows.ts";
import { convolveTransposed } from "../math/convolution.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import { spanOf } from "../math/windows.ts";
import type { WindowAxis } from "../math/windows.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { canDimsMatch, printShape } from "../shapes.ts";

const ATTRS = { ...WINDOW_ATTRS, group: int(1), output_padding: ints(), output_shape: ints() };
type Attrs = AttrValues<typeof ATTRS>;

interface TransposedAxis {
  readonly window: WindowAxis;
  /** Length of the result. */
  readonly length: number;
}

function transposedAxes(attrs: Attrs, kernel: readonly number[], lengths: Shape): (TransposedAxis | undefined)[] {
  const rank = lengths.length;
  const strides = byAxis(attrs.strides, rank, 1, "strides");
  const dilations = byAxis(attrs.dilations, rank, 1, "dilations");
  const pads = byAxis(attrs.auto_pad === "NOTSET" ? attrs.pads : undefined, 2 * rank, 0, "pads");
  const extra = byAxis(attrs.output_padding, rank, 0, "output paddings");
  const wanted = attrs.output_shape?.slice(-rank);
  require(wanted === undefined || wanted.length === rank, () => `needs an output_shape of ${rank} lengths`);
  return lengths.map((length, axis) => {
    if (typeof length !== "number") return undefined;
    const stride = strides[axis]!;
    const window = { kernel: kernel[axis]!, stride, dilation: dilations[axis]! };
    const whole = stride * (length - 1) + extra[axis]! + spanOf(window);
    const isAutomatic = attrs.auto_pad !== "NOTSET" && attrs.auto_pad !== "VALID";
    const target = wanted?.[axis] ?? (isAutomatic ? length * stride : undefined);
    if (target === undefined) {
      const [before, after] = [pads[axis]!, pads[axis + rank]!];
      return { window: { ...window, before, after }, length: whole - before - after };
    }
    const [before, after] = splitPads(Math.max(0, whole - target), attrs.auto_pad === "SAME_UPPER");
    return { window: { ...window, before, after }, length: target };
  });
}

function transposedShape(attrs: Attrs, x: Shape, w: Shape): Shape {
  const lengths = planeOf(x);
  require(w.length === x.length, () => `needs filters of rank ${x.length}, but found ${printShape(w)}`);
  require(canDimsMatch(x[1] as Dim, w[0] as Dim), () => `needs ${w[0]} channels, but found ${x[1]}`);
  const filters = typeof w[1] === "number" ? w[1] * attrs.group : "?";
  const kernel = w.slice(2);
  if (!kernel.every((length) => typeof length === "number")) return [x[0] as Dim, filters, ...lengths.map(() => "?")];
  const axes = transposedAxes(attrs, kernel, lengths);
  for (const axis of axes) require(axis === undefined || axis.length >= 0, "has padding that leaves no result");
  return [x[0] as Dim, filters, ...axes.map((axis) => axis?.length ?? "?")];
}

export const convTransposeOp = defineOp({
  kind: "ConvTranspose",
  versions: [1, 11, 22],
  traits: ["contraction"],
  attrs: ATTRS,
  operands: [2, 3],
  infer: ({ attrs, operand, operands }) => {
    const [x, w] = [operand(0), operand(1)];
    const dtype = commonDType([x, w, ...(operands[2] === undefined ? [] : [operands[2]])]);
    if (x.shape === undefined || w.shape === undefined) return [{ dtype }];
    return [{ dtype, shape: transposedShape(attrs, x.shape, w.shape) }];
  },
  evaluate: ({ attrs, operand, has, result }) => {
    const [x, w] = [operand(0), operand(1)];
    const bias = has(2) ? floatsOf(operand(2)) : undefined;
    const { shape } = result(0);
    const dtype = floatDType(x.dtype);
    const to = newFloats(dtype, elementCount(shape));
    const axes = transposedAxes(attrs, w.shape.slice(2), x.shape.slice(2)) as TransposedAxis[];
    convolveTransposed(floatsOf(x), floatsOf(w), bias, to, {
      windows: { axes: axes.map(({ window }) => window), plane: shape.slice(2), positions: x.shape.slice(2) },
      batch: x.shape[0]!,
      groups: attrs.group,
      channels: w.shape[0]! / attrs.group,
      filters: w.shape[1]!,
    });
    return [finishFloats(dtype, shape, to)];
  },
  macs: ({ operands }) => elementCount(operands[0]?.shape ?? [0]) * elementCount(operands[1]?.shape.slice(1) ?? []),
});
