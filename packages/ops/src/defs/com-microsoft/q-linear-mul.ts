// QLinearMul: product of quantised operands with broadcasting, quantised again.
import { defineQLinearBinary } from "../../families/q-linear.ts";

export const qLinearMulOp = defineQLinearBinary({ kind: "QLinearMul", fn: (a, b) => a * b });
