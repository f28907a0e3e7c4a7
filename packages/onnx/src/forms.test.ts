// Every form in which a file may hold data, types and names: one small model each, evaluated or refused.
import { DiagnosticSink, printDiagnostic } from "@waferc/base";
import { valueOf, verifyGraph, type Graph } from "@waferc/ir/graph";
import { bytesOf, tensorOf, toValues, type DType, type Tensor } from "@waferc/numerics";
import { evaluateGraph, onnxOfDType } from "@waferc/ops";
import { describe, expect, it } from "vitest";
import { checkModel } from "./check-model.ts";
import { importModel } from "./import-model.ts";
import type { TensorProto } from "./proto.ts";
import {
  attribute,
  modelBytes,
  node,
  tensorType,
  type Draft,
  type GraphDraft,
  type ModelDraft,
} from "./testing/index.ts";

function imported(graph: GraphDraft, rest: ModelDraft = {}): { graph: Graph; codes: string[] } {
  const diag = new DiagnosticSink();
  const result = importModel(modelBytes(graph, rest), diag);
  expect(verifyGraph(result)).toEqual([]);
  return { graph: result, codes: diag.diagnostics.map(({ code }) => code) };
}

function check(graph: GraphDraft, rest: ModelDraft = {}): { codes: string[]; exit: number; text: string } {
  const { findings, exitCode } = checkModel(modelBytes(graph, rest));
  return {
    codes: findings.map(({ code }) => code),
    exit: exitCode,
    text: findings.map(printDiagnostic).join("\n"),
  };
}

const evaluate = (graph: Graph, x: number[] = []): Record<string, unknown> => {
  const inputs = new Map(graph.inputs.map((id) => [valueOf(graph, id).name, tensorOf("f32", [x.length], x)]));
  const outputs = [...evaluateGraph(graph, inputs)] as [string, Tensor][];
  return Object.fromEntries(outputs.map(([name, tensor]) => [name, toValues(tensor)]));
};

/** Data of a constant that is the only output. */
const constant = (tensor: Draft<TensorProto>): Tensor => {
  const { graph } = imported({ initializer: [{ name: "y", ...tensor }] });
  const source = graph.constants.get(graph.outputs[0]?.value ?? (-1 as never));
  if (source === undefined) throw new Error("the output must be a constant");
  return source.read();
};

describe("tensor data", () => {
  // dtype, typed field, its entries, and the little-endian bytes that they mean.
  it.each<[DType, keyof TensorProto, (number | bigint)[], number[]]>([
    ["f32", "floatData", [1.5, -0], [0, 0, 0xc0, 0x3f, 0, 0, 0, 0x80]],
    ["f64", "doubleData", [1], [0, 0, 0, 0, 0, 0, 0xf0, 0x3f]],
    ["c64", "floatData", [1, 2], [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]],
    ["c128", "doubleData", [0, 1], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]],
    ["i64", "int64Data", [-2n, 2n ** 62n], [254, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 64]],
    ["u64", "uint64Data", [2n ** 64n - 1n], [255, 255, 255, 255, 255, 255, 255, 255]],
    ["u32", "uint64Data", [2 ** 32 - 1], [255, 255, 255, 255]],
    ["i32", "int32Data", [-1, 7], [255, 255, 255, 255, 7, 0, 0, 0]],
    ["i16", "int32Data", [-2], [254, 255]],
    ["u16", "int32Data", [65535], [255, 255]],
    ["i8", "int32Data", [-128, 127], [128, 127]],
    ["u8", "int32Data", [255], [255]],
    ["bool", "int32Data", [1, 0], [1, 0]],
    ["f16", "int32Data", [0x3e00], [0, 0x3e]],
    ["bf16", "int32Data", [0x4040], [0x40, 0x40]],
    ["f8e4m3fn", "int32Data", [0x7f], [0x7f]],
    ["f8e4m3fnuz", "int32Data", [0x80], [0x80]],
    ["f8e5m2", "int32Data", [0x3c], [0x3c]],
    ["f8e5m2fnuz", "int32Data", [1], [1]],
    ["f8e8m0", "int32Data", [127], [127]],
    ["u4", "int32Data", [0x21, 0x03], [0x21, 0x03]],
    ["i4", "int32Data", [0xf1, 0x02], [0xf1, 0x02]],
    ["f4e2m1", "int32Data", [0x21, 0x03], [0x21, 0x03]],
    ["u2", "int32Data", [0b11100100], [0b11100100]],
    ["i2", "int32Data", [0b11100100], [0b11100100]],
  ])("reads %s from %s, from raw data, and unpacked", (dtype, field, entries, bytes) => {
    const packedCount = { u4: 3, i4: 3, f4e2m1: 3, u2: 4, i2: 4 }[dtype as "u4"];
    const complexCount = dtype.startsWith("c") ? 1 : undefined;
    const dims = [packedCount ?? complexCount ?? entries.length];
    const dataType = onnxOfDType(dtype);
    const typed = constant({ dataType, dims, [field]: entries });
    expect(typed.dtype).toBe(dtype);
    expect([...bytesOf(typed)]).toEqual(bytes);
    expect([...bytesOf(constant({ dataType, dims, rawData: Uint8Array.from(bytes) }))]).toEqual(bytes);
    const wrong = field === "floatData" ? "int64Data" : "floatData";
    expect(check({ initializer: [{ name: "y", dataType, dims, [wrong]: [1] }] }).codes).toContain("ONX-009");
  });

  it("reads scalars, empty tensors and strings, also those that are not UTF-8", () => {
    expect(toValues(constant({ dataType: 1, dims: [], floatData: [3] }))).toEqual([3]);
    expect(constant({ dataType: 1, dims: [0, 4] }).shape).toEqual([0, 4]);
    const bytes = [new TextEncoder().encode("käse"), Uint8Array.of(0xff, 0x61), new Uint8Array(0)];
    expect(toValues(constant({ dataType: 8, dims: [3], stringData: bytes }))).toEqual(["käse", "\ufffda", ""]);
    expect(check({ initializer: [{ name: "y", dataType: 8, dims: [2], stringData: bytes }] }).codes).toEqual([
      "ONX-009",
    ]);
    expect(check({ initializer: [{ name: "y", dataType: 8, dims: [1], rawData: Uint8Array.of(97) }] }).codes).toEqual([
      "ONX-009",
    ]);
  });

  it("refuses data that do not fit, before anything is allocated", () => {
    const codes = (tensor: Draft<TensorProto>): string[] => check({ initializer: [{ name: "y", ...tensor }] }).codes;
    expect(codes({ dataType: 1, dims: [2 ** 40, 2 ** 40] })).toEqual(["ONX-009"]);
    expect(codes({ dataType: 1, dims: [2n ** 62n, 8] })).toEqual(["ONX-009"]);
    expect(codes({ dataType: 1, dims: [2 ** 31] })).toEqual(["ONX-009"]);
    expect(codes({ dataType: 1, dims: [-1], floatData: [1] })).toEqual(["ONX-009"]);
    expect(codes({ dataType: 1, dims: [1], floatData: [1], rawData: new Uint8Array(4) })).toEqual(["ONX-009"]);
    expect(codes({ dataType: 1, dims: [1], rawData: new Uint8Array(5) })).toEqual(["ONX-009"]);
    expect(codes({ dataType: 0, dims: [1], rawData: new Uint8Array(4) })).toEqual(["ONX-102"]);
    expect(codes({ dataType: 27, dims: [1], rawData: new Uint8Array(4) })).toEqual(["ONX-102"]);
    expect(codes({ dataType: 1, dims: [1], segment: { begin: 0 } as object, floatData: [1] })).toEqual(["ONX-009"]);
  });
});

describe("sparse tensors", () => {
  const sparse = (dims: number[], at: number[], indexDims: number[], values = [5, 7]) => ({
    values: { name: "y", dataType: 1, dims: [values.length], floatData: values },
    indices: { dataType: 7, dims: indexDims, int64Data: at },
    dims,
  });

  it("become dense, from linear and from coordinate indices", () => {
    const linear = imported({ sparseInitializer: [sparse([2, 3], [1, 5], [2])] });
    expect(evaluate(linear.graph)).toEqual({ y: [0, 5, 0, 0, 0, 7] });
    const coordinates = imported({ sparseInitializer: [sparse([2, 3], [0, 2, 1, 0], [2, 2])] });
    expect(evaluate(coordinates.graph)).toEqual({ y: [0, 0, 5, 7, 0, 0] });
  });

  it("may be the value of a Constant, of any type, also packed ones and strings", () => {
    const value = (sparseTensor: object): GraphDraft => ({
      node: [node("Constant", [], ["y"], [{ name: "sparse_value", type: 11, sparseTensor }])],
    });
    expect(evaluate(imported(value(sparse([4], [1, 3], [2]))).graph)).toEqual({ y: [0, 5, 0, 7] });
    const indices = { dataType: 7, dims: [2], int64Data: [1, 4] };
    const packed = { values: { dataType: 21, dims: [2], int32Data: [0x97] }, indices, dims: [5] };
    const source = imported(value(packed)).graph.constants.values().next().value;
    expect([...bytesOf(source!.read())]).toEqual([0x70, 0, 0x09]);
    const stringData = ["a", "b"].map((text) => new TextEncoder().encode(text));
    const strings = { values: { dataType: 8, dims: [2], stringData }, indices, dims: [5] };
    expect(evaluate(imported(value(strings)).graph)).toEqual({ y: ["", "a", "", "", "b"] });
  });

  it.each<[string, ReturnType<typeof sparse>, string]>([
    ["an index beyond the end", sparse([2, 3], [1, 6], [2]), "index 6 on an axis of 6"],
    ["a negative index", sparse([2, 3], [-1, 5], [2]), "index -1"],
    ["a coordinate beyond its axis", sparse([2, 3], [0, 3, 1, 0], [2, 2]), "index 3 on an axis of 3"],
    ["unsorted indices", sparse([6], [5, 1], [2]), "not ascending, at value 1"],
    ["one index twice", sparse([6], [1, 1], [2]), "not ascending"],
    ["too few indices", sparse([6], [1], [1]), "needs i64[2] or i64[2,1]"],
    ["indices of another rank", sparse([6], [1, 2], [1, 2]), "needs i64[2] or i64[2,1]"],
    ["no dims", sparse([], [0], [1], [5]), "must all be positive"],
    ["an empty axis", sparse([2, 0], [0, 1], [2]), "must all be positive"],
  ])("refuse %s", (_, sparseInitializer, text) => {
    const found = check({ sparseInitializer: [sparseInitializer] });
    expect(found).toMatchObject({ codes: ["ONX-009"], exit: 5 });
    expect(found.text).toContain(text);
  });

  it("have a budget for what they become", () => {
    expect(check({ sparseInitializer: [sparse([2 ** 20, 2 ** 20], [1, 5], [2])] })).toMatchObject({
      codes: ["ONX-105"],
      exit: 4,
    });
  });
});

describe("attributes", () => {
  it("refuse what is not one value of the stated type, and lists of sparse tensors", () => {
    const codes = (attr: object): string[] => check({ node: [node("Elu", ["x"], ["y"], [attr])] }).codes;
    expect(codes({ name: "alpha", type: 1, f: 2 })).toEqual([]);
    expect(codes({ name: "alpha", f: 2 })).toEqual([]);
    expect(codes({ name: "alpha", type: 1 })).toEqual(["ONX-010"]);
    expect(codes({ name: "alpha", type: 1, f: 2, i: 3 })).toEqual(["ONX-010"]);
    expect(codes({ name: "alpha", type: 2, i: 3 })).toEqual(["ONX-015"]);
    expect(codes({ name: "alpha", type: 99, i: 3 })).toEqual(["ONX-010"]);
    expect(codes({ type: 1, f: 2 })).toEqual(["ONX-010"]);
    expect(codes({ name: "extra", type: 12, sparseTensors: [] })).toEqual(["ONX-104"]);
  });

  it("are held against the operator: arity, required ones, words", () => {
    const codes = (...nodes: Parameters<typeof node>): string[] => check({ node: [node(...nodes)] }).codes;
    expect(codes("Add", ["x"], ["y"])).toEqual(["ONX-015"]);
    expect(codes("Add", ["", "x"], ["y"])).toEqual([]);
    expect(codes("Relu", ["x", "x"], ["y"])).toEqual(["ONX-106"]);
    expect(codes("Relu", ["x", "", ""], ["y"])).toEqual([]);
    expect(codes("Relu", ["x"], ["y", "z"])).toEqual(["ONX-106"]);
    expect(codes("Cast", ["x"], ["y"])).toEqual(["ONX-015"]);
    expect(codes("Cast", ["x"], ["y"], [attribute.int("to", 15)])).toEqual(["ONX-015"]);
    expect(codes("Upsample", [], ["y"])).toContain("ONX-015");
  });
});

describe("names, scopes and types", () => {
  it("outputs may be inputs, initialisers, and one value twice", () => {
    const { graph, codes } = imported({
      node: [node("Relu", ["x"], ["y"])],
      initializer: [{ name: "w", dataType: 1, dims: [1], floatData: [9] }],
      output: ["x", "w", "y", "y"].map((name) => ({ name })),
    });
    expect(evaluate(graph, [-1])).toEqual({ x: [-1], w: [9], y: [0], y_2: [0] });
    expect(codes).toEqual(["ONX-207"]);
  });

  it("names may be empty, repeated among nodes, and the same in sibling graphs", () => {
    const branch = (op: string): GraphDraft => ({
      node: [node(op, ["x"], ["r"], [], { name: "same" })],
      output: [{ name: "r" }],
    });
    const { graph, codes } = imported({
      initializer: [{ name: "c", dataType: 9, dims: [], int32Data: [0] }],
      node: [
        node(
          "If",
          ["c"],
          ["y"],
          [attribute.graph("then_branch", branch("Relu")), attribute.graph("else_branch", branch("Neg"))],
          {
            name: "",
          },
        ),
      ],
    });
    expect(codes).toEqual([]);
    expect(evaluate(graph, [4])).toEqual({ y: [-4] });
  });

  it("a name may hide an outer one, with a warning", () => {
    const then: GraphDraft = { node: [node("Neg", ["x"], ["h"])], output: [{ name: "h" }] };
    const other: GraphDraft = { output: [{ name: "h" }] };
    const { graph, codes } = imported({
      initializer: [{ name: "c", dataType: 9, dims: [], int32Data: [1] }],
      node: [
        node("Relu", ["x"], ["h"]),
        node("If", ["c"], ["y"], [attribute.graph("then_branch", then), attribute.graph("else_branch", other)]),
      ],
    });
    expect(codes).toEqual(["ONX-204"]);
    expect(evaluate(graph, [4])).toEqual({ y: [-4] });
  });

  it("IR version 3 has its initialisers among the inputs; a file that has not is understood", () => {
    const initializer = [{ name: "w", dataType: 1, dims: [1], floatData: [2] }];
    const body = { node: [node("Mul", ["x", "w"], ["y"])], initializer };
    const both = ["x", "w"].map((name) => ({ name, type: tensorType(1, 1) }));
    expect(check({ ...body, input: both }, { irVersion: 3 }).codes).toEqual([]);
    expect(check(body, { irVersion: 3 }).codes).toEqual(["ONX-208"]);
    const { graph } = imported(body, { irVersion: 3 });
    expect(evaluate(graph, [3])).toEqual({ y: [6] });
  });

  it("formal faults are tolerated: no names, no IR version, metadata twice", () => {
    const metadataProps = ["a", "a", "b"].map((key) => ({ key, value: "v" }));
    const found = check({ name: "", node: [node("Relu", ["x"], ["y"])] }, { irVersion: 0, metadataProps });
    expect(found).toMatchObject({ codes: ["ONX-208", "ONX-208", "ONX-208"], exit: 0 });
  });

  it("a domain may be imported twice, and the default one by its long name; com.microsoft may be missing", () => {
    const nodes = { node: [node("Gelu", ["x"], ["y"], [], { domain: "com.microsoft" })] };
    const twice = [13, 17].map((version) => ({ domain: "", version }));
    expect(check({ node: [node("Relu", ["x"], ["y"])] }, { opsetImport: twice }).codes).toEqual(["ONX-206"]);
    const longName = [{ domain: "ai.onnx", version: 17 }];
    expect(check({ node: [node("Relu", ["x"], ["y"])] }, { opsetImport: longName }).codes).toEqual([]);
    const { graph, codes } = imported(nodes);
    expect(codes).toEqual(["ONX-205"]);
    expect(evaluate(graph, [0])).toEqual({ y: [0] });
  });

  it("operators newer than the import are taken as they must be meant", () => {
    const nodes = { node: [node("Gelu", ["x"], ["y"])] };
    const { graph, codes } = imported(nodes, { opsetImport: [{ domain: "", version: 11 }] });
    expect(codes).toEqual(["ONX-203"]);
    expect(graph.ops[0]?.version).toBe(20);
  });

  it("types: unknown ranks and lengths, symbols, maps, sparse and opaque ones", () => {
    const dims = [{ dimParam: "n" }, { dimParam: "" }, { dimValue: -1 }, { dimValue: 0 }, {}, { dimParam: "a + b" }];
    const { graph } = imported({
      node: [node("Relu", ["x"], ["y"])],
      input: [{ name: "x", type: { tensorType: { elemType: 1, shape: { dim: dims } } } }],
    });
    expect(valueOf(graph, graph.inputs[0]!).shape).toEqual(["n", "?", "?", 0, "?", "a + b"]);
    const withType = (type: object | undefined): string[] =>
      check({ node: [node("Relu", ["x"], ["y"])], input: [{ name: "x", type }] }).codes;
    expect(withType({ tensorType: { elemType: 1 } })).toEqual([]);
    expect(withType(undefined)).toEqual(["ONX-012"]);
    expect(withType({ tensorType: { elemType: 77 } })).toEqual(["ONX-102"]);
    expect(withType({ mapType: { keyType: 7, valueType: tensorType() } })).toEqual(["ONX-103"]);
    expect(withType({ sparseTensorType: { elemType: 1 } })).toEqual(["ONX-103"]);
    expect(withType({ opaqueType: { domain: "d", name: "n" } })).toEqual(["ONX-103"]);
  });

  it("IR versions 1 and 2 have no imports and mean opset 1", () => {
    const { graph } = imported({ node: [node("Relu", ["x"], ["y"])] }, { irVersion: 2, opsetImport: [] });
    expect(graph.opsets.get("")).toBe(1);
    expect(graph.ops[0]?.version).toBe(1);
  });
});
