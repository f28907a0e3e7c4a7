// Data of any value type from a file: TensorProto, SequenceProto or OptionalProto, as the type says, since the files do not. The
// messages are those of onnx/onnx-data.proto. Leaves out maps, sparse tensors and sequences of sequences.
import { DiagnosticSink, type Loc } from "@waferc/base";
import type { ValueType } from "@waferc/ir/graph";
import type { Tensor } from "@waferc/numerics";
import { optionalOf, sequenceOf, type Data, type SequenceData } from "@waferc/ops";
import { CODES } from "./codes.ts";
import { decodeMessage } from "./decode-message.ts";
import { plainBytes, reportWire } from "./decode.ts";
import { nameWrongFile } from "./file-kind.ts";
import type { OptionalProto, SequenceProto, TensorProto } from "./proto.ts";
import { decodeTensorProto, readTensorProto } from "./tensor-proto.ts";

export interface NamedData {
  readonly name: string;
  readonly data: Data;
}

/**
 * Decodes a file of data, such as `input_0.pb` of a test-data folder, of a value of this type.
 * @throws CompileError with ONX-001, ONX-002, ONX-009 or ONX-102
 */
export function decodeDataProto(bytes: Uint8Array, type: ValueType, file = "the data"): NamedData {
  const [wrapper] = type.wrappers ?? [];
  if (wrapper === undefined) {
    const { name, tensor } = decodeTensorProto(bytes, file);
    return { name, data: tensor };
  }
  const diag = new DiagnosticSink();
  const at: Loc = { kind: "argument", name: file };
  const message = wrapper === "sequence" ? "SequenceProto" : "OptionalProto";
  const wrong = bytes.length === 0 ? undefined : nameWrongFile(bytes);
  if (wrong !== undefined)
    diag.report(CODES["ONX-001"], { message: `Cannot read ${file}: it is ${wrong.what}`, at, help: [wrong.help] });
  else reportWire(bytes, message, diag);
  diag.throwIfErrors();
  const reader = new DataReader(file, at, diag);
  const plain = plainBytes(bytes);
  if (message === "SequenceProto") {
    const proto = decodeMessage(plain, message);
    return { name: proto.name ?? "", data: reader.sequence(proto, type) };
  }
  const proto = decodeMessage(plain, message);
  return { name: proto.name ?? "", data: reader.optional(proto, type) };
}

/** Reads messages of one file, of which the first fault is thrown. */
class DataReader {
  readonly #file: string;
  readonly #at: Loc;
  readonly #diag: DiagnosticSink;

  constructor(file: string, at: Loc, diag: DiagnosticSink) {
    this.#file = file;
    this.#at = at;
    this.#diag = diag;
  }

  optional(proto: OptionalProto, type: ValueType): Data {
    if (proto.tensorValue !== undefined) return optionalOf(this.#tensor(proto.tensorValue));
    if (proto.sequenceValue !== undefined) return optionalOf(this.sequence(proto.sequenceValue, type));
    const other = proto.sparseTensorValue ?? proto.mapValue ?? proto.optionalValue;
    return other === undefined ? optionalOf() : this.#fail("holds neither a tensor nor a sequence of tensors");
  }

  sequence(proto: SequenceProto, type: ValueType): SequenceData {
    const others = [proto.sparseTensorValues, proto.sequenceValues, proto.mapValues, proto.optionalValues];
    if (others.some((list) => list !== undefined && list.length > 0)) this.#fail("is a sequence of other than tensors");
    const elements = (proto.tensorValues ?? []).map((one) => this.#tensor(one));
    const other = elements.find(({ dtype }) => dtype !== elements[0]?.dtype);
    if (other !== undefined) this.#fail(`is a sequence of both ${String(elements[0]?.dtype)} and ${other.dtype}`);
    return sequenceOf(elements, elements[0]?.dtype ?? type.dtype);
  }

  #tensor(proto: TensorProto): Tensor {
    const reading = readTensorProto(proto);
    if (reading.fault === undefined) return reading.source.read();
    return this.#fail(`has a tensor that ${reading.fault.message}`, reading.fault.kind === "dtype");
  }

  #fail(message: string, isUnsupported = false): never {
    const code = isUnsupported ? CODES["ONX-102"] : CODES["ONX-009"];
    this.#diag.report(code, { message: `Cannot read ${this.#file}: it ${message}`, at: this.#at });
    this.#diag.throwIfErrors();
    throw new TypeError("a fault of a file is an error");
  }
}
