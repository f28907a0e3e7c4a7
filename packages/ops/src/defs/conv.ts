// Conv: windows of x [batch, channels, plane] times filters w [filters, channels / group, kernel], plus a bias [filters].
import type { Dim, Shape } from "@waferc/ir/graph";
import { elementCount } from "@waferc/numerics";
import { int } from "../attr-spec.ts";
import { commonDType } from "../families/elementwise.ts";
import { planeOf, slidShape, windowAxes, windowsOver, WINDOW_ATTRS } from "../families/windows.ts";
import type { WindowAttrs } from "../families/windows.ts";
import { convolve } from "../math/convolution.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { canDimsMatch, printShape } from "../shapes.ts";

/** Result shape of a convolution of x by filters w. */
export function convShape(attrs: WindowAttrs & { readonly group: number }, x: Shape, w: Shape): Shape {
  const plane = planeOf(x);
  require(w.length === x.length, () => `needs filters of rank ${x.length}, but found ${printShape(w)}`);
  const [filters, channels] = [w[0] as Dim, w[1] as Dim];
  const needed = typeof channels === "number" ? channels * attrs.group : "?";
  require(canDimsMatch(x[1] as Dim, needed), () =>
    `needs ${needed} channels for ${attrs.group} groups of ${printShape(w)}, but found ${x[1]}`);
  require(attrs.group >= 1 && (typeof filters !== "number" || filters % attrs.group === 0), () =>
    `needs filters in ${attrs.group} equal groups, but found ${filters}`);
  const kernel = w.slice(2);
  if (!kernel.every((length) => typeof length === "number")) return [x[0] as Dim, filters, ...plane.map(() => "?")];
  const declared = attrs.kernel_shape ?? kernel;
  require(printShape(declared) === printShape(kernel), () =>
    `needs kernel_shape ${printShape(kernel)}, but found ${printShape(declared)}`);
  return [x[0] as Dim, filters, ...slidShape(windowAxes(attrs, kernel, plane), plane)];
}

export const convOp = defineOp({
  kind: "Conv",
  versions: [1, 11, 22],
  traits: ["contraction"],
  attrs: { ...WINDOW_ATTRS, group: int(1) },
  operands: [2, 3],
  infer: ({ attrs, operand, operands }) => {
    const [x, w] = [operand(0), operand(1)];
    const dtype = commonDType([x, w, ...(operands[2] === undefined ? [] : [operands[2]])]);
    if (x.shape === undefined || w.shape === undefined) return [{ dtype }];
    return [{ dtype, shape: convShape(attrs, x.shape, w.shape) }];
  },
  evaluate: ({ attrs, operand, has, result }) => {
    const [x, w] = [operand(0), operand(1)];
    const bias = has(2) ? floatsOf(operand(2)) : undefined;
    const { shape } = result(0);
    const dtype = floatDType(x.dtype);
    const to = newFloats(dtype, elementCount(shape));
    convolve(floatsOf(x), floatsOf(w), bias, to, {
      windows: windowsOver(attrs, w.shape.slice(2), x.shape.slice(2), shape.slice(2)),
      batch: x.shape[0]!,
      groups: attrs.group,
      channels: w.shape[1]!,
      filters: w.shape[0]! / attrs.group,
    });
    return [finishFloats(dtype, shape, to)];
  },
  macs: ({ operands, results }) =>
    elementCount(results[0]?.shape ?? [0]) * elementCount(operands[1]?.shape.slice(1) ?? []),
});
