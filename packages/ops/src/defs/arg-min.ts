// ArgMin: index of the smallest element along an axis.
import { defineArgReduction } from "../families/arg-reduction.ts";

export const argMinOp = defineArgReduction({ kind: "ArgMin", beats: (x, best) => x < best });
