// QMoE: MoE whose weights are DequantizeLinear, in blocks along their columns or with one scale for each row.
import { attr, attrsOf, type Attr, type ValueId } from "@waferc/ir/graph";
import { middleZeroPoints, unpackRows, weightDType, type WeightDType } from "./block-weights.ts";
import type { Expanded, Expander } from "./expander.ts";

const [X, ROUTER, ROUTER_WEIGHTS] = [0, 1, 14];

interface LayerAt {
  readonly weights: number;
  readonly scales: number;
  readonly bias: number;
  readonly zeroPoints: number;
}
const UP: LayerAt = { weights: 2, scales: 3, bias: 4, zeroPoints: 11 };
const DOWN: LayerAt = { weights: 5, scales: 6, bias: 7, zeroPoints: 12 };
const THIRD: LayerAt = { weights: 8, scales: 9, bias: 10, zeroPoints: 13 };

/** Attributes that speak of the weights' form. */
const FORM = new Set(["accuracy_level", "block_size", "expert_weight_bits", "quant_type", "weights_prepacked"]);

export function expandQMoE(op: Expander): Expanded {
  op.require(op.optional(ROUTER_WEIGHTS) === undefined, "router weights apart from the scores");
  op.require(op.string("quant_type", "int") === "int", `weights of quant_type "${op.string("quant_type", "int")}"`);
  op.require(op.int("weights_prepacked", -1) <= 0, "weights packed for one GPU");
  const layers = [UP, DOWN, THIRD].flatMap((at) => [layerOf(op, at), op.optional(at.bias)]);
  const attrs = Object.fromEntries([...op.op.attrs].filter(([name]) => !FORM.has(name))) as Record<string, Attr>;
  const operands = [op.operand(X), op.operand(ROUTER), ...layers];
  return [op.rewriter.emit("MoE", operands, { domain: "com.microsoft", attrs: attrsOf(attrs), covers: [op.op] })];
}

/** [experts, rows, columns], dequantised. */
function layerOf(op: Expander, at: LayerAt): ValueId | undefined {
  const stored = op.optional(at.weights);
  if (stored === undefined) return undefined;
  const dtype = weightDType(op, op.int("expert_weight_bits", 4));
  const [experts = 1, rows = 1, rowBytes = 1] = op.shape(stored);
  const columns = (rowBytes * 8) / Number(dtype.slice(1));
  const blockSize = op.int("block_size", 0) || columns;
  const blocks = Math.ceil(columns / blockSize);
  const shape = [experts, rows, columns];
  const packed = { dtype, rows: experts * rows, columns, rowBytes, shape, isTransposed: false };
  const weights = unpackRows(op, stored, packed);
  const scales = op.reshape(op.operand(at.scales), [experts, rows, blocks]);
  return op.emit("DequantizeLinear", [weights, scales, zeroPointsOf(op, at, dtype, [experts, rows, blocks])], {
    axis: attr.int(2),
    block_size: attr.int(blockSize),
  });
}

/** Packed along the blocks, or along the rows where a row is a block. */
function zeroPointsOf(
  op: Expander,
  at: LayerAt,
  dtype: WeightDType,
  shape: readonly [number, number, number],
): ValueId {
  const given = op.optional(at.zeroPoints);
  if (given === undefined) return middleZeroPoints(op, dtype, shape);
  const [experts, rows, blocks] = shape;
  const [lines, columns] = op.int("block_size", 0) > 0 ? [experts * rows, blocks] : [experts, rows];
  const rowBytes = Math.ceil((columns * Number(dtype.slice(1))) / 8);
  return unpackRows(op, given, { dtype, rows: lines, columns, rowBytes, shape, isTransposed: false });
}
