// com.microsoft FusedGemm: Gemm with an activation behind it.
import { float, requiredString } from "../../attr-spec.ts";
import type { AttrValues } from "../../attr-spec.ts";
import { evaluateGemm, GEMM_ATTRS, gemmMacs, inferGemm } from "../../families/gemm.ts";
import { sigmoid } from "../../math/special.ts";
import { defineOp } from "../../op-definition.ts";
import { OpError } from "../../op-error.ts";

const ATTRS = {
  ...GEMM_ATTRS,
  activation: requiredString,
  activation_alpha: float(),
  activation_beta: float(),
  activation_gamma: float(),
};

function activationOf({ activation, activation_alpha: alpha }: AttrValues<typeof ATTRS>): (x: number) => number {
  switch (activation) {
    case "":
      return (x) => x;
    case "Relu":
      return (x) => (x < 0 ? 0 : x);
    case "Tanh":
      return Math.tanh;
    case "Sigmoid":
      return sigmoid;
    case "LeakyRelu":
      return (x) => (x < 0 ? (alpha ?? 0.01) * x : x);
    default:
      throw new OpError(`has no activation "${activation}"`);
  }
}

export const fusedGemmOp = defineOp({
  domain: "com.microsoft",
  kind: "FusedGemm",
  versions: [1],
  traits: ["contraction", "compound"],
  attrs: ATTRS,
  operands: [2, 3],
  infer: inferGemm,
  evaluate: (ctx) => [evaluateGemm(ctx, activationOf(ctx.attrs))],
  macs: gemmMacs,
});
