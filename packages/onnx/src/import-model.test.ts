import { CompileError, DiagnosticSink } from "@waferc/base";
import { printGraph, verifyGraph, type Graph } from "@waferc/ir/graph";
import { opRules } from "@waferc/ops";
import { describe, expect, it } from "vitest";
import { onnx } from "./decode.ts";
import { importModel } from "./import-model.ts";
import { readModelSummary } from "./model-summary.ts";

type Model = Parameters<typeof onnx.ModelProto.encode>[0];

function imported(model: Model, diag = new DiagnosticSink()): Graph {
  const graph = importModel(onnx.ModelProto.encode(model).finish(), diag);
  expect(verifyGraph(graph, opRules)).toEqual([]);
  return graph;
}

const dims = (...names: (string | number)[]) => ({
  dim: names.map((name) => (typeof name === "string" ? { dimParam: name } : { dimValue: name })),
});
const tensor = (elemType: number, ...names: (string | number)[]) => ({
  tensorType: { elemType, shape: dims(...names) },
});
const constant = (
  output: string,
  attribute: NonNullable<NonNullable<Model["graph"]>["node"]>[number]["attribute"],
) => ({
  opType: "Constant",
  output: [output],
  attribute: attribute ?? [],
});

describe("importModel", () => {
  it("keeps names, versions, declared types, holes and locations", () => {
    const graph = imported({
      irVersion: 8,
      opsetImport: [{ domain: "ai.onnx", version: 17 }],
      graph: {
        name: "main",
        input: [{ name: "x", type: tensor(1, "n", 4) }],
        output: [{ name: "y", type: tensor(1, "n", 4) }],
        initializer: [{ name: "max", dataType: 1, dims: [], rawData: new Uint8Array(new Float32Array([6]).buffer) }],
        valueInfo: [{ name: "h", type: tensor(1, "n", 4) }],
        node: [
          { name: "/add", opType: "Add", input: ["x", "x"], output: ["h"] },
          { opType: "Clip", input: ["h", "", "max"], output: ["y"] },
        ],
      },
    });
    expect(printGraph(graph)).toBe(
      [
        "dfir 1 graph @main",
        "  opset ai.onnx 17",
        "  input %x : f32[n,4]",
        "  const %max : f32[] = [6.0]",
        '  %2 = Add@14 %x, %x : f32[n,4] as "h" loc("/add")',
        '  %3 = Clip@13 %2, _, %max : f32[n,4] as "y" loc("#1 Clip")',
        '  output %3 as "y"',
        "",
      ].join("\n"),
    );
  });

  it("reads Constant nodes in every form, and attributes of every type", () => {
    const graph = imported({
      irVersion: 8,
      opsetImport: [{ version: 13 }],
      graph: {
        name: "g",
        output: [{ name: "a" }, { name: "b" }, { name: "c" }, { name: "d" }, { name: "e" }],
        node: [
          constant("a", [{ name: "value", type: 4, t: { dataType: 7, dims: [2], int64Data: [1, -2] } }]),
          constant("b", [{ name: "value_int", type: 2, i: 5 }]),
          constant("c", [{ name: "value_floats", type: 6, floats: [0.5, 1] }]),
          constant("d", [{ name: "value_float", type: 1, f: 0.25 }]),
          constant("e", [{ name: "value_ints", type: 7, ints: [3] }]),
        ],
      },
    });
    expect(graph.ops).toEqual([]);
    expect(printGraph(graph)).toContain("const %a : i64[2] = [1, -2]");
    expect(printGraph(graph)).toContain("const %b : i64[] = [5]");
    expect(printGraph(graph)).toContain("const %c : f32[2] = [0.5, 1.0]");
    expect(printGraph(graph)).toContain("const %d : f32[] = [0.25]");
    expect(printGraph(graph)).toContain("const %e : i64[1] = [3]");
  });

  it("treats an initialiser that is also an input as a constant, and sorts nodes", () => {
    const graph = imported({
      irVersion: 3,
      opsetImport: [{ version: 13 }],
      graph: {
        name: "g",
        input: [
          { name: "x", type: tensor(1, 1) },
          { name: "w", type: tensor(1, 1) },
        ],
        output: [{ name: "y" }],
        initializer: [{ name: "w", dataType: 1, dims: [1], floatData: [2] }],
        node: [
          { name: "second", opType: "Relu", input: ["h"], output: ["y"] },
          { name: "first", opType: "Mul", input: ["x", "w"], output: ["h"] },
        ],
      },
    });
    expect(graph.inputs).toHaveLength(1);
    expect(graph.ops.map((op) => op.loc[0])).toEqual(["first", "second"]);
  });

  it("turns nested graphs into blocks that see outer values", () => {
    const branch = (kind: string) => ({
      name: kind,
      node: [{ opType: kind, input: ["x"], output: ["y"] }],
      output: [{ name: "y", type: tensor(1, 2) }],
    });
    const graph = imported({
      irVersion: 9,
      opsetImport: [{ version: 16 }],
      graph: {
        name: "g",
        input: [
          { name: "x", type: tensor(1, 2) },
          { name: "c", type: tensor(9) },
        ],
        output: [{ name: "y" }],
        node: [
          {
            opType: "If",
            input: ["c"],
            output: ["y"],
            attribute: [
              { name: "then_branch", type: 5, g: branch("Relu") },
              { name: "else_branch", type: 5, g: branch("Neg") },
            ],
          },
        ],
      },
    });
    const blocks = [...(graph.ops[0]?.attrs.values() ?? [])].flatMap((attr) =>
      attr.type === "block" ? [attr.value] : [],
    );
    expect(blocks.map((block) => block.ops[0]?.kind)).toEqual(["Relu", "Neg"]);
    expect(blocks.every((block) => block.ops[0]?.operands[0] === graph.inputs[0])).toBe(true);
  });

  it("refuses a broken model with every error", () => {
    const diag = new DiagnosticSink();
    const broken = (): Graph =>
      imported(
        { irVersion: 8, opsetImport: [{ version: 17 }], graph: { name: "g", output: [{ name: "y" }, { name: "z" }] } },
        diag,
      );
    expect(broken).toThrow(CompileError);
    expect(diag.diagnostics.map(({ code }) => code)).toEqual(["ONX-007", "ONX-007"]);
  });
});

describe("readModelSummary", () => {
  it("reads producer, opsets and metadata", () => {
    const bytes = onnx.ModelProto.encode({
      irVersion: 8,
      producerName: "pytorch",
      producerVersion: "2",
      opsetImport: [{ version: 17 }, { domain: "com.microsoft", version: 1 }],
      metadataProps: [{ key: "a", value: "b" }],
      graph: { node: [{ opType: "Relu" }] },
    });
    expect(readModelSummary(bytes.finish())).toMatchObject({
      irVersion: 8,
      producer: "pytorch 2",
      opsets: new Map([
        ["", 17],
        ["com.microsoft", 1],
      ]),
      metadata: new Map([["a", "b"]]),
      nodes: 1,
    });
  });
});
