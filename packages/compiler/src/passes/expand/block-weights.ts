// Weights that onnxruntime packs in u8, as constants of the element types of ONNX that DequantizeLinear takes: u2, u4 or u8. Packing
// is from the low end of each byte in both; rows of the former begin at a byte. Nothing is expanded to floats. Sources stay lazy:
// a layer's weights are unpacked when somebody reads them.
import type { TensorSource, ValueId } from "@waferc/ir/graph";
import { byteLengthOf, codesOf, fullTensor, makeTensor, tensorOfCodes, type Tensor } from "@waferc/numerics";
import type { Expander } from "./expander.ts";

export type WeightDType = "u2" | "u4" | "u8";

export function weightDType(op: Expander, bits: number): WeightDType {
  op.require(bits === 2 || bits === 4 || bits === 8, `weights of ${bits} bits`);
  return `u${bits}`;
}

/** A matrix, or a stack of rows, packed in bytes. */
export interface PackedRows {
  readonly dtype: WeightDType;
  readonly rows: number;
  readonly columns: number;
  /** Bytes of a row, padding included. */
  readonly rowBytes: number;
  /** Shape of the constant: [columns, rows] if it is transposed, else any of rows x columns elements. */
  readonly shape: readonly number[];
  readonly isTransposed: boolean;
}

/** The constant `id` unpacked. */
export function unpackRows(op: Expander, id: ValueId, packed: PackedRows): ValueId {
  const { graph } = op.rewriter;
  const source = graph.constant(id);
  op.require(source?.dtype === "u8", "weights that are not constant bytes");
  op.require(source.byteLength === packed.rows * packed.rowBytes, "weights of another size than its attributes say");
  const { dtype, shape } = packed;
  const count = packed.rows * packed.columns;
  const lazy: TensorSource = {
    dtype,
    shape,
    byteLength: byteLengthOf(dtype, count),
    read: () => readRows(source, packed),
  };
  return graph.addConstant(graph.value(id).name, lazy);
}

function readRows(source: TensorSource, { dtype, rows, columns, rowBytes, shape, isTransposed }: PackedRows): Tensor {
  const bytes = source.read().data as Uint8Array;
  const rowLength = rowBytes * (8 / Number(dtype.slice(1)));
  const stored = codesOf(makeTensor(dtype, [rows * rowLength], bytes)) as Uint8Array;
  const codes = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const own = stored.subarray(row * rowLength, row * rowLength + columns);
    if (!isTransposed) codes.set(own, row * columns);
    else for (let column = 0; column < columns; column++) codes[column * rows + row] = own[column]!;
  }
  return dtype === "u8" ? makeTensor(dtype, shape, codes) : tensorOfCodes(dtype, shape, codes);
}

/** A float constant [rows, columns], as [columns, rows]. */
export function transposeConstant(op: Expander, id: ValueId, rows: number, columns: number): ValueId {
  op.require(op.rewriter.graph.constants.has(id), "scales that are not constant");
  return op.transpose(op.reshape(id, [rows, columns]), [1, 0]);
}

/** Zero points of the shape of the scales, half of the range. */
export function middleZeroPoints(op: Expander, dtype: WeightDType, shape: readonly number[]): ValueId {
  const middle = 2 ** (Number(dtype.slice(1)) - 1);
  return op.constant(fullTensor(dtype, shape, middle));
}
