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
import { expandEmbedLayerNormalization } from "./embed-layer-normalization.ts";
import type { Expansion } from "./expander.ts";
import { expandBiasAdd, expandFusedGemm, expandFusedMatMul } from "./fused-products.ts";
import { expandGroupQueryAttention } from "./group-query-attention.ts";
import { expandMultiHeadAttention } from "./multi-head-attention.ts";
import { expandRotaryEmbedding } from "./rotary-embedding.ts";
import { expandSimplifiedLayerNormalization } from "./simplified-layer-normalization.ts";
import { expandSkipLayerNormalization, expandSkipSimplifiedLayerNormalization } from "./skip-normalization.ts";

const MICROSOFT: Readonly<Record<string, Expansion>> = {
  Attention: expandAttention,
  BiasAdd: expandBiasAdd,
  BiasGelu: expandBiasGelu,
  BiasSplitGelu: expandBiasSplitGelu,
  EmbedLayerNormalization: expandEmbedLayerNormalization,
  FastGelu: expandFastGelu,
  FusedGemm: expandFusedGemm,
  FusedMatMul: expandFusedMatMul,
  Gelu: expandGelu,
  GroupQueryAttention: expandGroupQueryAttention,
  MultiHeadAttention: expandMultiHeadAttention,
  QuickGelu: expandQuickGelu,
  RotaryEmbedding: expandRotaryEmbedding,
  SkipLayerNormalization: expandSkipLayerNormalization,
  SkipSimplifiedLayerNormalization: expandSkipSimplifiedLayerNormalization,
  TransposeMatMul: expandFusedMatMul,
};

/** Rules by qualified kind. */
export const expansions: ReadonlyMap<string, Expansion> = new Map([
  ...Object.entries(MICROSOFT).map(([kind, rule]) => [`com.microsoft::${kind}`, rule] as const),
  ["SimplifiedLayerNormalization", expandSimplifiedLayerNormalization],
  ["SwiGLU", expandSwiGlu],
]);
