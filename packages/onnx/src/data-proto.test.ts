// Files are made with a few bytes of protobuf by hand: length-delimited fields around tensors.
import { CompileError } from "@waferc/base";
import { tensorOf, toValues } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { isOptional, isSequence, isTensor } from "@waferc/ops";
import { describe, expect, it } from "vitest";
import { decodeDataProto } from "./data-proto.ts";
import { encodeTensorProto } from "./tensor-proto.ts";
import { readValueType } from "./value-type.ts";

/** A length-delimited field; for messages below 128 bytes. */
const field = (id: number, bytes: Uint8Array): number[] => [(id << 3) | 2, bytes.length, ...bytes];
const message = (...fields: readonly (readonly number[])[]): Uint8Array => Uint8Array.from(fields.flat());

const TENSOR_VALUES = 3; // SequenceProto.tensor_values
const SEQUENCE_VALUES = 5; // SequenceProto.sequence_values
const TENSOR_VALUE = 3; // OptionalProto.tensor_value
const SEQUENCE_VALUE = 5; // OptionalProto.sequence_value

const pair = encodeTensorProto(tensorOf("f32", [2], [1, 2]));
const one = encodeTensorProto(tensorOf("f32", [], [3]));
const sequence = message(field(TENSOR_VALUES, pair), field(TENSOR_VALUES, one));

const SEQUENCE = { dtype: "f32", wrappers: ["sequence"] } as const;
const OPTIONAL = { dtype: "f32", wrappers: ["optional"] } as const;
const OPTIONAL_SEQUENCE = { dtype: "f32", wrappers: ["optional", "sequence"] } as const;

describe("decodeDataProto", () => {
  it("reads what the type says", () => {
    const tensor = decodeDataProto(pair, { dtype: "f32" }).data;
    expect(isTensor(tensor) && toValues(tensor)).toEqual([1, 2]);
    const list = decodeDataProto(sequence, SEQUENCE).data;
    expect(isSequence(list) && list.elements.map(toValues)).toEqual([[1, 2], [3]]);
  });

  it("gives an empty sequence the dtype of its type", () => {
    expect(decodeDataProto(message(), SEQUENCE).data).toMatchObject({ kind: "sequence", dtype: "f32", elements: [] });
  });

  it("reads optionals with and without an element", () => {
    const some = decodeDataProto(message(field(TENSOR_VALUE, one)), OPTIONAL).data;
    expect(isOptional(some) && toValues(some.element as Tensor)).toEqual([3]);
    const list = decodeDataProto(message(field(SEQUENCE_VALUE, sequence)), OPTIONAL_SEQUENCE).data;
    expect(list).toMatchObject({ kind: "optional", element: { kind: "sequence", elements: [{}, {}] } });
    expect(decodeDataProto(message(), OPTIONAL).data).toEqual({ kind: "optional", element: undefined });
  });

  it("refuses what is no sequence of tensors of one dtype", () => {
    const nested = message(field(SEQUENCE_VALUES, sequence));
    expect(() => decodeDataProto(nested, SEQUENCE)).toThrow(CompileError);
    const mixed = message(field(TENSOR_VALUES, one), field(TENSOR_VALUES, encodeTensorProto(tensorOf("u8", [], [1]))));
    expect(() => decodeDataProto(mixed, SEQUENCE, "input_0.pb")).toThrow(
      "input_0.pb: it is a sequence of both f32 and u8",
    );
    expect(() => decodeDataProto(sequence.slice(0, -2), SEQUENCE)).toThrow(/ONX-002/);
  });
});

describe("readValueType", () => {
  const tensorType = { elemType: 1, shape: { dim: [{ dimParam: "n" }, {}] } };

  it("reads wrappers from the outside in", () => {
    const tensor = { dtype: "f32", shape: ["n", "?"] };
    expect(readValueType({ tensorType })).toEqual({ type: tensor });
    const inSequence = { sequenceType: { elemType: { tensorType } } };
    expect(readValueType(inSequence)).toEqual({ type: { ...tensor, wrappers: ["sequence"] } });
    const inBoth = { optionalType: { elemType: inSequence } };
    expect(readValueType(inBoth)).toEqual({ type: { ...tensor, wrappers: ["optional", "sequence"] } });
  });

  it("says what it cannot take, and where", () => {
    const inSequence = { sequenceType: { elemType: { tensorType } } };
    const twice = readValueType({ sequenceType: { elemType: inSequence } });
    expect(twice.fault?.message).toBe("is a sequence whose element is a sequence, not a tensor");
    const untyped = readValueType({ optionalType: {} });
    expect(untyped.fault).toEqual({ kind: "missing", message: "is an optional whose element has no type" });
    const odd = readValueType({ sequenceType: { elemType: { tensorType: { elemType: 77 } } } });
    expect(odd.fault?.kind).toBe("dtype");
  });
});
