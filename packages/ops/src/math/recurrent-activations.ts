// Activation functions of RNN, LSTM and GRU by name, with the alpha and beta that an op may give them. Names are matched in any case, as onnxruntime
// does. Values of alpha and beta are handed out in the order of the functions that use them.
import { OpError } from "../op-error.ts";
import { sigmoid, softplus } from "./special.ts";

export type Activation = (x: number) => number;

interface ActivationMaker {
  readonly alpha?: number;
  readonly beta?: number;
  readonly make: (alpha: number, beta: number) => Activation;
}

const MAKERS: Readonly<Record<string, ActivationMaker>> = {
  relu: { make: () => (x) => Math.max(x, 0) },
  tanh: { make: () => Math.tanh },
  sigmoid: { make: () => sigmoid },
  softsign: { make: () => (x) => x / (1 + Math.abs(x)) },
  softplus: { make: () => softplus },
  affine: { alpha: 1, beta: 0, make: (alpha, beta) => (x) => alpha * x + beta },
  leakyrelu: { alpha: 0.01, make: (alpha) => (x) => (x >= 0 ? x : alpha * x) },
  thresholdedrelu: { alpha: 1, make: (alpha) => (x) => (x > alpha ? x : 0) },
  scaledtanh: { alpha: 1, beta: 1, make: (alpha, beta) => (x) => alpha * Math.tanh(beta * x) },
  hardsigmoid: { alpha: 0.2, beta: 0.5, make: (alpha, beta) => (x) => Math.min(1, Math.max(0, alpha * x + beta)) },
  elu: { alpha: 1, make: (alpha) => (x) => (x >= 0 ? x : alpha * Math.expm1(x)) },
};

/**
 * The functions of the given names, in order.
 * @throws OpError if a name means no function
 */
export function makeActivations(
  names: readonly string[],
  alphas: readonly number[],
  betas: readonly number[],
): Activation[] {
  let [usedAlphas, usedBetas] = [0, 0];
  return names.map((name) => {
    const maker = MAKERS[name.toLowerCase()];
    if (maker === undefined) throw new OpError(`needs known activations, but found "${name}"`);
    const alpha = maker.alpha === undefined ? 0 : (alphas[usedAlphas++] ?? maker.alpha);
    const beta = maker.beta === undefined ? 0 : (betas[usedBetas++] ?? maker.beta);
    return maker.make(alpha, beta);
  });
}
