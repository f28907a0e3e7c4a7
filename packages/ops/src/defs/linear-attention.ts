// LinearAttention: attention whose past is a matrix for each key/value head. Query, key and value are [batch, seq, heads * dim];
// the state is [batch, kvHeads, keyDim, valueDim], zeros unless given, and the second result is the state afterwards. Rules
// with "gated" need a decay, those with "delta" a beta, and the others must not have them. `chunk_size` is a hint.
import type { ValueType } from "@waferc/ir/graph";
import { elementCount } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { float, int, requiredInt, word } from "../attr-spec.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import { attendLinearly } from "../math/linear-attention.ts";
import type { LinearSize } from "../math/linear-attention.ts";
import { defineOp } from "../op-definition.ts";
import type { EvaluateContext, InferContext } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { divideShapes, printShape } from "../shapes.ts";

const ATTRS = {
  chunk_size: int(64),
  kv_num_heads: requiredInt,
  q_num_heads: requiredInt,
  scale: float(0),
  update_rule: word("gated_delta", "linear", "gated", "delta"),
};

function inferLinear({ attrs, operand, has, shape }: InferContext<typeof ATTRS>): ValueType[] {
  const { q_num_heads: heads, kv_num_heads: kvHeads, update_rule: rule } = attrs;
  require(heads > 0 && kvHeads > 0 && heads % kvHeads === 0, () =>
    `needs q_num_heads that is a multiple of kv_num_heads, but found ${heads} and ${kvHeads}`);
  const needsDecay = rule === "gated" || rule === "gated_delta";
  const needsBeta = rule === "delta" || rule === "gated_delta";
  require(has(4) === needsDecay, () => `needs ${needsDecay ? "a" : "no"} decay for update_rule "${rule}"`);
  require(has(5) === needsBeta, () => `needs ${needsBeta ? "a" : "no"} beta for update_rule "${rule}"`);
  const dtype = operand(0).dtype;
  const stateDType = has(3) ? operand(3).dtype : dtype;
  const [q, k, v] = [shape(0), shape(1), shape(2)];
  if (!q || !k || !v) return [{ dtype }, { dtype: stateDType }];
  for (const one of [q, k, v])
    require(one.length === 3, () => `needs operands of rank 3, but found ${printShape(one)}`);
  const [keyDim, valueDim] = [divideShapes([k[2]!], [kvHeads]), divideShapes([v[2]!], [kvHeads])];
  return [
    { dtype, shape: [q[0]!, q[1]!, typeof valueDim === "number" ? valueDim * heads : "?"] },
    { dtype: stateDType, shape: [q[0]!, kvHeads, keyDim, valueDim] },
  ];
}

function evaluateLinear({ attrs, operand, optional, result }: EvaluateContext<typeof ATTRS>): Tensor[] {
  const [q, k, v, past] = [operand(0), operand(1), operand(2), optional(3)];
  const [batch, seq] = q.shape as [number, number];
  const { q_num_heads: heads, kv_num_heads: kvHeads } = attrs;
  const size: LinearSize = {
    ...{ batch, seq, heads, kvHeads },
    keyDim: q.shape[2]! / heads,
    valueDim: v.shape[2]! / kvHeads,
  };
  require(k.shape[2] === kvHeads * size.keyDim, () =>
    `needs keys of the queries' width, but found ${printShape(k.shape)}`);
  const stateShape = [batch, kvHeads, size.keyDim, size.valueDim];
  const isStateRight = past === undefined || printShape(past.shape) === printShape(stateShape);
  require(isStateRight, () => `needs a state of shape ${printShape(stateShape)}, but found ${printShape(past!.shape)}`);
  const state = past === undefined ? new Float64Array(elementCount(stateShape)) : Float64Array.from(floatsOf(past));
  const [dtype, stateDType] = [floatDType(q.dtype), floatDType((past ?? q).dtype)];
  const to = newFloats(dtype, elementCount(result(0).shape));
  const operands = {
    ...{ q: floatsOf(q), k: floatsOf(k), v: floatsOf(v) },
    decay: gateOf(optional(4), [batch, seq], [kvHeads, kvHeads * size.keyDim]),
    beta: gateOf(optional(5), [batch, seq], [kvHeads, 1]),
    scale: attrs.scale === 0 ? 1 / Math.sqrt(size.keyDim) : attrs.scale,
  };
  attendLinearly(operands, size, state, to);
  return [finishFloats(dtype, result(0).shape, to), finishFloats(stateDType, stateShape, state)];
}

/** A decay or beta of [batch, seq, one of the widths]. */
function gateOf(gate: Tensor | undefined, rows: readonly number[], widths: readonly number[]) {
  if (gate === undefined) return undefined;
  const isRight = widths.some((width) => printShape(gate.shape) === printShape([...rows, width]));
  require(isRight, () => `needs decay and beta of width ${widths.join(" or ")}, but found ${printShape(gate.shape)}`);
  return floatsOf(gate);
}

export const linearAttentionOp = defineOp({
  kind: "LinearAttention",
  versions: [27],
  traits: ["contraction", "compound"],
  attrs: ATTRS,
  operands: [3, 6],
  results: [1, 2],
  infer: inferLinear,
  evaluate: evaluateLinear,
  // Each step writes the state of a key/value head, reads it for each query head, and, with a beta, for the key.
  macs: ({ attrs, operands }) => {
    const [batch = 0, seq = 0, width = 0] = operands[0]?.shape ?? [];
    const stateSize = (width / attrs.q_num_heads) * ((operands[2]?.shape[2] ?? 0) / attrs.kv_num_heads);
    return batch * seq * stateSize * (attrs.q_num_heads + attrs.kv_num_heads * (operands[5] === undefined ? 1 : 2));
  },
});
