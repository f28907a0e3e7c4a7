// GatherBlockQuantized: Gather of a DequantizeLinear of the table. An index out of range, for which onnxruntime's op gives zeros, is
// an error for Gather: no model means it.
import { attr, type ValueId } from "@waferc/ir/graph";
import { middleZeroPoints, unpackRows, weightDType, type WeightDType } from "./block-weights.ts";
import type { Expanded, Expander } from "./expander.ts";

const [DATA, INDICES, SCALES, ZERO_POINTS] = [0, 1, 2, 3];

export function expandGatherBlockQuantized(op: Expander): Expanded {
  const table = tableOf(op);
  const shape = op.shape(table.data);
  const axis = normal(op.int("quantize_axis", 1), shape.length);
  const length = shape[axis] ?? 1;
  const blockSize = op.int("block_size", 128) || length;
  const wanted = shape.map((dim, i) => (i === axis ? Math.ceil(dim / blockSize) : dim));
  const scales = op.operand(SCALES);
  op.require(
    op.shape(scales).every((dim, i) => dim === wanted[i]),
    "scales that are shared by rows",
  );
  const zeroPoints = table.packed === undefined ? op.optional(ZERO_POINTS) : zeroPointsOf(op, table.packed, wanted);
  const attrs = { axis: attr.int(axis), block_size: attr.int(blockSize) };
  const expanded = op.emit("DequantizeLinear", [table.data, scales, zeroPoints], attrs);
  return [op.gather(expanded, op.operand(INDICES), normal(op.int("gather_axis", 0), shape.length))];
}

const normal = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

interface Table {
  readonly data: ValueId;
  /** The type of the elements, if they were packed in bytes. */
  readonly packed: WeightDType | undefined;
}

function tableOf(op: Expander): Table {
  const data = op.operand(DATA);
  if (op.dtype(data) !== "u8") return { data, packed: undefined };
  const bits = op.int("bits", 4);
  const dtype = weightDType(op, bits);
  const bytes = op.shape(data);
  const rowBytes = bytes.at(-1) ?? 1;
  const columns = (rowBytes * 8) / bits;
  const rows = bytes.slice(0, -1).reduce((a, b) => a * b, 1);
  const shape = [...bytes.slice(0, -1), columns];
  return { data: unpackRows(op, data, { dtype, rows, columns, rowBytes, shape, isTransposed: false }), packed: dtype };
}

/** Zero points that are packed along the last axis, which begins at a byte in every row. */
function zeroPointsOf(op: Expander, dtype: WeightDType, shape: readonly number[]): ValueId {
  const given = op.optional(ZERO_POINTS);
  if (given === undefined) return middleZeroPoints(op, dtype, shape);
  const columns = shape.at(-1) ?? 1;
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const rowBytes = op.shape(given).at(-1) ?? 1;
  return unpackRows(op, given, { dtype, rows, columns, rowBytes, shape, isTransposed: false });
}
