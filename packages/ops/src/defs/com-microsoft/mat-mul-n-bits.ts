// com.microsoft MatMulNBits: A times the transpose of a constant matrix [N, K] of 2, 4 or 8 bits, quantised in blocks
// along K: (stored - zero point) * scale. Zero points are packed like the weights, each row padded to a byte, or floats,
// or, left out, half of the range. g_idx names the block of each of the K columns. With accuracy_level 4, A may be
// quantised too: it is, to 8 bits in the blocks of B, where onnxruntime's CPU does it, which is unless there are float
// zero points or g_idx. Weights that were packed for one GPU are refused.
import { elementCount } from "@waferc/numerics";
import { int, requiredInt } from "../../attr-spec.ts";
import type { AttrValues } from "../../attr-spec.ts";
import { commonDType } from "../../families/elementwise.ts";
import {
  dequantizeGroupedRow,
  dequantizeRow,
  dotProduct,
  packedBits,
  packedBytes,
  packedLength,
  roundToBytes,
  zeroPointReader,
} from "../../math/block-quantized.ts";
import type { QuantizedRows } from "../../math/block-quantized.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../../math/floats.ts";
import { defineOp } from "../../op-definition.ts";
import type { EvaluateContext } from "../../op-definition.ts";
import { require } from "../../op-error.ts";
import { canDimsMatch } from "../../shapes.ts";

const ATTRS = {
  K: requiredInt,
  N: requiredInt,
  accuracy_level: int(0),
  bits: int(4),
  block_size: requiredInt,
  weight_prepacked: int(0),
};
const [A, B, SCALES, ZERO_POINTS, GROUPS, BIAS] = [0, 1, 2, 3, 4, 5];

function weightsOf({ attrs, operand, optional }: EvaluateContext<typeof ATTRS>): QuantizedRows {
  const { K: rowLength, N: rows, block_size: blockLength } = attrs;
  const bits = packedBits(attrs.bits);
  const blocks = Math.ceil(rowLength / blockLength);
  const rowBytes = blocks * packedLength(blockLength, bits);
  const bytes = packedBytes(operand(B));
  require(bytes.length === rows * rowBytes, () => `needs ${rows * rowBytes} bytes of weights, but has ${bytes.length}`);
  const scales = floatsOf(operand(SCALES));
  require(scales.length === rows * blocks, () => `needs ${rows * blocks} scales, but has ${scales.length}`);
  const zeroPoint = zeroPointReader({ tensor: optional(ZERO_POINTS), perRow: blocks }, bits);
  return { bytes, bits, rowLength, rowBytes, blockLength, scales, zeroPoint };
}

function checkGroups(groups: readonly number[], { K: k, block_size: blockLength }: AttrValues<typeof ATTRS>): void {
  require(groups.length >= k, () => `needs g_idx of ${k} elements, but found ${groups.length}`);
  const blocks = Math.ceil(k / blockLength);
  const bad = groups.find((group) => group < 0 || group >= blocks);
  require(bad === undefined, () => `needs g_idx in 0 .. ${blocks - 1}, but found ${bad}`);
}

export const matMulNBitsOp = defineOp({
  domain: "com.microsoft",
  kind: "MatMulNBits",
  versions: [1],
  traits: ["contraction", "compound"],
  attrs: ATTRS,
  operands: [3, 6],
  infer: ({ attrs, operand, has, shape }) => {
    packedBits(attrs.bits);
    require(attrs.block_size > 0, () => `needs a positive block_size, but found ${attrs.block_size}`);
    require(attrs.weight_prepacked === 0, "cannot read weights that were packed for one GPU (weight_prepacked)");
    const dtype = commonDType([A, SCALES, ...(has(BIAS) ? [BIAS] : [])].map((index) => operand(index)));
    const a = shape(A);
    if (a === undefined) return [{ dtype }];
    const inner = a.at(-1);
    const isLegal = inner !== undefined && canDimsMatch(inner, attrs.K);
    require(isLegal, () => `needs A with rows of K = ${attrs.K}, but found ${inner ?? "a scalar"}`);
    return [{ dtype, shape: [...a.slice(0, -1), attrs.N] }];
  },
  evaluate: (ctx) => {
    const { attrs, operand, optional, has, result } = ctx;
    const { K: k, N: n } = attrs;
    const { dtype, shape } = result(0);
    const weights = weightsOf(ctx);
    const isRounded = attrs.accuracy_level === 4 && !has(GROUPS) && (optional(ZERO_POINTS)?.dtype ?? "u8") === "u8";
    const exact = floatsOf(operand(A));
    const a = isRounded ? roundToBytes(exact, k, attrs.block_size) : new Float64Array(exact);
    const groups = has(GROUPS) ? ctx.ints(GROUPS) : undefined;
    if (groups !== undefined) checkGroups(groups, attrs);
    const given = optional(BIAS);
    const bias = given === undefined ? undefined : floatsOf(given);
    const to = newFloats(floatDType(dtype), elementCount(shape));
    const row = new Float64Array(k);
    for (let column = 0; column < n; column++) {
      if (groups === undefined) dequantizeRow(weights, column, row);
      else dequantizeGroupedRow(weights, groups, column, row);
      const start = bias?.[column] ?? 0;
      for (let i = 0; i * n < to.length; i++) to[i * n + column] = start + dotProduct(a, i * k, row, k);
    }
    return [finishFloats(floatDType(dtype), shape, to)];
  },
  macs: ({ attrs, results }) => elementCount(results[0]?.shape ?? []) * attrs.K,
});
