// QLinearAdd: sum of quantised operands with broadcasting, quantised again.
import { defineQLinearBinary } from "../../families/q-linear.ts";

export const qLinearAddOp = defineQLinearBinary({ kind: "QLinearAdd", fn: (a, b) => a + b });
