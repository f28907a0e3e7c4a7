// DepthToSpace: blocks of channels become blocks of the plane. DCR reads the channels as [block, block, depth], CRD as
// [depth, block, block].
import type { Dim, Shape } from "@waferc/ir/graph";
import { reshapeTensor } from "@waferc/numerics";
import { requiredInt, word } from "../attr-spec.ts";
import { transposeTensor } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { multiplyDims, printShape } from "../shapes.ts";

function spread(shape: Shape, block: number): Shape {
  require(shape.length === 4, () => `needs an operand of rank 4, but found ${printShape(shape)}`);
  const [batch, channels, height, width] = shape as readonly [Dim, Dim, Dim, Dim];
  const isWhole = block >= 1 && (typeof channels !== "number" || channels % block ** 2 === 0);
  require(isWhole, () => `needs channels in blocks of ${block} x ${block}, but found ${channels}`);
  const depth = typeof channels === "number" ? channels / block ** 2 : "?";
  return [batch, depth, multiplyDims([height, block]), multiplyDims([width, block])];
}

export const depthToSpaceOp = defineOp({
  kind: "DepthToSpace",
  versions: [1, 11, 13],
  traits: ["movement"],
  attrs: { blocksize: requiredInt, mode: word("DCR", "CRD") },
  operands: [1, 1],
  infer: ({ attrs, operand }) => {
    const { dtype, shape } = operand(0);
    return [{ dtype, shape: shape && spread(shape, attrs.blocksize) }];
  },
  evaluate: ({ attrs, operand, result }) => {
    const x = operand(0);
    const block = attrs.blocksize;
    const { shape } = result(0);
    const [batch, depth] = shape as readonly [number, number];
    const [height, width] = x.shape.slice(2) as [number, number];
    const isDepthLast = attrs.mode === "DCR";
    const channels = isDepthLast ? [block, block, depth] : [depth, block, block];
    const perm = isDepthLast ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3];
    const blocks = reshapeTensor(x, [batch, ...channels, height, width]);
    return [reshapeTensor(transposeTensor(blocks, perm), shape)];
  },
});
