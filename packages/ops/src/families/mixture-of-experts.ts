// What onnxruntime's MoE and QMoE share: x of [tokens, hidden] or [batch, seq, hidden], router scores of
// [tokens, experts], layers of [experts, rows, columns]. SwiGLU: fused, the layer up gives gate and linear part in one
// row, interleaved (1) or one behind the other (2); not fused (0), they are layers 1 and 3. A third layer multiplies the
// activation of the first whatever the activation is. Left out: the sparse mixer's routing.
import { elementCount } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import type { ValueType } from "@waferc/ir/graph";
import { flag, float, int, string } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { applyExperts, expertActivation, routeTokens } from "../math/experts.ts";
import type { ExpertLayer } from "../math/experts.ts";
import { finishFloats, floatDType, floatsOf } from "../math/floats.ts";
import type { InferContext } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { printShape } from "../shapes.ts";
import { typeOf } from "./elementwise.ts";

export const EXPERT_ATTRS = {
  activation_alpha: float(1),
  activation_beta: float(0),
  activation_type: string("relu"),
  k: int(1),
  normalize_routing_weights: flag(false),
  swiglu_fusion: int(0),
  swiglu_limit: float(Infinity),
  use_sparse_mixer: flag(false),
};
export type ExpertAttrs = AttrValues<typeof EXPERT_ATTRS>;

export function inferExperts({ attrs, operand, shape }: InferContext<typeof EXPERT_ATTRS>): ValueType[] {
  require(!attrs.use_sparse_mixer, "cannot route by the sparse mixer (use_sparse_mixer)");
  const { swiglu_fusion: fusion } = attrs;
  require(fusion >= 0 && fusion <= 2, () => `needs swiglu_fusion in 0 .. 2, but found ${fusion}`);
  const [x, router] = [shape(0), shape(1)];
  const isLegal = (x === undefined || x.length === 2 || x.length === 3) && (router?.length ?? 2) === 2;
  require(isLegal, () => `needs tokens and a matrix of router scores, but found ${printShape(x ?? [])}`);
  const experts = router?.[1];
  const isEnough = typeof experts !== "number" || (attrs.k > 0 && attrs.k <= experts);
  require(isEnough, () => `needs k in 1 .. ${experts}, the experts, but found ${attrs.k}`);
  return [typeOf(operand(0))];
}

export interface ExpertOperands {
  readonly x: Tensor;
  readonly router: Tensor;
  /** Weights of the experts, where they do not follow from the router's scores. */
  readonly routerWeights: Tensor | undefined;
  readonly up: ExpertLayer;
  readonly down: ExpertLayer;
  /** Its result multiplies the activation. */
  readonly third: ExpertLayer | undefined;
}

export function mixExperts(attrs: ExpertAttrs, operands: ExpertOperands): Tensor {
  const { x, router, routerWeights, up, down, third } = operands;
  const [tokens, experts] = router.shape as [number, number];
  const perRow = attrs.activation_type === "swiglu" && attrs.swiglu_fusion !== 0 ? 2 : 1;
  require(elementCount(x.shape) === tokens * up.columns, () =>
    `needs ${tokens} tokens of width ${up.columns}, but found ${printShape(x.shape)}`);
  const fits = up.rows === perRow * down.columns && down.rows === up.columns;
  require(fits, () => `cannot put a layer [${down.rows},${down.columns}] behind one of [${up.rows},${up.columns}]`);
  const isThirdLegal = third === undefined || (third.rows === down.columns && third.columns === up.columns);
  require(isThirdLegal, () =>
    `needs a third layer [${down.columns},${up.columns}], but found one of ${third?.rows} rows`);
  const needsThird = attrs.activation_type === "swiglu" && attrs.swiglu_fusion === 0;
  require(!needsThird || third !== undefined, "needs a third layer for swiglu that is not fused");
  const routing = { experts, chosen: attrs.k, isNormalized: attrs.normalize_routing_weights };
  const given = routerWeights === undefined ? undefined : floatsOf(routerWeights);
  const routes = routeTokens(floatsOf(router), routing, given);
  const { activation_alpha: alpha, activation_beta: beta, swiglu_limit: limit, swiglu_fusion: fusion } = attrs;
  const activation = expertActivation(attrs.activation_type, { fusion, alpha, beta, limit });
  const sums = applyExperts(floatsOf(x), routes, { up, down, third, activation });
  return finishFloats(floatDType(x.dtype), x.shape, sums);
}

/** Multiply-accumulates of `tokens` tokens in layers of such rows and columns. */
export function expertMacs(
  { k }: ExpertAttrs,
  tokens: number,
  layers: readonly { readonly rows: number; readonly columns: number }[],
): number {
  return tokens * k * layers.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
}
