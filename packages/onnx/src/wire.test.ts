import { Rng } from "@waferc/base";
import { describe, expect, it } from "vitest";
import { decodeMessage } from "./decode-message.ts";
import { onnx, plainBytes } from "./decode.ts";
import { DEFAULT_WIRE_BUDGET, scanWire } from "./wire.ts";

const encode = (model: Parameters<typeof onnx.ModelProto.encode>[0]): Uint8Array =>
  plainBytes(onnx.ModelProto.encode(model).finish());

const SMALL = encode({
  irVersion: 8,
  opsetImport: [{ domain: "", version: 17 }],
  graph: {
    name: "g",
    node: [{ opType: "Add", input: ["a", "b"], output: ["c"], attribute: [{ name: "axes", ints: [1, -1], type: 7 }] }],
    initializer: [{ name: "b", dataType: 1, dims: [2], rawData: new Uint8Array(8) }],
  },
});

/** A GraphProto nested in attributes `depth` times. */
function nested(depth: number): Uint8Array {
  let graph: Parameters<typeof onnx.GraphProto.encode>[0] = { name: "leaf" };
  for (let i = 0; i < depth; i++)
    graph = { node: [{ opType: "If", attribute: [{ name: "then_branch", g: graph, type: 5 }] }] };
  return encode({ graph });
}

describe("scanWire", () => {
  it("accepts what the encoder writes", () => {
    expect(scanWire(SMALL, "ModelProto")).toEqual([]);
    expect(scanWire(new Uint8Array(0), "ModelProto")).toEqual([]);
  });

  it("reports a cut file with place and offset", () => {
    const [problem] = scanWire(SMALL.subarray(0, SMALL.length - 4), "ModelProto");
    expect(problem).toMatchObject({ kind: "broken", path: "ModelProto" });
    expect(problem?.message).toMatch(/opset_import of 4 B ends 4 B after its message/);
  });

  it("reports a field in another wire type than the schema's", () => {
    // Field 1 (ir_version) as length-delimited.
    expect(scanWire(Uint8Array.of(0x0a, 1, 8), "ModelProto")).toMatchObject([
      { message: "ir_version is written as length-delimited, the schema has varint" },
    ]);
    expect(scanWire(Uint8Array.of(0x0b), "ModelProto")[0]?.message).toMatch(/start group/);
    expect(scanWire(Uint8Array.of(0x00), "ModelProto")[0]?.message).toMatch(/field number 0/);
    expect(scanWire(new Uint8Array(11).fill(0x80), "ModelProto")[0]?.message).toMatch(/longer than 10 B/);
  });

  it("goes on after a broken message and reports the next", () => {
    const broken = Uint8Array.of(0x42, 2, 0x10, 0x80); // opset_import with a cut varint
    const twice = Uint8Array.of(...broken, ...broken);
    expect(scanWire(twice, "ModelProto").map((problem) => problem.path)).toEqual([
      "opset_import[0]",
      "opset_import[1]",
    ]);
  });

  it("stops at its depth, and lets ordinary nesting pass", () => {
    expect(scanWire(nested(20), "ModelProto")).toEqual([]);
    expect(scanWire(nested(50), "ModelProto")[0]).toMatchObject({ kind: "over-budget" });
  });

  it("stops at its element budget", () => {
    const ones = new Array<number>(100).fill(1);
    const budget = { ...DEFAULT_WIRE_BUDGET, elements: 50 };
    const packed = onnx.AttributeProto.encode({ name: "a", ints: ones }).finish();
    expect(scanWire(packed, "AttributeProto", budget)[0]).toMatchObject({ kind: "over-budget" });
    expect(scanWire(onnx.TensorProto.encode({ int64Data: ones }).finish(), "TensorProto", budget)).toEqual([]);
  });

  it("lets nothing pass that makes the decoder throw", () => {
    const rng = new Rng(7);
    let passed = 0;
    for (let round = 0; round < 3000; round++) {
      const bytes = SMALL.slice();
      for (let n = 1 + rng.below(3); n > 0; n--) bytes[rng.below(bytes.length)] = rng.below(256);
      if (scanWire(bytes, "ModelProto").length > 0) continue;
      passed += 1;
      expect(() => decodeMessage(bytes, "ModelProto")).not.toThrow();
    }
    expect(passed).toBeGreaterThan(300);
  });
});
