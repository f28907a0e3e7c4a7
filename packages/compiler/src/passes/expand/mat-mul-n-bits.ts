// MatMulNBits: MatMul by a DequantizeLinear in blocks along its rows. onnxruntime stores the matrix transposed, [N, K]; the constant is
// transposed at compile time, still packed. With `accuracy_level` 4 the activations go through 8 bits, block by block, as onnxruntime has them.
// Zero points that are floats, which DequantizeLinear has not, are taken off the product: sums of A's blocks times zero points.
import { attr, type ValueId } from "@waferc/ir/graph";
import { onnxOfDType } from "@waferc/ops";
import { middleZeroPoints, transposeConstant, unpackRows, weightDType, type WeightDType } from "./block-weights.ts";
import type { Expanded, Expander } from "./expander.ts";

const [A, B, SCALES, ZERO_POINTS, GROUPS, BIAS] = [0, 1, 2, 3, 4, 5];

export function expandMatMulNBits(op: Expander): Expanded {
  const [k, n, blockSize, bits] = [op.int("K", 0), op.int("N", 0), op.int("block_size", 0), op.int("bits", 4)];
  const dtype = weightDType(op, bits);
  const blocks = Math.ceil(k / blockSize);
  op.require(op.int("weight_prepacked", 0) === 0, "weights packed for one GPU");
  requirePlainGroups(op, blockSize);
  const rowBytes = blocks * Math.ceil((blockSize * bits) / 8);
  const shape = [k, n];
  const weights = unpackRows(op, op.operand(B), { dtype, rows: n, columns: k, rowBytes, shape, isTransposed: true });
  const scales = transposeConstant(op, op.operand(SCALES), n, blocks);
  const given = op.optional(ZERO_POINTS);
  const isFloat = given !== undefined && op.dtype(given) !== "u8";
  const zeroPoints = isFloat ? undefined : zeroPointsOf(op, dtype, n, blocks);
  const matrix = op.emit("DequantizeLinear", [weights, scales, zeroPoints], {
    axis: attr.int(0),
    block_size: attr.int(blockSize),
  });
  const isRounded = op.int("accuracy_level", 0) === 4 && !isFloat && op.optional(GROUPS) === undefined;
  const a = isRounded ? throughBytes(op, op.operand(A), blocks, blockSize) : op.operand(A);
  const product = op.emit("MatMul", [a, matrix]);
  const shift = isFloat ? op.emit("Mul", [transposeConstant(op, given, n, blocks), scales]) : undefined;
  const y = shift === undefined ? product : op.emit("Sub", [product, shiftOf(op, shift, blockSize)]);
  return [op.plus(y, op.optional(BIAS))];
}

/** A in blocks of its rows: multiples of the largest magnitude over 127. */
function throughBytes(op: Expander, a: ValueId, blocks: number, blockSize: number): ValueId {
  const dtype = op.dtype(a);
  const [shape, missing] = [op.shape(a), blocks * blockSize - op.width(a)];
  const before = shape.map(() => 0);
  const padding = op.list([...before, ...before.with(-1, missing)]);
  const whole = missing === 0 ? a : op.emit("Pad", [a, padding]);
  const magnitudes = op.emit("Abs", [op.reshape(whole, [...shape.slice(0, -1), blocks, blockSize])]);
  const largest = op.emit("ReduceMax", [magnitudes, op.list([-1])], { keepdims: attr.int(0) });
  const steps = op.emit("Div", [largest, op.scalar(dtype, 127)]);
  // A block of zeros has no step; any will do.
  const scales = op.emit("Max", [steps, op.scalar(dtype, dtype === "f16" ? 2 ** -14 : 2 ** -126)]);
  const inBlocks = { axis: attr.int(-1), block_size: attr.int(blockSize) };
  const bytes = op.emit("QuantizeLinear", [a, scales], { ...inBlocks, output_dtype: attr.int(onnxOfDType("i8")) });
  return op.emit("DequantizeLinear", [bytes, scales], inBlocks);
}

/** What zero points that are floats take off: the sum of A's elements in each block times zero point and scale, [blocks, N]. */
function shiftOf(op: Expander, shift: ValueId, blockSize: number): ValueId {
  const a = op.operand(A);
  const shape = op.shape(a);
  const [k, blocks] = [op.width(a), op.shape(shift)[0] ?? 1];
  op.require(k === blocks * blockSize, "zero points that are floats for a block that is cut short");
  const blocked = op.reshape(a, [...shape.slice(0, -1), blocks, blockSize]);
  const sums = op.emit("ReduceSum", [blocked, op.list([-1])], { keepdims: attr.int(0) });
  return op.emit("MatMul", [sums, shift]);
}

/** [blocks, N] */
function zeroPointsOf(op: Expander, dtype: WeightDType, n: number, blocks: number): ValueId {
  const given = op.optional(ZERO_POINTS);
  const shape = [blocks, n];
  if (given === undefined) return middleZeroPoints(op, dtype, shape);
  const rowBytes = Math.ceil((blocks * Number(dtype.slice(1))) / 8);
  return unpackRows(op, given, { dtype, rows: n, columns: blocks, rowBytes, shape, isTransposed: true });
}

/** Groups may be given as long as they are the blocks. */
function requirePlainGroups(op: Expander, blockSize: number): void {
  const groups = op.optional(GROUPS);
  if (groups === undefined) return;
  const isPlain = op.numbers(groups)?.every((group, i) => group === Math.floor(i / blockSize)) === true;
  op.require(isPlain, "columns in groups other than the blocks (g_idx)");
}
