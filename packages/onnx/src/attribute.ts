// AttributeProtos as attributes of ops. The stated type decides which field counts (IR version 1 had no type: there the one
// filled field does). Graphs are turned into blocks by the caller, who knows the names around them.
import { attr, type Attr, type Block } from "@waferc/ir/graph";
import type { AttributeProto, GraphProto } from "./proto.ts";
import type { ExternalData } from "./external.ts";
import { readTensorProto } from "./tensor-proto.ts";

export interface AttributeFault {
  readonly kind: "broken" | "unsupported";
  readonly message: string;
}

export type AttributeReading = { readonly attr: Attr; readonly fault?: undefined } | { readonly fault: AttributeFault };

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

function filledTypes(proto: AttributeProto): AttributeType[] {
  const singles = [
    ["f", "float"],
    ["i", "int"],
    ["s", "string"],
    ["t", "tensor"],
    ["g", "graph"],
    ["sparseTensor", "sparse_tensor"],
    ["tp", "type"],
  ] as const;
  const lists = [
    ["floats", "floats"],
    ["ints", "ints"],
    ["strings", "strings"],
    ["tensors", "tensors"],
    ["graphs", "graphs"],
  ] as const;
  const found: AttributeType[] = singles.filter(([key]) => Object.hasOwn(proto, key)).map(([, type]) => type);
  for (const [key, type] of lists) if ((proto[key]?.length ?? 0) > 0) found.push(type);
  return found;
}

/** Type of the attribute: the stated one, or that of its one filled field. */
export function attributeTypeOf(proto: AttributeProto): AttributeType | undefined {
  const stated = TYPES[proto.type ?? 0];
  if (stated !== "undefined") return stated;
  const filled = filledTypes(proto);
  return filled.length === 1 ? filled[0] : undefined;
}

/** What is wrong with an attribute's fields, before its value is read. */
export function attributeFault(proto: AttributeProto): AttributeFault | undefined {
  if (proto.refAttrName) return { kind: "broken", message: `refers to "${proto.refAttrName}" outside a function` };
  const type = attributeTypeOf(proto);
  if (type === undefined) return { kind: "broken", message: "has no value or no known type" };
  const other = filledTypes(proto).find((filled) => filled !== type);
  if (other !== undefined)
    return { kind: "broken", message: `is stated to be ${type}, but has a value of type ${other}` };
  if (type.startsWith("sparse") || type.startsWith("type"))
    return { kind: "unsupported", message: `is of type ${type}` };
  const isSingle = ["float", "int", "string", "tensor", "graph"].includes(type);
  if (isSingle && filledTypes(proto).length === 0)
    return { kind: "broken", message: `is stated to be ${type}, but has no value` };
  return undefined;
}

/** The attribute's value. Tensors stay lazy. */
export function readAttribute(proto: AttributeProto, reader: AttributeReader): AttributeReading {
  const fault = attributeFault(proto);
  if (fault !== undefined) return { fault };
  switch (attributeTypeOf(proto)) {
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
      return readTensors([proto.t ?? {}], reader, (sources) => ({
        type: "tensor",
        value: sources[0] as (typeof sources)[number],
      }));
    case "tensors":
      return readTensors(proto.tensors ?? [], reader, (sources) => ({ type: "tensors", value: sources }));
    case "graph":
      return { attr: attr.block(reader.blockOf(proto.g ?? {})) };
    case "graphs":
      return { attr: { type: "blocks", value: (proto.graphs ?? []).map(reader.blockOf) } };
    default:
      return { fault: { kind: "unsupported", message: "is of a type that waferc does not read" } };
  }
}

type Sources = Extract<Attr, { type: "tensors" }>["value"];

function readTensors(
  protos: NonNullable<AttributeProto["tensors"]>,
  reader: AttributeReader,
  wrap: (sources: Sources) => Attr,
): AttributeReading {
  const readings = protos.map((proto) => readTensorProto(proto, reader.external));
  const sources = [];
  for (const reading of readings) {
    if (reading.fault !== undefined) {
      const kind = reading.fault.kind === "dtype" ? "unsupported" : "broken";
      return { fault: { kind, message: `is a tensor that ${reading.fault.message}` } };
    }
    sources.push(reading.source);
  }
  return { attr: wrap(sources) };
}

/** Graphs that the attributes of a node hold, in order. */
export function graphsOf(attributes: readonly AttributeProto[] | null | undefined): GraphProto[] {
  return (attributes ?? []).flatMap((proto) => [...(proto.g ? [proto.g] : []), ...(proto.graphs ?? [])]);
}
