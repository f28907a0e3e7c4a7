import { CompileError } from "@waferc/base";
import { areTensorsIdentical, tensorOf, toValues } from "@waferc/numerics";
import { describe, expect, it } from "vitest";
import { decodeMessage } from "./decode-message.ts";
import { onnx } from "./decode.ts";
import type { ExternalData } from "./external.ts";
import { decodeTensorProto, encodeTensorProto, readTensorProto } from "./tensor-proto.ts";

type Proto = Parameters<typeof onnx.TensorProto.encode>[0];
const valuesOf = (proto: Proto, external?: ExternalData): unknown => {
  const reading = readTensorProto(decodeMessage(onnx.TensorProto.encode(proto).finish(), "TensorProto"), external);
  return reading.fault === undefined ? toValues(reading.source.read()) : reading.fault.message;
};

describe("decodeTensorProto", () => {
  it("reads back what encodeTensorProto writes", () => {
    for (const tensor of [
      tensorOf("f32", [2, 2], [1, -0, Infinity, 0.1]),
      tensorOf("i64", [3], [1n, -1n, 2n ** 62n]),
      tensorOf("bool", [2], [true, false]),
      tensorOf("f16", [], [1.5]),
      tensorOf("bf16", [1], [3]),
      tensorOf("f64", [0, 3], []),
      tensorOf("string", [2], ["a", "é"]),
    ]) {
      const { name, tensor: back } = decodeTensorProto(encodeTensorProto(tensor, "x"));
      expect(name).toBe("x");
      expect(areTensorsIdentical(back, tensor)).toBe(true);
    }
  });

  it("names files of another kind and cut files", () => {
    const read = (bytes: Uint8Array): string => {
      try {
        decodeTensorProto(bytes, "input_0.pb");
      } catch (error) {
        if (error instanceof CompileError) return error.message;
      }
      return "";
    };
    expect(read(new TextEncoder().encode("<!DOCTYPE html><html>"))).toMatch(/ONX-001.*HTML/);
    expect(read(encodeTensorProto(tensorOf("f32", [8], new Array<number>(8).fill(1))).subarray(0, 20))).toMatch(
      /ONX-002/,
    );
    expect(read(onnx.TensorProto.encode({ dataType: 1, dims: [2], rawData: new Uint8Array(4) }).finish())).toMatch(
      /ONX-009.*needs 8 B/,
    );
    expect(read(onnx.TensorProto.encode({ dataType: 77, dims: [1] }).finish())).toMatch(/ONX-102/);
  });
});

describe("readTensorProto", () => {
  it("reads every typed field", () => {
    expect(valuesOf({ dataType: 1, dims: [2], floatData: [1.5, 2] })).toEqual([1.5, 2]);
    expect(valuesOf({ dataType: 11, dims: [1], doubleData: [0.1] })).toEqual([0.1]);
    expect(valuesOf({ dataType: 7, dims: [2], int64Data: [-1, 5] })).toEqual([-1n, 5n]);
    expect(valuesOf({ dataType: 13, dims: [1], uint64Data: [5] })).toEqual([5n]);
    expect(valuesOf({ dataType: 12, dims: [1], uint64Data: [4294967295] })).toEqual([4294967295]);
    expect(valuesOf({ dataType: 3, dims: [2], int32Data: [-1, 127] })).toEqual([-1, 127]);
    expect(valuesOf({ dataType: 9, dims: [2], int32Data: [1, 0] })).toEqual([true, false]);
    expect(valuesOf({ dataType: 10, dims: [1], int32Data: [0x3e00] })).toEqual([1.5]);
    expect(valuesOf({ dataType: 16, dims: [1], int32Data: [0x4040] })).toEqual([3]);
    expect(valuesOf({ dataType: 8, dims: [1], stringData: [new TextEncoder().encode("ab")] })).toEqual(["ab"]);
    expect(valuesOf({ dataType: 1, dims: [], rawData: new Uint8Array(4) })).toEqual([0]);
  });

  it("says what does not fit", () => {
    expect(valuesOf({ dataType: 1, dims: [3], floatData: [1] })).toMatch(/has 1 entries of data, but f32\[3\] needs 3/);
    expect(valuesOf({ dataType: 7, dims: [1], floatData: [1] })).toMatch(/wrong field/);
    expect(valuesOf({ dataType: 1, dims: [1], floatData: [1], rawData: new Uint8Array(4) })).toMatch(
      /more than one field/,
    );
    expect(valuesOf({ dataType: 1, dims: [-1] })).toMatch(/negative/);
    expect(valuesOf({ dataType: 1, dims: [2 ** 40, 2 ** 40] })).toMatch(/no memory holds/);
    expect(valuesOf({ dataType: 8, dims: [1], rawData: new Uint8Array(4) })).toMatch(/string tensor with raw data/);
  });

  it("reads external data inside the folder only", () => {
    const file = new Uint8Array(new Float32Array([1, 2, 3]).buffer);
    const external: ExternalData = {
      byteLengthOf: (location) => (location === "w.bin" ? file.length : undefined),
      read: (_, offset, byteCount) => file.subarray(offset, offset + byteCount),
    };
    const proto = (entries: Record<string, string>): Proto => ({
      dataType: 1,
      dims: [2],
      dataLocation: 1,
      externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
    });
    expect(
      valuesOf(proto({ location: "w.bin", offset: "4", length: "8", checksum: "x", __proto: "y" }), external),
    ).toEqual([2, 3]);
    expect(valuesOf(proto({ location: "w.bin" }))).toMatch(/no reader of files/);
    for (const location of ["../w.bin", "/etc/passwd", "a/../../w.bin", "C:\\w", "a\\b", "*/_ORT_MEM_ADDR_/*", ""]) {
      expect(valuesOf(proto({ location }), external), location).toMatch(/bad external location/);
    }
    expect(valuesOf(proto({ location: "v.bin" }), external)).toMatch(/cannot be read/);
    expect(valuesOf(proto({ location: "w.bin", offset: "8" }), external)).toMatch(
      /needs bytes up to 16 of "w.bin", which has 12 B/,
    );
    expect(valuesOf(proto({ location: "w.bin", offset: "-4" }), external)).toMatch(/not a byte count/);
    expect(valuesOf(proto({ location: "w.bin", length: "99999999999999999999" }), external)).toMatch(
      /not a byte count/,
    );
    expect(valuesOf(proto({ location: "w.bin", length: "4" }), external)).toMatch(/has 4 B of external data/);
  });
});
