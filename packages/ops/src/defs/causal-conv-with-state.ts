// CausalConvWithState: a depthwise convolution over time that sees only the past: x [batch, channels, length], weight
// [channels, 1, kernel], bias [channels]. The last kernel - 1 positions before x come from a state, zeros unless given; the
// second result is the state for the next call. The convolution is rounded before the activation.
import { elementCount, zeros } from "@waferc/numerics";
import { word } from "../attr-spec.ts";
import { commonDType } from "../families/elementwise.ts";
import { finishFloats, floatDType, floatsOf, newFloats, roundFloats } from "../math/floats.ts";
import type { Floats } from "../math/floats.ts";
import { joinTensors, sliceTensor } from "../math/stack.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { printShape } from "../shapes.ts";

export const causalConvWithStateOp = defineOp({
  kind: "CausalConvWithState",
  versions: [27],
  traits: ["contraction", "compound"],
  attrs: { activation: word("none", "silu", "swish") },
  operands: [2, 4],
  results: [1, 2],
  infer: ({ operand }) => {
    const [x, weight] = [operand(0), operand(1)];
    const dtype = commonDType([x, weight]);
    if (x.shape === undefined || weight.shape === undefined) return [{ dtype, shape: x.shape }, { dtype }];
    require(x.shape.length === 3 && weight.shape.length === 3, () =>
      `needs operands of rank 3, but found ${printShape(x.shape!)} and ${printShape(weight.shape!)}`);
    const kernel = weight.shape[2]!;
    const state = [x.shape[0]!, x.shape[1]!, typeof kernel === "number" ? kernel - 1 : "?"];
    return [
      { dtype, shape: x.shape },
      { dtype, shape: state },
    ];
  },
  evaluate: ({ attrs, operand, optional, result }) => {
    const [x, weight] = [operand(0), operand(1)];
    const dtype = floatDType(x.dtype);
    const [batch, channels, length] = x.shape as [number, number, number];
    const [filters, , kernel] = weight.shape as [number, number, number];
    require(filters === channels && weight.shape[1] === 1 && kernel > 0, () =>
      `needs a weight of shape [${channels},1,kernel], but found ${printShape(weight.shape)}`);
    const past = optional(3) ?? zeros(dtype, result(1).shape);
    const padded = joinTensors([past, x], 2);
    const sums = convolve(floatsOf(padded), floatsOf(weight), { rows: batch * channels, channels, length, kernel });
    const bias = optional(2);
    if (bias !== undefined) addBias(sums, floatsOf(bias), { channels, length });
    const rounded = roundFloats(dtype, sums);
    const y = newFloats(dtype, elementCount(x.shape));
    const isPlain = attrs.activation === "none";
    for (let i = 0; i < y.length; i++) y[i] = isPlain ? rounded[i]! : rounded[i]! / (1 + Math.exp(-rounded[i]!));
    return [finishFloats(dtype, x.shape, y), sliceTensor(padded, 2, length, kernel - 1)];
  },
  macs: ({ operands }) => elementCount(operands[0]?.shape ?? []) * (operands[1]?.shape[2] ?? 0),
});

interface ConvSize {
  readonly rows: number;
  readonly channels: number;
  readonly length: number;
  readonly kernel: number;
}

/** Rows of `length + kernel - 1` in, rows of `length` out. */
function convolve(from: Floats, weight: Floats, { rows, channels, length, kernel }: ConvSize): Float64Array {
  const sums = new Float64Array(rows * length);
  for (let row = 0; row < rows; row++) {
    const [start, tapsAt] = [row * (length + kernel - 1), (row % channels) * kernel];
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let tap = 0; tap < kernel; tap++) sum += from[start + i + tap]! * weight[tapsAt + tap]!;
      sums[row * length + i] = sum;
    }
  }
  return sums;
}

function addBias(sums: Float64Array, bias: Floats, { channels, length }: { channels: number; length: number }): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += bias[Math.floor(i / length) % channels]!;
}
