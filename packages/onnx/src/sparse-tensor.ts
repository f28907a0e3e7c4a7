// Sparse initialisers and sparse values of Constant nodes: every one becomes dense, when it is read. Indices are linear ([NNZ]) or
// by coordinates ([NNZ, rank]); they are read at import to be checked, as onnx.checker does: in range, ascending, none twice.
import { byteLengthOf, bytesOf, tensorFromBytes, makeTensor, type Tensor } from "@waferc/numerics";
import type { ExternalData } from "./external.ts";
import type { SparseTensorProto } from "./proto.ts";
import { readTensorProto, type TensorReading } from "./tensor-proto.ts";

/** Largest dense form that is made of a sparse tensor: a few bytes of a file may ask for any size. */
export const MAX_DENSE_BYTES = 2 ** 30;
const MAX_DENSE_STRINGS = 2 ** 20;

const fault = (kind: "broken" | "size", message: string): TensorReading => ({ fault: { kind, message } });

/** Checks a sparse tensor and returns the source of its dense form. */
export function readSparseTensorProto(proto: SparseTensorProto, external?: ExternalData): TensorReading {
  const values = readTensorProto(proto.values ?? {}, external);
  if (values.fault !== undefined) return { fault: { ...values.fault, message: `has values: ${values.fault.message}` } };
  const { dtype, shape: valueShape } = values.source;
  if (valueShape.length !== 1) return fault("broken", `has values of shape [${valueShape.join(",")}], not a list`);
  const dims = proto.dims ?? [];
  if (dims.length === 0 || dims.some((dim) => dim <= 0n))
    return fault("broken", `has dims [${dims.join(",")}], which must all be positive`);
  const count = dims.reduce((product, dim) => product * dim, 1n);
  const most = dtype === "string" ? MAX_DENSE_STRINGS : MAX_DENSE_BYTES;
  if (count > BigInt(most))
    return fault("size", `has ${count} elements, but waferc makes at most ${most} of ${dtype} dense`);
  const shape = dims.map(Number);
  const byteLength = dtype === "string" ? 0 : byteLengthOf(dtype, Number(count));
  if (byteLength > MAX_DENSE_BYTES)
    return fault("size", `is ${byteLength} B when dense, but waferc makes at most ${MAX_DENSE_BYTES} B dense`);
  const positions = readPositions(proto, valueShape[0] ?? 0, shape, external);
  if (typeof positions === "string") return fault("broken", positions);
  const read = (): Tensor => densify(values.source.read(), positions, shape, byteLength);
  return { source: { dtype, shape, byteLength, read } };
}

/** Linear positions of the values, or what is wrong with the indices. */
function readPositions(
  proto: SparseTensorProto,
  count: number,
  shape: readonly number[],
  external: ExternalData | undefined,
): Float64Array | string {
  if (count === 0) return new Float64Array(0);
  const reading = readTensorProto(proto.indices ?? {}, external);
  if (reading.fault !== undefined) return `has indices: ${reading.fault.message}`;
  const { source } = reading;
  const rank = shape.length;
  const isLinear = source.shape.length === 1;
  const isFitting = source.shape[0] === count && (isLinear || (source.shape.length === 2 && source.shape[1] === rank));
  if (source.dtype !== "i64" || !isFitting)
    return `has indices of type ${source.dtype}[${source.shape.join(",")}], but needs i64[${count}] or i64[${count},${rank}]`;
  const { data } = source.read() as Tensor<"i64">;
  const positions = new Float64Array(count);
  const limits = isLinear ? [shape.reduce((a, b) => a * b, 1)] : shape;
  for (let n = 0; n < count; n++) {
    let position = 0;
    for (const [axis, limit] of limits.entries()) {
      const index = Number(data[n * limits.length + axis] ?? 0n);
      if (index < 0 || index >= limit) return `has index ${index} on an axis of ${limit}`;
      position = position * limit + index;
    }
    if (n > 0 && position <= (positions[n - 1] ?? 0)) return `has indices that are not ascending, at value ${n}`;
    positions[n] = position;
  }
  return positions;
}

function densify(values: Tensor, positions: Float64Array, shape: readonly number[], byteLength: number): Tensor {
  const count = shape.reduce((a, b) => a * b, 1);
  if (values.dtype === "string") {
    const data = new Array<string>(count).fill("");
    positions.forEach((position, n) => (data[position] = String(values.data[n] ?? "")));
    return makeTensor("string", shape, data);
  }
  const width = byteLengthOf(values.dtype, 8) / 8;
  if (width < 1) return densifyPacked(values, positions, shape, byteLength);
  const [from, bytes] = [bytesOf(values), new Uint8Array(byteLength)];
  positions.forEach((position, n) => bytes.set(from.subarray(n * width, (n + 1) * width), position * width));
  return tensorFromBytes(values.dtype, shape, bytes);
}

/** Elements of 4 or 2 bits, the low ones first. */
function densifyPacked(values: Tensor, positions: Float64Array, shape: readonly number[], byteLength: number): Tensor {
  const bits = byteLengthOf(values.dtype, 8);
  const [from, bytes] = [bytesOf(values), new Uint8Array(byteLength)];
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  positions.forEach((position, n) => {
    const element = ((from[Math.floor(n / perByte)] ?? 0) >> ((n % perByte) * bits)) & mask;
    const at = Math.floor(position / perByte);
    bytes[at] = (bytes[at] ?? 0) | (element << ((position % perByte) * bits));
  });
  return tensorFromBytes(values.dtype, shape, bytes);
}
