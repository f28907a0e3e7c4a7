// SpaceToDepth: blocks of the plane become channels, read as [block, block, depth].
import type { Dim, Shape } from "@waferc/ir/graph";
import { reshapeTensor } from "@waferc/numerics";
import { requiredInt } from "../attr-spec.ts";
import { transposeTensor } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { multiplyDims, printShape } from "../shapes.ts";

function gathered(shape: Shape, block: number): Shape {
  require(shape.length === 4, () => `needs an operand of rank 4, but found ${printShape(shape)}`);
  const [batch, depth, ...plane] = shape as readonly [Dim, Dim, Dim, Dim];
  const lengths = plane.map((length): Dim => {
    if (typeof length !== "number") return block === 1 ? length : "?";
    require(block >= 1 && length % block === 0, () => `needs lengths in blocks of ${block}, but found ${length}`);
    return length / block;
  });
  return [batch, multiplyDims([depth, block ** 2]), ...lengths];
}

export const spaceToDepthOp = defineOp({
  kind: "SpaceToDepth",
  versions: [1, 13],
  traits: ["movement"],
  attrs: { blocksize: requiredInt },
  operands: [1, 1],
  infer: ({ attrs, operand }) => {
    const { dtype, shape } = operand(0);
    return [{ dtype, shape: shape && gathered(shape, attrs.blocksize) }];
  },
  evaluate: ({ attrs, operand, result }) => {
    const x = operand(0);
    const block = attrs.blocksize;
    const { shape } = result(0);
    const [batch, depth] = x.shape as readonly [number, number];
    const [height, width] = shape.slice(2) as [number, number];
    const blocks = reshapeTensor(x, [batch, depth, height, block, width, block]);
    return [reshapeTensor(transposeTensor(blocks, [0, 3, 5, 1, 2, 4]), shape)];
  },
});
