// CenterCropPad: axes cropped or padded with zeros around the middle until they have the asked lengths. Where the
// difference is odd, the crop leaves and the padding puts the extra element at the end.
import { elementCount, stridesOf } from "@waferc/numerics";
import { ints } from "../attr-spec.ts";
import { newUnits, tensorOfUnits, unitsOf } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { normalAxes, printShape } from "../shapes.ts";

function axesOf(given: readonly number[] | undefined, rank: number): readonly number[] {
  return normalAxes(given ?? Array.from({ length: rank }, (_, axis) => axis), rank);
}

/** How far into the result an operand's element moves along an axis: negative for crops. */
function shiftOf(from: number, to: number): number {
  return to >= from ? Math.floor((to - from) / 2) : -Math.floor((from - to) / 2);
}

export const centerCropPadOp = defineOp({
  kind: "CenterCropPad",
  versions: [18],
  traits: ["movement"],
  attrs: { axes: ints() },
  operands: [2, 2],
  infer: ({ attrs, operand, ints: read }) => {
    const { dtype, shape } = operand(0);
    if (shape === undefined) return [{ dtype }];
    const axes = axesOf(attrs.axes, shape.length);
    const lengths = read(1);
    const isFitting =
      lengths === undefined || (lengths.length === axes.length && lengths.every((length) => length >= 0));
    require(isFitting, () => `needs ${axes.length} lengths from 0, but found ${printShape(lengths ?? [])}`);
    return [
      { dtype, shape: shape.map((dim, axis) => (axes.includes(axis) ? (lengths?.[axes.indexOf(axis)] ?? "?") : dim)) },
    ];
  },
  evaluate: ({ operand, result }) => {
    const x = operand(0);
    const { dtype, shape } = result(0);
    const from = unitsOf(x) as Uint32Array; // one width at run time
    const to = newUnits(from, elementCount(shape)) as Uint32Array;
    const [strides, targetStrides] = [stridesOf(x.shape), stridesOf(shape)];
    const shifts = shape.map((length, axis) => shiftOf(x.shape[axis]!, length));
    for (let i = 0; i < to.length; i++) {
      let at = 0;
      let isInside = true;
      for (let axis = 0; axis < shape.length; axis++) {
        const index = (Math.floor(i / targetStrides[axis]!) % shape[axis]!) - shifts[axis]!;
        isInside &&= index >= 0 && index < x.shape[axis]!;
        at += index * strides[axis]!;
      }
      if (isInside) to[i] = from[at]!;
    }
    return [tensorOfUnits(dtype, shape, to)];
  },
});
