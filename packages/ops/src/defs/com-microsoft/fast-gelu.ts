// com.microsoft FastGelu: Gelu (by tanh) of x, plus an optional bias along the last axis.
import { defineBiasedGelu } from "../../families/biased-gelu.ts";
import { geluTanh } from "../../math/special.ts";

export const fastGeluOp = defineBiasedGelu({ kind: "FastGelu", operands: [1, 2], gelu: geluTanh });
