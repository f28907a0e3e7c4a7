// AttributeProtos as attributes of ops. The stated type decides which field counts (IR version 1 had no type: there the one
// filled field does). Graphs are turned into blocks by the caller, who knows the names around them.
import { attr, type Attr, type Block, type TensorSource } from "@waferc/ir/graph";
import type { ExternalData } from "./external.ts";
import type { AttributeProto, GraphProto, TensorProto } from "./proto.ts";
import { readSparseTensorProto } from "./sparse-tensor.ts";
import { readTensorProto, type TensorFault, type TensorReading } from "./tensor-proto.ts";
import { readValueType } from "./value-type.ts";

export interface AttributeFault {
  readonly kind: "broken" | "unsupported";
  readonly message: string;
}

export type AttributeReading =
  { readonly attr: Attr; readonly fault?: undefined } | { readonly fault: AttributeFault; readonly attr?: undefined };

export interface AttributeReader {
  readonly external: ExternalData | undefined;
  readonly blockOf: (graph: GraphProto) => Block;
}

// AttributeProto.AttributeType
const TYPES = [
  "undefined",
  "float",
  "int",
  "string",
  "tensor",
  "graph",
  "floats",
  "ints",
  "strings",
  "tensors",
  "graphs",
  "sparse_tensor",
  "sparse_tensors",
  "type",
  "types",
] as const;

type AttributeType = (typeof TYPES)[number];

const text = new TextDecoder();

const SINGLES = [
  ["f", "float"],
  ["i", "int"],
  ["s", "string"],
  ["t", "tensor"],
  ["g", "graph"],
  ["sparseTensor", "sparse_tensor"],
  ["tp", "type"],
] as const;

const LISTS = [
  ["floats", "floats"],
  ["ints", "ints"],
  ["strings", "strings"],
  ["tensors", "tensors"],
  ["graphs", "graphs"],
  ["sparseTensors", "sparse_tensors"],
  ["typeProtos", "types"],
] as const;

function filledTypes(proto: AttributeProto): AttributeType[] {
  const found: AttributeType[] = SINGLES.filter(([key]) => proto[key] !== undefined).map(([, type]) => type);
  for (const [key, type] of LISTS) if ((proto[key]?.length ?? 0) > 0) found.push(type);
  return found;
}

/** Type of the attribute: the stated one, or that of its one filled field. */
export function attributeTypeOf(proto: AttributeProto): AttributeType | undefined {
  const stated = TYPES[proto.type ?? 0];
  if (stated !== "undefined") return stated;
  const filled = filledTypes(proto);
  return filled.length === 1 ? filled[0] : undefined;
}

/**
 * What is wrong with an attribute's fields, before its value is read.
 * @param parameters names of the attributes of the function that the node is in; undefined outside of functions
 */
export function attributeFault(
  proto: AttributeProto,
  parameters: ReadonlySet<string> | undefined,
): AttributeFault | undefined {
  if (proto.refAttrName) {
    if (parameters === undefined)
      return { kind: "broken", message: `refers to "${proto.refAttrName}" outside a function` };
    return parameters.has(proto.refAttrName)
      ? undefined
      : { kind: "broken", message: `refers to "${proto.refAttrName}", which its function does not declare` };
  }
  const type = attributeTypeOf(proto);
  if (type === undefined) return { kind: "broken", message: "has no value or no known type" };
  const other = filledTypes(proto).find((filled) => filled !== type);
  if (other !== undefined)
    return { kind: "broken", message: `is stated to be ${type}, but has a value of type ${other}` };
  const isSingle = SINGLES.some(([, single]) => single === type);
  if (isSingle && filledTypes(proto).length === 0)
    return { kind: "broken", message: `is stated to be ${type}, but has no value` };
  return undefined;
}

/** The attribute's value. Tensors stay lazy. */
export function readAttribute(proto: AttributeProto, reader: AttributeReader): AttributeReading {
  const type = attributeTypeOf(proto);
  switch (type) {
    case "float":
      return { attr: attr.float(proto.f ?? 0) };
    case "int":
      return { attr: attr.int(proto.i ?? 0n) };
    case "string":
      return { attr: attr.string(text.decode(proto.s ?? new Uint8Array(0))) };
    case "floats":
      return { attr: attr.floats(proto.floats ?? []) };
    case "ints":
      return { attr: attr.ints(proto.ints ?? []) };
    case "strings":
      return { attr: attr.strings((proto.strings ?? []).map((bytes) => text.decode(bytes))) };
    case "tensor":
      return wrapTensor(readTensorProto(proto.t ?? {}, reader.external));
    case "tensors":
      return readTensors(proto.tensors ?? [], reader);
    case "graph":
      return { attr: attr.block(reader.blockOf(proto.g ?? {})) };
    case "graphs":
      return { attr: { type: "blocks", value: (proto.graphs ?? []).map(reader.blockOf) } };
    case "sparse_tensor":
      return wrapTensor(readSparseTensorProto(proto.sparseTensor ?? {}, reader.external));
    case "type": {
      const reading = readValueType(proto.tp);
      return reading.fault === undefined
        ? { attr: attr.type(reading.type) }
        : { fault: { kind: "unsupported", message: `is a type that ${reading.fault.message}` } };
    }
    case "sparse_tensors":
    case "types":
    case "undefined":
    case undefined:
      return { fault: { kind: "unsupported", message: `is of type ${String(type)}` } };
    default:
      return type satisfies never;
  }
}

function wrapTensor(reading: TensorReading): AttributeReading {
  return reading.fault === undefined ? { attr: attr.tensor(reading.source) } : { fault: tensorFault(reading.fault) };
}

function readTensors(protos: readonly TensorProto[], reader: AttributeReader): AttributeReading {
  const sources: TensorSource[] = [];
  for (const proto of protos) {
    const reading = readTensorProto(proto, reader.external);
    if (reading.fault !== undefined) return { fault: tensorFault(reading.fault) };
    sources.push(reading.source);
  }
  return { attr: { type: "tensors", value: sources } };
}

function tensorFault({ kind, message }: TensorFault): AttributeFault {
  const isSound = kind === "dtype" || kind === "size";
  return { kind: isSound ? "unsupported" : "broken", message: `is a tensor that ${message}` };
}

/** Graphs that the attributes of a node hold, in order. */
export function graphsOf(attributes: readonly AttributeProto[] | undefined): GraphProto[] {
  return (attributes ?? []).flatMap((proto) => [...(proto.g ? [proto.g] : []), ...(proto.graphs ?? [])]);
}
