// Linear attention as a recurrence over time, in double precision. Each key/value head has a state [keyDim, valueDim]; every step
// decays it, writes the outer product of key and value (less what the state gives for the key, where the rule is a delta
// rule), and reads it with the query heads that share it.
import type { Floats } from "./floats.ts";

export interface LinearSize {
  readonly batch: number;
  readonly seq: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
}

/** Operands [batch, seq, heads * dim]. */
export interface LinearOperands {
  readonly q: Floats;
  readonly k: Floats;
  readonly v: Floats;
  /** Logarithm of the decay, of `kvHeads` or `kvHeads * keyDim` columns. */
  readonly decay: Floats | undefined;
  /** Strength of the delta rule, of `kvHeads` columns or one. */
  readonly beta: Floats | undefined;
  readonly scale: number;
}

/** Changes `state`, [batch, kvHeads, keyDim, valueDim], and writes [batch, seq, heads * valueDim] to `to`. */
export function attendLinearly(operands: LinearOperands, size: LinearSize, state: Float64Array, to: Floats): void {
  const { batch, seq, kvHeads, keyDim, valueDim } = size;
  const written = new Float64Array(valueDim);
  for (let b = 0; b < batch; b++) {
    for (let head = 0; head < kvHeads; head++) {
      const stateAt = (b * kvHeads + head) * keyDim * valueDim;
      const own = state.subarray(stateAt, stateAt + keyDim * valueDim);
      for (let step = 0; step < seq; step++) {
        const row = b * seq + step;
        decayState(operands, size, own, row, head);
        prepareValue(operands, size, own, { row, head, written });
        const kAt = (row * kvHeads + head) * keyDim;
        for (let i = 0; i < keyDim; i++) {
          const key = operands.k[kAt + i]!;
          for (let j = 0; j < valueDim; j++) own[i * valueDim + j]! += key * written[j]!;
        }
        readState(operands, size, own, { row, head, to });
      }
    }
  }
}

function decayState({ decay }: LinearOperands, size: LinearSize, state: Float64Array, row: number, head: number): void {
  if (decay === undefined) return;
  const { batch, seq, kvHeads, keyDim, valueDim } = size;
  const columns = decay.length / Math.max(1, batch * seq);
  const isPerHead = columns === kvHeads;
  for (let i = 0; i < keyDim; i++) {
    const factor = Math.exp(decay[row * columns + (isPerHead ? head : head * keyDim + i)]!);
    for (let j = 0; j < valueDim; j++) state[i * valueDim + j]! *= factor;
  }
}

/** The value to write: v, or beta * (v - state^T k). */
function prepareValue(
  { k, v, beta }: LinearOperands,
  { batch, seq, kvHeads, keyDim, valueDim }: LinearSize,
  state: Float64Array,
  { row, head, written }: { readonly row: number; readonly head: number; readonly written: Float64Array },
): void {
  const vAt = (row * kvHeads + head) * valueDim;
  for (let j = 0; j < valueDim; j++) written[j] = v[vAt + j]!;
  if (beta === undefined) return;
  const kAt = (row * kvHeads + head) * keyDim;
  for (let i = 0; i < keyDim; i++) {
    const key = k[kAt + i]!;
    for (let j = 0; j < valueDim; j++) written[j]! -= key * state[i * valueDim + j]!;
  }
  const columns = beta.length / Math.max(1, batch * seq);
  const strength = beta[row * columns + (columns === 1 ? 0 : head)]!;
  for (let j = 0; j < valueDim; j++) written[j]! *= strength;
}

function readState(
  { q, scale }: LinearOperands,
  { heads, kvHeads, keyDim, valueDim }: LinearSize,
  state: Float64Array,
  { row, head, to }: { readonly row: number; readonly head: number; readonly to: Floats },
): void {
  const group = heads / kvHeads;
  for (let query = head * group; query < (head + 1) * group; query++) {
    const [qAt, toAt] = [(row * heads + query) * keyDim, (row * heads + query) * valueDim];
    for (let j = 0; j < valueDim; j++) {
      let sum = 0;
      for (let i = 0; i < keyDim; i++) sum += q[qAt + i]! * state[i * valueDim + j]!;
      to[toAt + j] = scale * sum;
    }
  }
}
