// QLinearLeakyRelu: x, or alpha x below 0, of a quantised operand, quantised again.
import { float } from "../../attr-spec.ts";
import { defineQLinearUnary } from "../../families/q-linear.ts";

export const qLinearLeakyReluOp = defineQLinearUnary({
  kind: "QLinearLeakyRelu",
  attrs: { alpha: float(0.01) },
  fn: (x, { alpha }) => (x < 0 ? alpha * x : x),
});
