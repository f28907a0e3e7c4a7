// Gemm: alpha * A' B' + beta * C.
import { evaluateGemm, GEMM_ATTRS, gemmMacs, inferGemm } from "../families/gemm.ts";
import { defineOp } from "../op-definition.ts";

export const gemmOp = defineOp({
  kind: "Gemm",
  versions: [1, 6, 7, 9, 11, 13],
  traits: ["contraction"],
  attrs: GEMM_ATTRS,
  operands: [2, 3],
  infer: inferGemm,
  evaluate: (ctx) => [evaluateGemm(ctx)],
  macs: gemmMacs,
});
