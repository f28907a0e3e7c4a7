import { describe, expect, it } from "vitest";
import { checkModel } from "./check-model.ts";
import { onnx, plainBytes } from "./decode.ts";

type Model = Parameters<typeof onnx.ModelProto.encode>[0];
type Graph = NonNullable<Model["graph"]>;
type Node = NonNullable<Graph["node"]>[number];

const F32 = { tensorType: { elemType: 1, shape: { dim: [{ dimParam: "n" }] } } };
const encode = (model: Model): Uint8Array => plainBytes(onnx.ModelProto.encode(model).finish());

/** A model x -> y with these nodes, and whatever else is given. */
function model(nodes: Node[], graph: Partial<Graph> = {}, rest: Partial<Model> = {}): Uint8Array {
  return encode({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 17 }],
    graph: {
      name: "g",
      node: nodes,
      input: [{ name: "x", type: F32 }],
      output: [{ name: "y", type: F32 }],
      ...graph,
    },
    ...rest,
  });
}

const relu = (from: string, to: string, name = `${from}-${to}`): Node => ({
  name,
  opType: "Relu",
  input: [from],
  output: [to],
});

/** Codes with their place, and the exit code. */
function check(bytes: Uint8Array): { exit: number; found: string[]; text: string } {
  const { findings, exitCode } = checkModel(bytes);
  const found = findings.map(
    ({ code, at }) => `${code} ${"node" in at ? at.node : "id" in at ? at.id : "name" in at ? at.name : ""}`,
  );
  return { exit: exitCode, found, text: findings.map(({ message }) => message).join("\n") };
}

describe("checkModel", () => {
  it("accepts a sound model", () => {
    expect(check(model([relu("x", "y")]))).toMatchObject({ exit: 0, found: [] });
  });

  it.each([
    ["a gzip archive", Uint8Array.of(0x1f, 0x8b, 8, 0)],
    ["a zip archive", Uint8Array.of(0x50, 0x4b, 3, 4)],
    ["an HTML or XML page", new TextEncoder().encode("<!doctype html>")],
    ["a Git LFS pointer", new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")],
    ["a JSON file", new TextEncoder().encode('{"a": 1}')],
    ["a text file", new TextEncoder().encode("hello\n")],
    ["an empty file", new Uint8Array(0)],
    ["an onnxruntime .ort flatbuffer", Uint8Array.of(0, 0, 0, 0, 0x4f, 0x52, 0x54, 0x4d)],
    ["a GGUF file", new TextEncoder().encode("GGUF\u0003\u0000")],
  ])("names %s", (what, bytes) => {
    const { exit, found, text } = check(bytes);
    expect(exit).toBe(5);
    expect(found).toEqual(["ONX-001 MODEL"]);
    expect(text).toContain(what);
  });

  it("reports a cut file and a file without a graph", () => {
    const whole = model([relu("x", "y")]);
    expect(check(whole.subarray(0, whole.length - 3))).toMatchObject({ exit: 5, found: ["ONX-002 MODEL"] });
    expect(check(encode({ irVersion: 8 }))).toMatchObject({ exit: 5, found: ["ONX-003 MODEL"] });
  });

  it("lists every unsupported node by operator, with exit 4", () => {
    const strange = (name: string, to: string): Node => ({
      name,
      domain: "com.example",
      opType: "Frobnicate",
      input: ["x"],
      output: [to],
    });
    const bytes = model(
      [strange("/a/F", "a"), strange("/b/F", "b"), relu("a", "y")],
      {},
      {
        opsetImport: [
          { domain: "", version: 17 },
          { domain: "com.example", version: 1 },
        ],
      },
    );
    const { findings, exitCode } = checkModel(bytes);
    expect(exitCode).toBe(4);
    expect(findings.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'ONX-101 Cannot compile operator "com.example::Frobnicate" of opset 1: 2 nodes use it',
    ]);
    expect(findings[0]?.notes.map(({ at }) => at)).toEqual([
      { kind: "onnx", node: "/a/F" },
      { kind: "onnx", node: "/b/F" },
    ]);
  });

  it("reports all problems of a graph at once", () => {
    const bytes = model([
      relu("nowhere", "a", "reads"),
      relu("x", "a", "again"),
      { name: "nothing", opType: "Relu", input: ["x"], output: [] },
      { name: "kindless", input: ["x"], output: ["k"] },
      {
        name: "twice",
        opType: "Relu",
        input: ["x"],
        output: ["y"],
        attribute: [
          { name: "q", type: 1, f: 1 },
          { name: "q", type: 2, f: 1 },
        ],
      },
    ]);
    expect(check(bytes)).toMatchObject({
      exit: 5,
      found: [
        "ONX-006 again",
        "ONX-005 kindless",
        "ONX-005 nothing",
        "ONX-007 reads",
        "ONX-010 twice",
        "ONX-010 twice",
      ],
    });
  });

  it("warns of unsorted nodes and names the nodes of a circle", () => {
    expect(check(model([relu("a", "y"), relu("x", "a")]))).toMatchObject({ exit: 0, found: ["ONX-201 a-y"] });
    const circle = check(
      model([relu("x", "y"), relu("c", "a", "one"), relu("a", "b", "two"), relu("b", "c", "three")]),
    );
    expect(circle).toMatchObject({ exit: 5, found: ["ONX-008 one"] });
    expect(circle.text).toContain('"one", "two", "three"');
  });

  it("checks initialisers, inputs and outputs", () => {
    const bytes = model([relu("x", "z")], {
      initializer: [
        { name: "short", dataType: 1, dims: [2], rawData: new Uint8Array(4) },
        { name: "strange", dataType: 99, dims: [1] },
        { name: "far", dataType: 1, dims: [1], dataLocation: 1, externalData: [{ key: "location", value: "../w" }] },
      ],
      sparseInitializer: [{ values: { name: "sparse", dataType: 1, dims: [0] } }],
      input: [
        { name: "x", type: F32 },
        { name: "x", type: F32 },
        { name: "untyped" },
        { name: "list", type: { mapType: { keyType: 7, valueType: F32 } } },
      ],
    });
    expect(check(bytes).found).toEqual([
      'ONX-011 initialiser "far"',
      'ONX-009 initialiser "short"',
      'ONX-009 initialiser "sparse"',
      'ONX-102 initialiser "strange"',
      'ONX-103 input "list"',
      'ONX-012 input "untyped"',
      'ONX-012 input "x"',
      'ONX-007 output "y"',
    ]);
  });

  it("checks opsets and versions", () => {
    expect(check(model([relu("x", "y")], {}, { opsetImport: [] }))).toMatchObject({ exit: 5, found: ["ONX-004 x-y"] });
    const early: Node = { name: "gelu", opType: "Gelu", input: ["x"], output: ["y"] };
    expect(check(model([early]))).toMatchObject({ exit: 0, found: ["ONX-203 gelu"] });
    expect(check(model([relu("x", "y")], {}, { irVersion: 99 }))).toMatchObject({ exit: 0, found: ["ONX-202 MODEL"] });
  });

  it("stops at its depth budget", () => {
    let graph: Graph = { name: "leaf", output: [{ name: "x" }] };
    for (let i = 0; i < 60; i++) {
      graph = {
        name: "g",
        node: [{ opType: "If", output: ["y"], attribute: [{ name: "then_branch", type: 5, g: graph }] }],
      };
    }
    expect(check(encode({ irVersion: 8, graph }))).toMatchObject({ exit: 4, found: ["ONX-105 MODEL"] });
  });

  it("looks into nested graphs, which see the names around them", () => {
    const branch = (from: string): Graph => ({
      name: "b",
      node: [relu(from, "y", `inner-${from}`)],
      output: [{ name: "y" }],
    });
    const choose = (from: string): Node => ({
      name: "if",
      opType: "If",
      input: ["c"],
      output: ["y"],
      attribute: [
        { name: "then_branch", type: 5, g: branch(from) },
        { name: "else_branch", type: 5, g: branch("x") },
      ],
    });
    const input = [
      { name: "x", type: F32 },
      { name: "c", type: { tensorType: { elemType: 9, shape: { dim: [] } } } },
    ];
    expect(check(model([choose("x")], { input }))).toMatchObject({ exit: 0, found: [] });
    expect(check(model([choose("lost")], { input }))).toMatchObject({ exit: 5, found: ["ONX-007 inner-lost"] });
  });
});
