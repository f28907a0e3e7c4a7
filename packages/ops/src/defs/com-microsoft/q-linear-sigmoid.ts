// QLinearSigmoid: sigmoid of a quantised operand, quantised again.
import { defineQLinearUnary } from "../../families/q-linear.ts";
import { sigmoid } from "../../math/special.ts";

export const qLinearSigmoidOp = defineQLinearUnary({ kind: "QLinearSigmoid", fn: sigmoid });
