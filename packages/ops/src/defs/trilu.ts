// Trilu: the upper (or lower) triangle of matrices, zero elsewhere; `k` moves the diagonal.
import { elementCount } from "@waferc/numerics";
import { flag } from "../attr-spec.ts";
import { inferSameType } from "../families/elementwise.ts";
import { newUnits, tensorOfUnits, unitsOf } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";

export const triluOp = defineOp({
  kind: "Trilu",
  versions: [14],
  traits: ["movement"],
  attrs: { upper: flag(true) },
  operands: [1, 2],
  infer: (ctx) => {
    require((ctx.shape(0)?.length ?? 2) >= 2, "needs an operand of rank 2 or more");
    return inferSameType(ctx);
  },
  evaluate: ({ attrs, operand, has, ints }) => {
    const x = operand(0);
    const diagonal = has(1) ? (ints(1)[0] ?? 0) : 0;
    const [rows, columns] = x.shape.slice(-2) as [number, number];
    const from = unitsOf(x) as Uint32Array; // one width at run time
    const to = newUnits(from, elementCount(x.shape)) as Uint32Array;
    for (let i = 0; i < to.length; i++) {
      const [row, column] = [Math.floor(i / columns) % rows, i % columns];
      const isKept = attrs.upper ? column >= row + diagonal : column <= row + diagonal;
      if (isKept) to[i] = from[i]!;
    }
    return [tensorOfUnits(x.dtype, x.shape, to)];
  },
});
