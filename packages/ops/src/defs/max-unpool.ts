// MaxUnpool: the inverse of MaxPool as far as there is one: elements go back to where their indices say, zeros elsewhere.
// Indices count in the shape that the window gives; a larger `output_shape` operand keeps coordinates and adds zeros.
import type { Dim, Shape } from "@waferc/ir/graph";
import { elementCount, stridesOf } from "@waferc/numerics";
import { ints } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { byAxis, planeOf } from "../families/windows.ts";
import { newUnits, tensorOfUnits, unitsOf } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { printShape } from "../shapes.ts";

const ATTRS = { kernel_shape: ints(), strides: ints(), pads: ints() };

function unpooledShape(attrs: AttrValues<typeof ATTRS>, x: Shape): Shape {
  const plane = planeOf(x);
  const rank = plane.length;
  require(attrs.kernel_shape !== undefined, 'needs attribute "kernel_shape"');
  const kernel = byAxis(attrs.kernel_shape, rank, 1, "kernel lengths");
  const strides = byAxis(attrs.strides, rank, 1, "strides");
  const pads = byAxis(attrs.pads, 2 * rank, 0, "pads");
  const lengths = plane.map((length, axis): Dim => {
    if (typeof length !== "number") return "?";
    return (length - 1) * strides[axis]! + kernel[axis]! - pads[axis]! - pads[axis + rank]!;
  });
  return [...x.slice(0, 2), ...lengths];
}

export const maxUnpoolOp = defineOp({
  kind: "MaxUnpool",
  versions: [9, 11, 22],
  traits: ["movement"],
  attrs: ATTRS,
  operands: [2, 3],
  infer: ({ attrs, operand, has, ints: read }) => {
    const { dtype, shape } = operand(0);
    const wanted = has(2) ? read(2) : undefined;
    const isFitting = wanted === undefined || shape === undefined || wanted.length === shape.length;
    require(isFitting && wanted?.every((length) => length >= 0) !== false, () =>
      `needs an output_shape of ${shape?.length} lengths from 0, but found ${printShape(wanted ?? [])}`);
    if (wanted !== undefined) return [{ dtype, shape: wanted }];
    if (shape === undefined) return [{ dtype }];
    return [{ dtype, shape: has(2) ? shape.map(() => "?") : unpooledShape(attrs, shape) }];
  },
  evaluate: ({ attrs, operand, result, ints: read }) => {
    const x = operand(0);
    const { dtype, shape } = result(0);
    const inner = unpooledShape(attrs, x.shape) as readonly number[];
    const [strides, targetStrides] = [stridesOf(inner), stridesOf(shape)];
    const from = unitsOf(x) as Uint32Array; // one width at run time
    const to = newUnits(from, elementCount(shape)) as Uint32Array;
    read(1).forEach((index, i) => {
      const inRange = index >= 0 && index < elementCount(inner);
      require(inRange, () => `needs indices within ${printShape(inner)}, but found ${index}`);
      let target = 0;
      for (let axis = 0; axis < inner.length; axis++) {
        const coordinate = Math.floor(index / strides[axis]!) % inner[axis]!;
        if (coordinate >= shape[axis]!) return;
        target += coordinate * targetStrides[axis]!;
      }
      to[target] = from[i]!;
    });
    return [tensorOfUnits(dtype, shape, to)];
  },
});
