// com.microsoft SkipSimplifiedLayerNormalization: RMS normalisation of input + skip + bias over the last axis, times
// gamma. The sum is result 3.
import { defineSkipNormalization } from "../../families/skip-normalization.ts";

export const skipSimplifiedLayerNormalizationOp = defineSkipNormalization({
  kind: "SkipSimplifiedLayerNormalization",
  isCentered: false,
  beta: undefined,
  bias: 3,
});
