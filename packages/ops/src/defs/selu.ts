// Selu: gamma x, or gamma alpha (exp(x) - 1) where x is not positive. Version 1 has coarser defaults.
import { float } from "../attr-spec.ts";
import { inferSameType } from "../families/elementwise.ts";
import { mapUnary } from "../math/elementwise.ts";
import { defineOp } from "../op-definition.ts";

export const seluOp = defineOp({
  kind: "Selu",
  versions: [1, 6, 22],
  traits: ["elementwise"],
  attrs: { alpha: float(), gamma: float() },
  operands: [1, 1],
  infer: inferSameType,
  evaluate: ({ version, attrs, operand }) => {
    const x = operand(0);
    const alpha = attrs.alpha ?? Math.fround(version < 6 ? 1.6732 : 1.6732631921768188);
    const gamma = attrs.gamma ?? Math.fround(version < 6 ? 1.0507 : 1.0507010221481323);
    const selu = (value: number): number => gamma * (value <= 0 ? alpha * Math.expm1(value) : value);
    return [mapUnary(x, x.dtype, { float: selu })];
  },
});
