// com.microsoft SkipLayerNormalization: LayerNormalization of input + skip + bias over the last axis, times gamma, plus
// beta. Skip may lack the batch axis. The sum is result 3.
import { defineSkipNormalization } from "../../families/skip-normalization.ts";

export const skipLayerNormalizationOp = defineSkipNormalization({
  kind: "SkipLayerNormalization",
  isCentered: true,
  beta: 3,
  bias: 4,
});
