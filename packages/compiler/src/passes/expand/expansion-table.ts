// Which ops are expressed by others, and by which rule.
import { expandAttention } from "./attention.ts";
import {
  expandBiasGelu,
  expandBiasSplitGelu,
  expandFastGelu,
  expandGelu,
  expandQuickGelu,
  expandSwiGlu,
} from "./biased-activations.ts";
import { expandEinsum } from "./einsum.ts";
import { expandEmbedLayerNormalization } from "./embed-layer-normalization.ts";
import type { Expansion } from "./expander.ts";
import { expandBiasAdd, expandFusedGemm, expandFusedMatMul } from "./fused-products.ts";
import { expandGatherBlockQuantized } from "./gather-block-quantized.ts";
import { expandGroupQueryAttention } from "./group-query-attention.ts";
import { expandMatMulNBits } from "./mat-mul-n-bits.ts";
import { expandMultiHeadAttention } from "./multi-head-attention.ts";
import { expandQMoE } from "./q-mo-e.ts";
import {
  expandDequantizeTwin,
  expandDynamicQuantizeMatMul,
  expandMatMulIntegerToFloat,
  expandQGemm,
  expandQLinearMatMul,
  expandQuantizeTwin,
} from "./quantized-products.ts";
import { expandRotaryEmbedding } from "./rotary-embedding.ts";
import { expandSimplifiedLayerNormalization } from "./simplified-layer-normalization.ts";
import { expandSkipLayerNormalization, expandSkipSimplifiedLayerNormalization } from "./skip-normalization.ts";

const MICROSOFT: Readonly<Record<string, Expansion>> = {
  Attention: expandAttention,
  BiasAdd: expandBiasAdd,
  BiasGelu: expandBiasGelu,
  BiasSplitGelu: expandBiasSplitGelu,
  DequantizeLinear: expandDequantizeTwin,
  DynamicQuantizeMatMul: expandDynamicQuantizeMatMul,
  EmbedLayerNormalization: expandEmbedLayerNormalization,
  FastGelu: expandFastGelu,
  FusedGemm: expandFusedGemm,
  FusedMatMul: expandFusedMatMul,
  GatherBlockQuantized: expandGatherBlockQuantized,
  Gelu: expandGelu,
  GroupQueryAttention: expandGroupQueryAttention,
  MatMulIntegerToFloat: expandMatMulIntegerToFloat,
  MatMulNBits: expandMatMulNBits,
  MultiHeadAttention: expandMultiHeadAttention,
  QGemm: expandQGemm,
  QMoE: expandQMoE,
  QuantizeLinear: expandQuantizeTwin,
  QuickGelu: expandQuickGelu,
  RotaryEmbedding: expandRotaryEmbedding,
  SkipLayerNormalization: expandSkipLayerNormalization,
  SkipSimplifiedLayerNormalization: expandSkipSimplifiedLayerNormalization,
  TransposeMatMul: expandFusedMatMul,
};

/** Rules by qualified kind. */
export const expansions: ReadonlyMap<string, Expansion> = new Map([
  ...Object.entries(MICROSOFT).map(([kind, rule]) => [`com.microsoft::${kind}`, rule] as const),
  ["Einsum", expandEinsum],
  ["QLinearMatMul", expandQLinearMatMul],
  ["SimplifiedLayerNormalization", expandSimplifiedLayerNormalization],
  ["SwiGLU", expandSwiGlu],
]);
