// Binarizer: 1 where x is above the threshold, else 0.
import { float } from "../../attr-spec.ts";
import { defineUnary } from "../../families/elementwise.ts";

export const binarizerOp = defineUnary({
  domain: "ai.onnx.ml",
  kind: "Binarizer",
  versions: [1],
  attrs: { threshold: float(0) },
  fn: ({ threshold }) => {
    const isAbove = (x: number): number => (x > threshold ? 1 : 0);
    return { float: isAbove, int: isAbove, bigint: (x) => (x > threshold ? 1n : 0n) };
  },
});
