// Mixtures of experts: a router gives every token the experts with its largest scores, and the token's result is the
// weighted sum of what they make of it, each by a layer up, an activation and a layer down. Weights are read a row at a
// time for all of an expert's tokens, so that they may be dequantised on the way. In doubles.
import { OpError } from "../op-error.ts";
import { dotProduct } from "./block-quantized.ts";
import type { Floats } from "./floats.ts";
import { geluTanh, sigmoid } from "./special.ts";

/** Weights of one layer of all experts: [experts, rows, columns]. */
export interface ExpertLayer {
  readonly rows: number;
  readonly columns: number;
  /** A row of an expert; it may be overwritten by the next call. */
  readonly row: (expert: number, row: number) => Float64Array;
  /** [experts, rows] */
  readonly bias: Floats | undefined;
}

export interface Experts {
  readonly up: ExpertLayer;
  readonly down: ExpertLayer;
  /** A second layer up, whose result multiplies the activation of the first. */
  readonly third: ExpertLayer | undefined;
  readonly activation: ExpertActivation;
}

/** From what the layers up give for a token, the third one if there is one, to what the layer down takes. */
export type ExpertActivation = (from: Float64Array, third: Float64Array | undefined, to: Float64Array) => void;

export interface Routing {
  readonly experts: number;
  /** Experts of a token. */
  readonly chosen: number;
  /** Do the weights of a token's experts sum to one? */
  readonly isNormalized: boolean;
}

/** Experts of one token, the best first, and their weights. */
export interface Route {
  readonly experts: readonly number[];
  readonly weights: readonly number[];
}

/**
 * Routes of tokens by their scores, [tokens, experts]. Equal scores go to the lower expert. Weights are the softmax over
 * all experts, or come from `given`, [tokens, experts].
 */
export function routeTokens(scores: Floats, { experts, chosen, isNormalized }: Routing, given?: Floats): Route[] {
  return Array.from({ length: scores.length / experts }, (_, token) => {
    const own = scores.subarray(token * experts, (token + 1) * experts);
    const order = Array.from(own.keys()).sort((a, b) => own[b]! - own[a]! || a - b);
    const best = order.slice(0, chosen);
    const max = own[order[0]!]!;
    let sum = 0;
    for (let i = 0; i < experts; i++) sum += Math.exp(own[i]! - max);
    const weights = best.map((expert) =>
      given === undefined ? Math.exp(own[expert]! - max) / sum : given[token * experts + expert]!,
    );
    const total = isNormalized ? weights.reduce((a, b) => a + b, 0) : 1;
    return { experts: best, weights: weights.map((weight) => weight / total) };
  });
}

/** Result of all tokens, [tokens, rows of `down`], for x of [tokens, columns of `up`]. */
export function applyExperts(x: Floats, routes: readonly Route[], experts: Experts): Float64Array {
  const { up, down, third, activation } = experts;
  const to = new Float64Array(routes.length * down.rows);
  for (const [expert, tokens] of tokensByExpert(routes)) {
    const inputs = new Float64Array(tokens.length * up.columns);
    tokens.forEach(({ token }, i) =>
      inputs.set(x.subarray(token * up.columns, (token + 1) * up.columns), i * up.columns),
    );
    const [raised, others] = [applyLayer(inputs, up, expert), third && applyLayer(inputs, third, expert)];
    const width = down.columns;
    const hidden = new Float64Array(tokens.length * width);
    for (let i = 0; i < tokens.length; i++) {
      const [own, other] = [
        raised.subarray(i * up.rows, (i + 1) * up.rows),
        others?.subarray(i * width, (i + 1) * width),
      ];
      activation(own, other, hidden.subarray(i * width, (i + 1) * width));
    }
    const made = applyLayer(hidden, down, expert);
    tokens.forEach(({ token, weight }, i) => {
      for (let j = 0; j < down.rows; j++) to[token * down.rows + j]! += weight * made[i * down.rows + j]!;
    });
  }
  return to;
}

interface WeightedToken {
  readonly token: number;
  readonly weight: number;
}

function tokensByExpert(routes: readonly Route[]): Map<number, WeightedToken[]> {
  const found = new Map<number, WeightedToken[]>();
  routes.forEach(({ experts, weights }, token) => {
    experts.forEach((expert, i) => {
      const tokens = found.get(expert) ?? [];
      if (tokens.length === 0) found.set(expert, tokens);
      tokens.push({ token, weight: weights[i]! });
    });
  });
  return found;
}

function applyLayer(x: Float64Array, { rows, columns, row, bias }: ExpertLayer, expert: number): Float64Array {
  const count = x.length / columns;
  const to = new Float64Array(count * rows);
  for (let j = 0; j < rows; j++) {
    const [weights, start] = [row(expert, j), bias?.[expert * rows + j] ?? 0];
    for (let i = 0; i < count; i++) to[i * rows + j] = start + dotProduct(x, i * columns, weights, columns);
  }
  return to;
}

export interface SwiGlu {
  /** Are gate and linear part neighbours (1), one half behind the other (2), or from two layers (0)? */
  readonly fusion: number;
  readonly alpha: number;
  readonly beta: number;
  readonly limit: number;
}

/** The activation of a name. */
export function expertActivation(name: string, swiglu: SwiGlu): ExpertActivation {
  if (name === "swiglu") return swiGluOf(swiglu);
  const fn = ACTIVATIONS[name];
  if (fn === undefined) {
    throw new OpError(`needs activation_type ${Object.keys(ACTIVATIONS).join(", ")} or swiglu, but found "${name}"`);
  }
  return (from, third, to) => {
    for (let i = 0; i < to.length; i++) to[i] = fn(from[i]!) * (third?.[i] ?? 1);
  };
}

const ACTIVATIONS: Readonly<Record<string, (x: number) => number>> = {
  relu: (x) => Math.max(0, x),
  gelu: geluTanh,
  silu: (x) => x * sigmoid(x),
  identity: (x) => x,
};

function swiGluOf({ fusion, alpha, beta, limit }: SwiGlu): ExpertActivation {
  return (from, third, to) => {
    const step = fusion === 1 ? 2 : 1;
    const [linears, offset] = fusion === 0 && third !== undefined ? [third, 0] : [from, fusion === 1 ? 1 : to.length];
    for (let i = 0; i < to.length; i++) {
      const gate = Math.min(from[i * step]!, limit);
      const linear = Math.max(-limit, Math.min(linears[i * step + offset]!, limit));
      to[i] = gate * sigmoid(alpha * gate) * (linear + beta);
    }
  };
}
