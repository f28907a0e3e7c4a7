// TensorProtos: initialisers and attributes as lazy sources, and single tensors (`.pb` files of test data) both ways.
// Data may be in raw_data, in one of the typed fields, or in a file beside the model; each form is checked for length
// before anything is allocated. A source keeps a view of the file's bytes and decodes when it is read.
import { DiagnosticSink, type Loc } from "@waferc/base";
import type { TensorSource } from "@waferc/ir/graph";
import { bitsOf, byteLengthOf, bytesOf, makeTensor, tensorFromBytes, type DType, type Tensor } from "@waferc/numerics";
import { CODES } from "./codes.ts";
import { decodeMessage } from "./decode-message.ts";
import { onnx, plainBytes, reportWire } from "./decode.ts";
import { dtypeOfOnnx, onnxOfDType } from "@waferc/ops";
import { parseExternalRange, type ExternalData } from "./external.ts";
import { nameWrongFile } from "./file-kind.ts";
import type { TensorProto } from "./proto.ts";
import type { ScalarRun } from "./scalar-run.ts";

/** Why a tensor cannot be used; `message` continues "tensor "name" ..". */
export interface TensorFault {
  readonly kind: "broken" | "dtype" | "external" | "size";
  readonly message: string;
}

export type TensorReading =
  { readonly source: TensorSource; readonly fault?: undefined } | { readonly fault: TensorFault };

const EXTERNAL = 1; // TensorProto.DataLocation.EXTERNAL
const TYPED_FIELDS = ["floatData", "int32Data", "stringData", "int64Data", "doubleData", "uint64Data"] as const;
type TypedField = (typeof TYPED_FIELDS)[number];

const fault = (kind: TensorFault["kind"], message: string): TensorReading => ({ fault: { kind, message } });

/** Checks a tensor and returns its source without decoding its data. `external` is absent where no files may be read. */
export function readTensorProto(proto: TensorProto, external?: ExternalData): TensorReading {
  const dtype = dtypeOfOnnx(proto.dataType ?? 0);
  if (dtype === undefined) return fault("dtype", `has element type ${proto.dataType ?? 0}, which is not defined`);
  const dims = proto.dims ?? [];
  if (dims.some((dim) => dim < 0n)) return fault("broken", `has negative dims [${dims.join(",")}]`);
  const bits = dims.reduce((product, dim) => product * dim, BigInt(Math.max(bitsOf(dtype), 1)));
  const isTooLong = dims.some((dim) => dim > BigInt(Number.MAX_SAFE_INTEGER));
  if (isTooLong || bits > BigInt(Number.MAX_SAFE_INTEGER))
    return fault("broken", `has dims [${dims.join(",")}], which no memory holds`);
  const shape = dims.map(Number);
  if (proto.segment !== null && proto.segment !== undefined) return fault("broken", "is a segment of a tensor");
  const filled = TYPED_FIELDS.filter((name) => (proto[name]?.length ?? 0) > 0);
  const hasRaw = (proto.rawData?.length ?? 0) > 0;
  if (filled.length + (hasRaw ? 1 : 0) > 1) return fault("broken", "has data in more than one field");
  if (proto.dataLocation === EXTERNAL) {
    if (hasRaw || filled.length > 0) return fault("broken", "has external data and data of its own");
    return readExternal(proto, dtype, shape, external);
  }
  const [field] = filled;
  if (field !== undefined) return readTyped(proto, field, dtype, shape);
  return readRaw(proto.rawData ?? new Uint8Array(0), dtype, shape);
}

function countOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

function readRaw(raw: Uint8Array, dtype: DType, shape: readonly number[]): TensorReading {
  if (dtype === "string") {
    if (raw.length > 0) return fault("broken", "is a string tensor with raw data");
    if (countOf(shape) > 0) return fault("broken", `has no data, but shape [${shape.join(",")}]`);
    return { source: { dtype, shape, byteLength: 0, read: () => makeTensor("string", shape, []) } };
  }
  const needed = byteLengthOf(dtype, countOf(shape));
  if (raw.length !== needed) {
    return fault("broken", `has ${raw.length} B of data, but ${dtype}[${shape.join(",")}] needs ${needed} B`);
  }
  return { source: rawSource(dtype, shape, needed, () => raw) };
}

function rawSource(dtype: DType, shape: readonly number[], byteLength: number, bytes: () => Uint8Array): TensorSource {
  return { dtype, shape, byteLength, read: () => tensorFromBytes(dtype, shape, plainBytes(bytes())) };
}

function readExternal(
  proto: TensorProto,
  dtype: DType,
  shape: readonly number[],
  external?: ExternalData,
): TensorReading {
  if (dtype === "string") return fault("broken", "is a string tensor with external data");
  const range = parseExternalRange(proto.externalData ?? []);
  if (typeof range === "string") return fault("external", `has a bad external location: ${range}`);
  const needed = byteLengthOf(dtype, countOf(shape));
  if (range.length !== undefined && range.length !== needed) {
    return fault(
      "external",
      `has ${range.length} B of external data, but ${dtype}[${shape.join(",")}] needs ${needed} B`,
    );
  }
  if (external === undefined)
    return fault("external", `has its data in "${range.location}", and no reader of files was given`);
  const available = external.byteLengthOf(range.location);
  if (available === undefined) {
    const why = external.refusalOf?.(range.location) ?? "cannot be read";
    return fault("external", `has its data in "${range.location}", which ${why}`);
  }
  if (range.offset + needed > available) {
    return fault(
      "external",
      `needs bytes up to ${range.offset + needed} of "${range.location}", which has ${available} B`,
    );
  }
  const sum = range.checksum === undefined ? undefined : external.sha1Of?.(range.location);
  if (sum !== undefined && sum !== range.checksum?.toLowerCase())
    return fault(
      "external",
      `has its data in "${range.location}", whose checksum is ${sum}, not ${range.checksum ?? ""}`,
    );
  return { source: rawSource(dtype, shape, needed, () => external.read(range.location, range.offset, needed)) };
}

/** The typed field that holds each element type, and how many entries of it `count` elements take. */
function typedLayout(dtype: DType): { field: TypedField; entriesPerElement: number } {
  switch (dtype) {
    case "f32":
      return { field: "floatData", entriesPerElement: 1 };
    case "c64":
      return { field: "floatData", entriesPerElement: 2 };
    case "f64":
      return { field: "doubleData", entriesPerElement: 1 };
    case "c128":
      return { field: "doubleData", entriesPerElement: 2 };
    case "i64":
      return { field: "int64Data", entriesPerElement: 1 };
    case "u64":
    case "u32":
      return { field: "uint64Data", entriesPerElement: 1 };
    case "string":
      return { field: "stringData", entriesPerElement: 1 };
    default:
      return { field: "int32Data", entriesPerElement: Math.min(1, bitsOf(dtype) / 8) };
  }
}

function readTyped(proto: TensorProto, field: TypedField, dtype: DType, shape: readonly number[]): TensorReading {
  const layout = typedLayout(dtype);
  const entries = proto[field]?.length ?? 0;
  if (layout.field !== field) return fault("broken", `has ${dtype} elements in the wrong field`);
  const needed = Math.ceil(countOf(shape) * layout.entriesPerElement);
  if (entries !== needed) {
    return fault("broken", `has ${entries} entries of data, but ${dtype}[${shape.join(",")}] needs ${needed}`);
  }
  const byteLength = dtype === "string" ? 0 : byteLengthOf(dtype, countOf(shape));
  return { source: { dtype, shape, byteLength, read: () => decodeTyped(proto, dtype, shape, byteLength) } };
}

function decodeTyped(proto: TensorProto, dtype: DType, shape: readonly number[], byteLength: number): Tensor {
  if (dtype === "string") {
    const text = new TextDecoder();
    return makeTensor(
      "string",
      shape,
      (proto.stringData ?? []).map((bytes) => text.decode(bytes)),
    );
  }
  const numbers = proto.floatData ?? proto.doubleData;
  if (numbers !== undefined && numbers.length > 0) return tensorFromBytes(dtype, shape, numbers.bytes);
  const integers = [proto.int32Data, proto.int64Data, proto.uint64Data].find((run) => (run?.length ?? 0) > 0);
  return tensorFromBytes(dtype, shape, widthBytes(integers, Math.max(1, bitsOf(dtype) / 8), byteLength));
}

/** Varints as little-endian integers of a width; what is above it is cut off. */
function widthBytes(run: ScalarRun | undefined, width: number, byteLength: number): Uint8Array {
  const bytes = new Uint8Array(byteLength);
  const view = new DataView(bytes.buffer);
  run?.forEachVarint((low, high, i) => {
    if (width === 1) bytes[i] = low;
    else if (width === 2) view.setUint16(i * 2, low & 0xffff, true);
    else if (width === 4) view.setUint32(i * 4, low, true);
    else {
      view.setUint32(i * 8, low, true);
      view.setUint32(i * 8 + 4, high, true);
    }
  });
  return bytes;
}

export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
}

/**
 * Decodes a TensorProto file, such as `input_0.pb` of a test-data folder.
 * @throws CompileError with ONX-001, ONX-002, ONX-009 or ONX-102
 */
export function decodeTensorProto(bytes: Uint8Array, file = "the tensor"): NamedTensor {
  const diag = new DiagnosticSink();
  const at: Loc = { kind: "argument", name: file };
  const wrong = bytes.length === 0 ? undefined : nameWrongFile(bytes);
  if (wrong !== undefined)
    diag.report(CODES["ONX-001"], { message: `Cannot read ${file}: it is ${wrong.what}`, at, help: [wrong.help] });
  else reportWire(bytes, "TensorProto", diag);
  diag.throwIfErrors();
  const proto = decodeMessage(plainBytes(bytes), "TensorProto");
  const reading = readTensorProto(proto);
  if (reading.fault === undefined) return { name: proto.name ?? "", tensor: reading.source.read() };
  const code = reading.fault.kind === "dtype" ? CODES["ONX-102"] : CODES["ONX-009"];
  diag.report(code, { message: `Cannot read ${file}: it ${reading.fault.message}`, at });
  diag.throwIfErrors();
  throw new TypeError("a fault of a tensor is an error");
}

/** Encodes a tensor as a TensorProto file with raw data, or string data for strings. */
export function encodeTensorProto(tensor: Tensor, name = ""): Uint8Array {
  const dims = [...tensor.shape];
  const dataType = onnxOfDType(tensor.dtype);
  const data =
    tensor.dtype === "string"
      ? { stringData: tensor.data.map((text) => new TextEncoder().encode(text)) }
      : { rawData: bytesOf(tensor) };
  return plainBytes(onnx.TensorProto.encode({ dims, dataType, name, ...data }).finish());
}
