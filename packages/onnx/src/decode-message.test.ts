import onnxProto from "onnx-proto";
import { describe, expect, it } from "vitest";
import { decodeMessage } from "./decode-message.ts";
import { onnx, plainBytes } from "./decode.ts";
import { fieldsOf, isMessageKind, MESSAGE_NAMES, type Field, type MessageName } from "./schema.ts";

interface Codec {
  encode(message: object): { finish(): Uint8Array };
}

/** onnx-proto's class of a message of ours; undefined for messages that it does not have. */
function codecOf(name: MessageName): Codec | undefined {
  const { TypeProto, TensorProto, TensorShapeProto } = onnx;
  const nested: Partial<Record<MessageName, Codec>> = {
    TensorType: TypeProto.Tensor,
    ElementType: TypeProto.Sequence,
    MapType: TypeProto.Map,
    Segment: TensorProto.Segment,
    Dimension: TensorShapeProto.Dimension,
  };
  return nested[name] ?? (onnxProto.onnx as unknown as Partial<Record<string, Codec>>)[name];
}

/** A value of a field as onnx-proto takes it, and as we decode it. */
function sampleOf({ kind }: Field): { given: unknown; read: unknown } {
  if (isMessageKind(kind)) return { given: {}, read: {} };
  if (kind === "string") return { given: "käse", read: "käse" };
  if (kind === "bytes") return { given: Uint8Array.of(1, 255), read: Uint8Array.of(1, 255) };
  if (kind === "int64" || kind === "uint64") return { given: 300, read: 300n };
  return kind === "int32" ? { given: -3, read: -3 } : { given: 0.5, read: 0.5 };
}

/** Field numbers that onnx-proto's schema, IR version 8, does not have. */
const NEWER = new Set([
  "ModelProto.configuration",
  "GraphProto.metadata_props",
  "NodeProto.overload",
  "NodeProto.metadata_props",
  "NodeProto.device_configurations",
  "TensorProto.metadata_props",
  "ValueInfoProto.metadata_props",
  "TypeProto.opaque_type",
  "FunctionProto.attribute_proto",
  "FunctionProto.value_info",
  "FunctionProto.overload",
  "FunctionProto.metadata_props",
]);

describe("decodeMessage", () => {
  it("reads every field as onnx-proto writes it", () => {
    let compared = 0;
    for (const message of MESSAGE_NAMES) {
      for (const field of fieldsOf(message).values()) {
        const codec = codecOf(message);
        if (codec === undefined || NEWER.has(`${message}.${field.name}`)) continue;
        const { given, read } = sampleOf(field);
        const bytes = plainBytes(codec.encode({ [field.key]: field.isRepeated ? [given, given] : given }).finish());
        const decoded = decodeMessage(bytes, message as "ModelProto") as Record<string, unknown>;
        const found = decoded[field.key];
        compared += 1;
        if (field.isSkipped) expect(decoded, `${message}.${field.name}`).toEqual({});
        else if (field.isRun) expect(found, `${message}.${field.name}`).toMatchObject({ length: 2 });
        else expect(found, `${message}.${field.name}`).toEqual(field.isRepeated ? [read, read] : read);
      }
    }
    expect(compared).toBeGreaterThan(90);
  });

  it("reads 64-bit integers exactly, with sign", () => {
    // i of an AttributeProto, field 3: the largest and the smallest int64.
    const largest = Uint8Array.of(0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f);
    const smallest = Uint8Array.of(0x18, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01);
    expect(decodeMessage(largest, "AttributeProto")).toEqual({ i: 2n ** 63n - 1n });
    expect(decodeMessage(smallest, "AttributeProto")).toEqual({ i: -(2n ** 63n) });
  });

  it("reads packed and unpacked repeated fields alike, also mixed", () => {
    const packed = Uint8Array.of(0x0a, 2, 3, 4);
    const unpacked = Uint8Array.of(0x08, 3, 0x08, 4);
    expect(decodeMessage(packed, "TensorProto")).toEqual({ dims: [3n, 4n] });
    expect(decodeMessage(unpacked, "TensorProto")).toEqual({ dims: [3n, 4n] });
    const runs = Uint8Array.of(0x28, 1, 0x28, 0xac, 2, 0x2a, 1, 7, 0x28, 9);
    const { int32Data } = decodeMessage(runs, "TensorProto");
    const values: number[] = [];
    int32Data?.forEachVarint((low) => values.push(low));
    expect(values).toEqual([1, 300, 7, 9]);
  });

  it("merges a message that is written in parts, and lets the last scalar count", () => {
    const part = (graph: object): Uint8Array => onnx.ModelProto.encode({ graph, producerName: "p" }).finish();
    const one = part({ name: "first", node: [{ opType: "A" }] });
    const two = part({ name: "second", node: [{ opType: "B" }] });
    expect(decodeMessage(Uint8Array.of(...one, ...two), "ModelProto").graph).toEqual({
      name: "second",
      node: [{ opType: "A" }, { opType: "B" }],
    });
  });

  it("keeps bytes and runs as views of the file", () => {
    const bytes = onnx.TensorProto.encode({ rawData: new Uint8Array(8), floatData: [1, 2] }).finish();
    const { rawData, floatData } = decodeMessage(bytes, "TensorProto");
    expect(rawData?.buffer).toBe(bytes.buffer);
    expect(floatData?.bytes.buffer).toBe(bytes.buffer);
    expect(floatData?.length).toBe(2);
  });
});
