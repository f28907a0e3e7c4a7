// Clip: elements between a minimum and a maximum, both optional; where they cross, the maximum wins. They were
// attributes until opset 10.
import type { Tensor } from "@waferc/numerics";
import { toValues } from "@waferc/numerics";
import { float } from "../attr-spec.ts";
import { inferSameType } from "../families/elementwise.ts";
import { mapUnary } from "../math/elementwise.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";

type Bound = number | bigint | undefined;

function boundOf(tensor: Tensor | undefined): Bound {
  return tensor === undefined ? undefined : (toValues(tensor)[0] as number | bigint | undefined);
}

/** Comparison means the same on numbers and bigints; NaN passes. */
function clipTo<T extends number | bigint>(min: Bound, max: Bound): (x: T) => T {
  return (x) => {
    const raised = min !== undefined && x < min ? (min as T) : x;
    return max !== undefined && raised > max ? (max as T) : raised;
  };
}

export const clipOp = defineOp({
  kind: "Clip",
  versions: [1, 6, 11, 12, 13],
  traits: ["elementwise"],
  attrs: { min: float(), max: float() },
  operands: [1, 3],
  infer: (ctx) => {
    const { dtype } = ctx.operand(0);
    for (const index of [1, 2]) {
      const bound = ctx.has(index) ? ctx.operand(index).dtype : undefined;
      const isSame = bound === undefined || dtype === undefined || bound === dtype;
      require(isSame, () => `needs bounds of ${dtype ?? "?"}, but found ${bound ?? "?"}`);
    }
    return inferSameType(ctx);
  },
  evaluate: ({ version, attrs, operand, optional }) => {
    const x = operand(0);
    const [min, max] = version < 11 ? [attrs.min, attrs.max] : [boundOf(optional(1)), boundOf(optional(2))];
    const clip = clipTo<number>(min, max);
    return [mapUnary(x, x.dtype, { float: clip, int: clip, bigint: clipTo<bigint>(min, max) })];
  },
});
