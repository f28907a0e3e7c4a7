// Shrink: x + bias below -lambd, x - bias above lambd, 0 between. Integers truncate what the bias makes fractional.
import { float } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { defineUnary } from "../families/elementwise.ts";

const ATTRS = { bias: float(0), lambd: float(0.5) };

function shrink(x: number, { bias, lambd }: AttrValues<typeof ATTRS>): number {
  if (x < -lambd) return x + bias;
  if (x > lambd) return x - bias;
  return Number.isNaN(x) ? x : 0;
}

export const shrinkOp = defineUnary({
  kind: "Shrink",
  versions: [9],
  attrs: ATTRS,
  fn: (attrs) => ({
    float: (x) => shrink(x, attrs),
    int: (x) => Math.trunc(shrink(x, attrs)),
    bigint: (x) => BigInt(Math.trunc(shrink(Number(x), attrs))),
  }),
});
