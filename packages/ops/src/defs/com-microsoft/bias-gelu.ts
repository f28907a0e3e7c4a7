// com.microsoft BiasGelu: Gelu (by erf) of x plus a bias along the last axis.
import { defineBiasedGelu } from "../../families/biased-gelu.ts";
import { geluErf } from "../../math/special.ts";

export const biasGeluOp = defineBiasedGelu({ kind: "BiasGelu", operands: [2, 2], gelu: geluErf });
