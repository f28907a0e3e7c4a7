// com.microsoft LinearAttention: ONNX's op, with more query heads than key/value heads or fewer (those that share a query
// head), keys that several value heads may share, and states of the last `state_window` steps on a leading axis: the last
// of them is the state afterwards, and the one that is read; zeros stand for steps before the first.
import type { Dim, Shape, ValueType } from "@waferc/ir/graph";
import { elementCount, zeros } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { float, int, requiredInt, word } from "../../attr-spec.ts";
import type { AttrValues } from "../../attr-spec.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../../math/floats.ts";
import { headsFirst, headsLast, repeatHeads } from "../../math/heads.ts";
import { attendLinearly } from "../../math/linear-attention.ts";
import type { LinearSize } from "../../math/linear-attention.ts";
import { pickTensor, sliceTensor, stackTensors } from "../../math/stack.ts";
import { defineOp } from "../../op-definition.ts";
import type { EvaluateContext, InferContext } from "../../op-definition.ts";
import { require } from "../../op-error.ts";
import { divideShapes, printShape } from "../../shapes.ts";

const ATTRS = {
  chunk_size: int(64),
  kv_num_heads: requiredInt,
  q_num_heads: requiredInt,
  scale: float(0),
  state_window: int(0),
  update_rule: word("gated_delta", "linear", "gated", "delta"),
};
type Attrs = typeof ATTRS;
const [QUERY, KEY, VALUE, PAST, DECAY, BETA] = [0, 1, 2, 3, 4, 5];

/** Heads of the result: of the side that has more. */
const headsOf = ({ q_num_heads: q, kv_num_heads: kv }: AttrValues<Attrs>): number => Math.max(q, kv);

function inferLinear({ attrs, operand, has, shape }: InferContext<Attrs>): ValueType[] {
  const { q_num_heads: heads, kv_num_heads: kvHeads, update_rule: rule, state_window: window } = attrs;
  const areGrouped = heads > 0 && kvHeads > 0 && Math.max(heads, kvHeads) % Math.min(heads, kvHeads) === 0;
  require(areGrouped, () => `needs heads in whole groups, but found ${heads} for queries and ${kvHeads} for values`);
  require(window >= 0, () => `needs state_window from 0, but found ${window}`);
  require(!rule.includes("gated") || has(DECAY), () => `needs a decay for update_rule "${rule}"`);
  require(!rule.includes("delta") || has(BETA), () => `needs a beta for update_rule "${rule}"`);
  const dtype = operand(QUERY).dtype;
  const stateDType = has(PAST) ? operand(PAST).dtype : dtype;
  const [q, v] = [shape(QUERY), shape(VALUE)];
  if (q === undefined || v === undefined) return [{ dtype }, { dtype: stateDType }];
  require(q.length === 3 && v.length === 3, () => `needs operands of rank 3, but found ${printShape(q)}`);
  const [keyDim, valueDim] = [divideShapes([q[2]!], [heads]), divideShapes([v[2]!], [kvHeads])];
  const [batch, seq] = q as [Dim, Dim];
  const state: Shape = [batch, kvHeads, keyDim, valueDim];
  return [
    { dtype, shape: [batch, seq, typeof valueDim === "number" ? headsOf(attrs) * valueDim : "?"] },
    { dtype: stateDType, shape: window > 0 ? [window, ...state] : state },
  ];
}

/** All operands over time, with as many heads as the recurrence needs. */
interface Steps {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly decay: Tensor | undefined;
  readonly beta: Tensor | undefined;
  readonly past: Tensor | undefined;
}

/** x, [batch, seq, heads * dim], with each head as often as it takes to have `count`. */
function withHeads(x: Tensor, heads: number, count: number): Tensor {
  return heads === count ? x : headsLast(repeatHeads(headsFirst(x, heads), count / heads));
}

function stepsOf({ attrs, operand, optional }: EvaluateContext<Attrs>): Steps {
  const { q_num_heads: heads, kv_num_heads: kvHeads, update_rule: rule, state_window: window } = attrs;
  const [q, k, past] = [operand(QUERY), operand(KEY), optional(PAST)];
  const keyDim = q.shape[2]! / heads;
  const keyHeads = k.shape[2]! / keyDim;
  require(Number.isInteger(kvHeads / keyHeads), () =>
    `needs keys of width ${kvHeads * keyDim}, or a whole part of it, but found ${printShape(k.shape)}`);
  return {
    q: withHeads(q, heads, headsOf(attrs)),
    k: withHeads(k, keyHeads, kvHeads),
    v: operand(VALUE),
    decay: rule.includes("gated") ? operand(DECAY) : undefined,
    beta: rule.includes("delta") ? operand(BETA) : undefined,
    past: past !== undefined && window > 0 ? pickTensor(past, 0, window - 1) : past,
  };
}

/** Result and state after the first `count` steps. */
function run(attrs: AttrValues<Attrs>, steps: Steps, count: number): { y: Tensor; state: Tensor } {
  const { past } = steps;
  const first = (x: Tensor): Tensor => (x.shape[1] === count ? x : sliceTensor(x, 1, 0, count));
  const [q, v] = [first(steps.q), first(steps.v)];
  const [heads, kvHeads] = [headsOf(attrs), attrs.kv_num_heads];
  const batch = q.shape[0]!;
  const size: LinearSize = {
    ...{ batch, seq: count, heads, kvHeads },
    keyDim: q.shape[2]! / heads,
    valueDim: v.shape[2]! / kvHeads,
  };
  const stateShape = [batch, kvHeads, size.keyDim, size.valueDim];
  const isStateRight = past === undefined || printShape(past.shape) === printShape(stateShape);
  require(isStateRight, () => `needs a state of shape ${printShape(stateShape)}, but found ${printShape(past!.shape)}`);
  const state = past === undefined ? new Float64Array(elementCount(stateShape)) : Float64Array.from(floatsOf(past));
  const dtype = floatDType(q.dtype);
  const to = newFloats(dtype, batch * count * heads * size.valueDim);
  const { decay, beta } = steps;
  const operands = {
    ...{ q: floatsOf(q), k: floatsOf(first(steps.k)), v: floatsOf(v) },
    decay: decay && floatsOf(first(decay)),
    beta: beta && floatsOf(first(beta)),
    scale: attrs.scale || 1 / Math.sqrt(size.keyDim),
  };
  attendLinearly(operands, size, state, to);
  return {
    y: finishFloats(dtype, [batch, count, heads * size.valueDim], to),
    state: finishFloats(floatDType((past ?? q).dtype), stateShape, state),
  };
}

export const microsoftLinearAttentionOp = defineOp({
  domain: "com.microsoft",
  kind: "LinearAttention",
  versions: [1],
  traits: ["contraction", "compound"],
  attrs: ATTRS,
  operands: [3, 6],
  results: [1, 2],
  infer: inferLinear,
  evaluate: (ctx) => {
    const { attrs } = ctx;
    const steps = stepsOf(ctx);
    const seq = steps.q.shape[1]!;
    const { y, state } = run(attrs, steps, seq);
    if (attrs.state_window === 0) return [y, state];
    const states = Array.from({ length: attrs.state_window }, (_, slot) => {
      const count = seq - attrs.state_window + slot + 1;
      if (count === seq) return state;
      return count <= 0 ? zeros(state.dtype, state.shape) : run(attrs, steps, count).state;
    });
    return [y, stackTensors(states, 0)];
  },
  // Each step writes the state of a key/value head, reads it for each query head, and, with a beta, for the key.
  macs: ({ attrs, operands }) => {
    const [batch = 0, seq = 0, width = 0] = operands[QUERY]?.shape ?? [];
    const stateSize = (width / attrs.q_num_heads) * ((operands[VALUE]?.shape[2] ?? 0) / attrs.kv_num_heads);
    return batch * seq * stateSize * (headsOf(attrs) + attrs.kv_num_heads * (operands[BETA] === undefined ? 1 : 2));
  },
});
