// Tile: the operand repeated along each axis.
import type { Dim } from "@waferc/ir/graph";
import { elementCount, stridesOf } from "@waferc/numerics";
import { newUnits, tensorOfUnits, unitsOf } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { printShape } from "../shapes.ts";

export const tileOp = defineOp({
  kind: "Tile",
  versions: [6, 13],
  missing: [1],
  traits: ["movement"],
  operands: [2, 2],
  infer: ({ operand, ints }) => {
    const { dtype, shape } = operand(0);
    const repeats = ints(1);
    if (shape === undefined) return [{ dtype }];
    if (repeats === undefined) return [{ dtype, shape: shape.map(() => "?") }];
    require(repeats.length === shape.length, () => `needs ${shape.length} repeats, but found ${printShape(repeats)}`);
    const repeat = (dim: Dim, times: number): Dim => {
      if (typeof dim === "number") return dim * times;
      return times === 1 ? dim : times === 0 ? 0 : "?";
    };
    return [{ dtype, shape: shape.map((dim, axis) => repeat(dim, repeats[axis] ?? 1)) }];
  },
  evaluate: ({ operand, result }) => {
    const x = operand(0);
    const { dtype, shape } = result(0);
    const from = unitsOf(x) as Uint32Array; // one width at run time
    const to = newUnits(from, elementCount(shape)) as Uint32Array;
    const [strides, targetStrides] = [stridesOf(x.shape), stridesOf(shape)];
    for (let i = 0; i < to.length; i++) {
      let at = 0;
      for (let axis = 0; axis < shape.length; axis++) {
        const index = Math.floor(i / targetStrides[axis]!) % shape[axis]!;
        at += (index % x.shape[axis]!) * strides[axis]!;
      }
      to[i] = from[at]!;
    }
    return [tensorOfUnits(dtype, shape, to)];
  },
});
