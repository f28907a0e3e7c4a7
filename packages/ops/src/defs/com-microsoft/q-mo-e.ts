// com.microsoft QMoE: MoE whose weights are unsigned integers of 2, 4 or 8 bits, packed along the columns, low bits
// first: (stored - zero point) * scale. Scales are [experts, rows], or [experts, rows, blocks] with `block_size`; zero
// points are packed along the last of these axes, or, left out, half of the range. Experts may be chosen by one tensor
// and weighted by another. Left out: 4- and 8-bit float weights, layouts packed for one GPU.
import type { Tensor } from "@waferc/numerics";
import { int, string } from "../../attr-spec.ts";
import type { AttrValues } from "../../attr-spec.ts";
import { EXPERT_ATTRS, expertMacs, inferExperts, mixExperts } from "../../families/mixture-of-experts.ts";
import { dequantizeRow, packedBits, packedBytes, zeroPointReader } from "../../math/block-quantized.ts";
import type { ExpertLayer } from "../../math/experts.ts";
import { floatsOf } from "../../math/floats.ts";
import { defineOp } from "../../op-definition.ts";
import type { EvaluateContext } from "../../op-definition.ts";
import { OpError, require } from "../../op-error.ts";
import { printShape } from "../../shapes.ts";

const ATTRS = {
  ...EXPERT_ATTRS,
  accuracy_level: int(0),
  block_size: int(0),
  expert_weight_bits: int(4),
  quant_type: string("int"),
  weights_prepacked: int(-1),
};
type Attrs = typeof ATTRS;
const [X, ROUTER, ROUTER_WEIGHTS] = [0, 1, 14];

/** Operands of a layer. */
interface LayerAt {
  readonly weights: number;
  readonly scales: number;
  readonly bias: number;
  readonly zeroPoints: number;
}
const UP: LayerAt = { weights: 2, scales: 3, bias: 4, zeroPoints: 11 };
const DOWN: LayerAt = { weights: 5, scales: 6, bias: 7, zeroPoints: 12 };
const THIRD: LayerAt = { weights: 8, scales: 9, bias: 10, zeroPoints: 13 };

function layerOf({ attrs, operand, optional }: EvaluateContext<Attrs>, at: LayerAt): ExpertLayer {
  const bits = packedBits(attrs.expert_weight_bits);
  const weights = operand(at.weights);
  if (weights.shape.length !== 3) throw new OpError(`needs weights of rank 3, but found ${printShape(weights.shape)}`);
  const [experts, rows, rowBytes] = weights.shape as [number, number, number];
  const columns = (rowBytes * 8) / bits;
  const blockLength = attrs.block_size || columns;
  const blocks = Math.ceil(columns / blockLength);
  const scales = floatsOf(operand(at.scales));
  const needed = experts * rows * blocks;
  require(scales.length === needed, () => `needs ${needed} scales, but found ${printShape(operand(at.scales).shape)}`);
  const zeroPoints = zeroPointReader(
    { tensor: optional(at.zeroPoints), perRow: attrs.block_size > 0 ? blocks : rows },
    bits,
  );
  const zeroPoint = (row: number, block: number): number =>
    attrs.block_size > 0 ? zeroPoints(row, block) : zeroPoints(Math.floor(row / rows), row % rows);
  const bytes = packedBytes(weights);
  const [from, buffer] = [
    { bytes, bits, rowLength: columns, rowBytes, blockLength, scales, zeroPoint },
    new Float64Array(columns),
  ];
  const bias: Tensor | undefined = optional(at.bias);
  return {
    rows,
    columns,
    row: (expert, row) => {
      dequantizeRow(from, expert * rows + row, buffer);
      return buffer;
    },
    bias: bias === undefined ? undefined : floatsOf(bias),
  };
}

function columnsOf(rowBytes: number, { expert_weight_bits: bits }: AttrValues<Attrs>): number {
  return (rowBytes * 8) / packedBits(bits);
}

export const qMoEOp = defineOp({
  domain: "com.microsoft",
  kind: "QMoE",
  versions: [1],
  traits: ["contraction", "compound"],
  attrs: ATTRS,
  operands: [6, 21],
  infer: (ctx) => {
    packedBits(ctx.attrs.expert_weight_bits);
    require(ctx.attrs.quant_type === "int", () => `cannot read weights of quant_type "${ctx.attrs.quant_type}"`);
    require(ctx.attrs.weights_prepacked <= 0, "cannot read weights that were packed for one GPU (weights_prepacked)");
    return inferExperts(ctx);
  },
  evaluate: (ctx) => {
    const { attrs, operand, optional, has } = ctx;
    const operands = {
      x: operand(X),
      router: operand(ROUTER),
      routerWeights: optional(ROUTER_WEIGHTS),
      up: layerOf(ctx, UP),
      down: layerOf(ctx, DOWN),
      third: has(THIRD.weights) ? layerOf(ctx, THIRD) : undefined,
    };
    return [mixExperts(attrs, operands)];
  },
  macs: ({ attrs, operands }) => {
    const layers = [UP, DOWN, THIRD].map(({ weights }) => {
      const [, rows = 0, rowBytes = 0] = operands[weights]?.shape ?? [];
      return { rows, columns: columnsOf(rowBytes, attrs) };
    });
    return expertMacs(attrs, operands[ROUTER]?.shape[0] ?? 0, layers);
  },
});
