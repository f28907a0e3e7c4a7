// PRelu: x, or slope x below zero. The slope broadcasts to x; before version 7 it is one number or one for each channel.
import type { Shape } from "@waferc/ir/graph";
import { reshapeTensor } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { commonDType } from "../families/elementwise.ts";
import { mapBinary } from "../math/elementwise.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { canBroadcastTo, printShape } from "../shapes.ts";

/** The slope's shape as one that broadcasts to x. */
function slopeShape(version: number, slope: Shape, x: Shape): Shape {
  const isByChannel = version < 7 && slope.length === 1 && slope[0] !== 1;
  return isByChannel ? [...slope, ...x.slice(2).map(() => 1)] : slope;
}

export const pReluOp = defineOp({
  kind: "PRelu",
  versions: [1, 6, 7, 9, 16],
  traits: ["elementwise"],
  operands: [2, 2],
  infer: ({ version, operand }) => {
    const [x, slope] = [operand(0), operand(1)];
    const dtype = commonDType([x, slope]);
    if (x.shape === undefined || slope.shape === undefined) return [{ dtype, shape: x.shape }];
    const needed = slopeShape(version, slope.shape, x.shape);
    const [from, to] = [printShape(slope.shape), printShape(x.shape)];
    require(canBroadcastTo(needed, x.shape), () => `needs a slope that broadcasts to ${to}, but found ${from}`);
    return [{ dtype, shape: x.shape }];
  },
  evaluate: ({ version, operand, result }) => {
    const [x, given] = [operand(0), operand(1)];
    const slope: Tensor = reshapeTensor(given, slopeShape(version, given.shape, x.shape) as readonly number[]);
    const prelu = (value: number, factor: number): number => (value < 0 ? value * factor : value);
    const bigint = (value: bigint, factor: bigint): bigint => (value < 0n ? value * factor : value);
    return [mapBinary(x, slope, result(0), { float: prelu, int: prelu, bigint })];
  },
});
