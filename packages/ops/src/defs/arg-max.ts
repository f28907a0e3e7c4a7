// ArgMax: index of the largest element along an axis.
import { defineArgReduction } from "../families/arg-reduction.ts";

export const argMaxOp = defineArgReduction({ kind: "ArgMax", beats: (x, best) => x > best });
