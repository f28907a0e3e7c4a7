// com.microsoft CausalConvWithState: a depthwise convolution over time that sees only the past, x [batch, channels,
// length], weight [channels, 1, taps], and what it must remember for the next call. Taps may be `dilation` apart. With
// `channels_last`, x and the states are [batch, length, ..], the rest being the channels. States of the last
// `state_window` positions go on a leading axis: the last of them is the state afterwards, and the one that is read;
// zeros stand for positions before the first. Left out: convolutions over planes and volumes (ndim 2 and 3).
import type { Dim, Shape, ValueType } from "@waferc/ir/graph";
import { elementCount, reshapeTensor, zeros } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { flag, int, word } from "../../attr-spec.ts";
import { commonDType } from "../../families/elementwise.ts";
import { convolveCausally, pastLength } from "../../math/causal-convolution.ts";
import { finishFloats, floatDType, floatsOf } from "../../math/floats.ts";
import { sigmoid } from "../../math/special.ts";
import { joinTensors, pickTensor, sliceTensor, stackTensors } from "../../math/stack.ts";
import { transposeTensor } from "../../math/views.ts";
import { defineOp } from "../../op-definition.ts";
import type { EvaluateContext, InferContext } from "../../op-definition.ts";
import { require } from "../../op-error.ts";
import { printShape } from "../../shapes.ts";

const ATTRS = {
  activation: word("none", "silu", "swish"),
  channels_last: flag(false),
  dilation: int(1),
  ndim: int(1),
  state_window: int(0),
};
type Attrs = typeof ATTRS;
const [X, WEIGHT, BIAS, PAST] = [0, 1, 2, 3];

function inferConv({ attrs, operand, has, shape }: InferContext<Attrs>): ValueType[] {
  const { dilation, ndim, state_window: window, channels_last: isLast } = attrs;
  require(ndim === 1, () => `cannot convolve over ${ndim} axes (ndim)`);
  require(dilation >= 1 && window >= 0, () => `needs dilation from 1, but found ${dilation}`);
  const dtype = commonDType([X, WEIGHT, BIAS, PAST].filter((index) => has(index)).map((index) => operand(index)));
  const [x, weight] = [shape(X), shape(WEIGHT)];
  if (x === undefined || weight === undefined) return [{ dtype, shape: x }, { dtype }];
  const isLegal = (isLast ? x.length >= 3 : x.length === 3) && weight.length === 3;
  require(isLegal, () => `needs operands of rank 3, but found ${printShape(x)} and ${printShape(weight)}`);
  const taps = weight[2]!;
  const past: Dim = typeof taps === "number" ? pastLength(taps, dilation) : "?";
  const state: Shape = isLast ? [x[0]!, past, ...x.slice(2)] : [x[0]!, x[1]!, past];
  return [
    { dtype, shape: x },
    { dtype, shape: window > 0 ? [window, ...state] : state },
  ];
}

/** x as [batch, channels, length]. */
function channelsFirst(x: Tensor, isLast: boolean): Tensor {
  if (!isLast) return x;
  const [batch, length, ...channels] = x.shape as [number, number, ...number[]];
  return transposeTensor(reshapeTensor(x, [batch, length, elementCount(channels)]), [0, 2, 1]);
}

function evaluateConv({ attrs, operand, optional, result }: EvaluateContext<Attrs>): Tensor[] {
  const { dilation, state_window: window, channels_last: isLast, activation } = attrs;
  const [x, weight, bias] = [channelsFirst(operand(X), isLast), operand(WEIGHT), optional(BIAS)];
  const dtype = floatDType(x.dtype);
  const [batch, channels, length] = x.shape as [number, number, number];
  const taps = weight.shape[2]!;
  const isWeightRight = weight.shape[0] === channels && weight.shape[1] === 1 && taps > 0;
  require(isWeightRight, () => `needs a weight of shape [${channels},1,taps], but found ${printShape(weight.shape)}`);
  const before = pastLength(taps, dilation);
  const given = optional(PAST);
  const state = given !== undefined && window > 0 ? pickTensor(given, 0, window - 1) : given;
  const past = state === undefined ? zeros(dtype, [batch, channels, before]) : channelsFirst(state, isLast);
  require(past.shape[2] === before, () => `needs a state of ${before} positions, but found ${printShape(past.shape)}`);
  const padded = joinTensors([past, x], 2);
  const size = { rows: batch * channels, channels, length, taps, dilation };
  const y = convolveCausally(floatsOf(padded), floatsOf(weight), bias && floatsOf(bias), size);
  if (activation !== "none") for (let i = 0; i < y.length; i++) y[i]! *= sigmoid(y[i]!);
  const arranged = (tensor: Tensor, shape: readonly number[]): Tensor =>
    reshapeTensor(isLast ? transposeTensor(tensor, [0, 2, 1]) : tensor, shape);
  const stateShape = window > 0 ? result(1).shape.slice(1) : result(1).shape;
  const stateAfter = (count: number): Tensor =>
    count > 0 || count === length
      ? arranged(sliceTensor(padded, 2, count, before), stateShape)
      : zeros(dtype, stateShape);
  return [
    arranged(finishFloats(dtype, x.shape, y), result(0).shape),
    window === 0
      ? stateAfter(length)
      : stackTensors(
          Array.from({ length: window }, (_, slot) => stateAfter(length - window + slot + 1)),
          0,
        ),
  ];
}

export const microsoftCausalConvWithStateOp = defineOp({
  domain: "com.microsoft",
  kind: "CausalConvWithState",
  versions: [1],
  traits: ["contraction", "compound"],
  attrs: ATTRS,
  operands: [2, 4],
  results: [1, 2],
  infer: inferConv,
  evaluate: evaluateConv,
  macs: ({ operands }) => elementCount(operands[X]?.shape ?? []) * (operands[WEIGHT]?.shape[2] ?? 0),
});
