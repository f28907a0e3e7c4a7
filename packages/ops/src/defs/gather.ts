// Gather: slices of the first operand along an axis, chosen by the second. Negative indices count from the end.
import { elementCount } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { int } from "../attr-spec.ts";
import { integersOf } from "../math/integers.ts";
import { newUnits, tensorOfUnits, unitsOf } from "../math/views.ts";
import type { Units } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { normalAxis } from "../shapes.ts";

export const gatherOp = defineOp({
  kind: "Gather",
  versions: [1, 11, 13],
  traits: ["movement"],
  attrs: { axis: int(0) },
  operands: [2, 2],
  infer: ({ attrs, operand, shape }) => {
    const { dtype, shape: dims } = operand(0);
    const indices = shape(1);
    if (dims === undefined || indices === undefined) return [{ dtype }];
    const axis = normalAxis(attrs.axis, dims.length);
    return [{ dtype, shape: [...dims.slice(0, axis), ...indices, ...dims.slice(axis + 1)] }];
  },
  evaluate: ({ attrs, operand, result }) => {
    const { dtype, shape } = result(0);
    const axis = normalAxis(attrs.axis, operand(0).shape.length);
    return [tensorOfUnits(dtype, shape, gatherUnits(operand(0), axis, operand(1), elementCount(shape)))];
  },
});

function gatherUnits(x: Tensor, axis: number, indices: Tensor, count: number): Units {
  const length = x.shape[axis]!;
  const inner = elementCount(x.shape.slice(axis + 1));
  const outer = elementCount(x.shape.slice(0, axis));
  const chosen = integersOf(indices).map((index) => normalAxis(index, length, "indices"));
  const from = unitsOf(x) as Uint32Array; // one width at run time
  const to = newUnits(from, count) as Uint32Array;
  let at = 0;
  for (let row = 0; row < outer; row++) {
    for (const index of chosen) {
      const start = (row * length + index) * inner;
      for (let i = 0; i < inner; i++) to[at++] = from[start + i]!;
    }
  }
  return to;
}
