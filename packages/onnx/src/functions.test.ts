import { CompileError, DiagnosticSink, printDiagnostic } from "@waferc/base";
import { printGraph, verifyGraph, type Graph } from "@waferc/ir/graph";
import { tensorOf, toValues } from "@waferc/numerics";
import { evaluateGraph, opRules } from "@waferc/ops";
import { describe, expect, it } from "vitest";
import { checkModel } from "./check-model.ts";
import { MAX_INLINED_NODES } from "./functions.ts";
import { importModel } from "./import-model.ts";
import {
  attribute,
  modelBytes,
  node,
  tensorType,
  type FunctionDraft,
  type GraphDraft,
  type ModelDraft,
  type NodeDraft,
} from "./testing/index.ts";

const OPSETS = [
  { domain: "", version: 17 },
  { domain: "d", version: 1 },
];

const withFunctions = (nodes: NodeDraft[], functions: FunctionDraft[], graph: GraphDraft = {}): ModelDraft => ({
  opsetImport: OPSETS,
  functions,
  graph: {
    name: "g",
    node: nodes,
    input: [{ name: "x", type: tensorType(1, "n") }],
    output: [{ name: "y" }],
    ...graph,
  },
});

const bytesOf = (model: ModelDraft): Uint8Array => modelBytes({}, model);
const call = (name: string, from: string, to: string, rest: NodeDraft = {}): NodeDraft =>
  node(name, [from], [to], [], { name: `/${name}`, domain: "d", ...rest });
const define = (name: string, nodes: NodeDraft[], rest: FunctionDraft = {}): FunctionDraft => ({
  name,
  domain: "d",
  input: ["a"],
  output: ["b"],
  node: nodes,
  opsetImport: OPSETS,
  ...rest,
});

function imported(model: ModelDraft): Graph {
  const graph = importModel(bytesOf(model), new DiagnosticSink());
  expect(verifyGraph(graph, opRules)).toEqual([]);
  return graph;
}

const evaluate = (graph: Graph, ...x: number[]): unknown => {
  const [result] = evaluateGraph(graph, new Map([["x", tensorOf("f32", [x.length], x)]])).values();
  return result === undefined ? undefined : toValues(result as Parameters<typeof toValues>[0]);
};

/** Codes and exit code. */
function check(model: ModelDraft): { codes: string[]; exit: number; text: string } {
  const bytes = bytesOf(model);
  const { findings, exitCode } = checkModel(bytes);
  return {
    codes: findings.map(({ code }) => code),
    exit: exitCode,
    text: findings.map(printDiagnostic).join("\n"),
  };
}

describe("functions", () => {
  it("become ops in place, with the path of calls as their place and the call's names and types", () => {
    const inner = define("inner", [node("Neg", ["a"], ["b"], [], { name: "neg" })]);
    const outer = define("outer", [
      node("Relu", ["a"], ["t"], [], { name: "relu" }),
      call("inner", "t", "b", { name: "call" }),
    ]);
    const graph = imported(
      withFunctions([call("outer", "x", "y")], [inner, outer], { output: [{ name: "y", type: tensorType(1, "n") }] }),
    );
    expect(printGraph(graph)).toBe(
      [
        "dfir 1 graph @g",
        "  opset ai.onnx 17",
        "  opset d 1",
        "  input %x : f32[n]",
        '  %1 = Relu@14 %x : ?[*] as "/outer/t" loc("/outer/relu")',
        '  %2 = Neg@13 %1 : f32[n] as "y" loc("/outer/call/neg")',
        '  output %2 as "y"',
        "",
      ].join("\n"),
    );
  });

  it("take attributes from the call, through calls in calls, or their defaults, or leave them out", () => {
    const leaky = define("leaky", [node("LeakyRelu", ["a"], ["b"], [attribute.ref("alpha", "slope", 1)])], {
      attribute: ["slope"],
    });
    const twice = define(
      "twice",
      [
        call("leaky", "a", "t", { attribute: [attribute.ref("slope", "outer_slope", 1)] }),
        call("leaky", "t", "b", { attribute: [attribute.float("slope", 1)] }),
      ],
      { attributeProto: [attribute.float("outer_slope", 0.5)] },
    );
    const given = withFunctions(
      [call("twice", "x", "y", { attribute: [attribute.float("outer_slope", 0.25)] })],
      [leaky, twice],
    );
    const byDefault = withFunctions([call("twice", "x", "y")], [leaky, twice]);
    const leftOut = withFunctions([call("leaky", "x", "y")], [leaky]);
    expect(evaluate(imported(given), -4, 2)).toEqual([-1, 2]);
    expect(evaluate(imported(byDefault), -4, 2)).toEqual([-2, 2]);
    expect(evaluate(imported(leftOut), -100, 2)).toEqual([-1, 2]);
  });

  it("may make constants of attributes and hand graphs on", () => {
    const choose = define(
      "choose",
      [
        node("Constant", [], ["zero"], [attribute.ref("value_float", "bound", 1)]),
        node("ReduceMax", ["a"], ["most"], [attribute.int("keepdims", 0)]),
        node("Greater", ["most", "zero"], ["isPositive"]),
        node(
          "If",
          ["isPositive"],
          ["b"],
          [
            attribute.ref("then_branch", "big", 5),
            attribute.graph("else_branch", {
              name: "else",
              node: [node("Neg", ["a"], ["r"])],
              output: [{ name: "r" }],
            }),
          ],
        ),
      ],
      { attribute: ["bound", "big"] },
    );
    const big: GraphDraft = { name: "then", node: [node("Abs", ["h"], ["r"])], output: [{ name: "r" }] };
    const model = withFunctions(
      [
        node("Mul", ["x", "x"], ["h"]),
        call("choose", "h", "y", { attribute: [attribute.float("bound", 3), attribute.graph("big", big)] }),
      ],
      [choose],
    );
    expect(evaluate(imported(model), 1, 2)).toEqual([1, 4]);
    expect(evaluate(imported(model), 1, 1)).toEqual([-1, -1]);
  });

  it("mean the operator version that they import, not the model's", () => {
    const softmax = define("old", [node("Softmax", ["a"], ["b"])], { opsetImport: [{ domain: "", version: 11 }] });
    const newer = define("new", [node("Gelu", ["a"], ["b"])], { opsetImport: [{ domain: "", version: 20 }] });
    const graph = imported(withFunctions([call("old", "x", "h"), call("new", "h", "y")], [softmax, newer]));
    expect(graph.ops.map(({ kind, version }) => `${kind}@${version}`)).toEqual(["Softmax@11", "Gelu@20"]);
    expect(graph.opsets.get("")).toBe(20);
  });

  it("leave operands and results out", () => {
    const clip = define("clip", [node("Clip", ["a", "low", "high"], ["b"]), node("Abs", ["a"], ["unused"])], {
      input: ["a", "low", "high"],
      output: ["unused", "b"],
    });
    const nodes = [node("clip", ["x", "", "six"], ["", "y"], [], { domain: "d" })];
    const initializer = [{ name: "six", dataType: 1, dims: [], floatData: [6] }];
    const graph = imported(withFunctions(nodes, [clip], { initializer }));
    expect(evaluate(graph, -9, 9)).toEqual([-9, 6]);
    const through = define("through", [], { input: ["a", "b"], output: ["b"] });
    expect(() => imported(withFunctions([node("through", ["x"], ["y"], [], { domain: "d" })], [through]))).toThrow(
      /ONX-013.*hands on an operand that its call leaves out/,
    );
  });

  it("may hand an operand straight on, and give one value as two results", () => {
    const both = define("both", [node("Neg", ["a"], ["b"])], { output: ["a", "b", "b"] });
    const nodes = [node("both", ["x"], ["p", "q", "r"], [], { domain: "d" }), node("Sum", ["p", "q", "q", "r"], ["y"])];
    expect(evaluate(imported(withFunctions(nodes, [both])), 3)).toEqual([-6]);
  });

  it("win over a built-in operator of their name, and have odd names, domains and overloads", () => {
    const relu = define("Relu", [node("Neg", ["a"], ["b"])], { domain: "" });
    expect(evaluate(imported(withFunctions([node("Relu", ["x"], ["y"])], [relu])), 5)).toEqual([-5]);
    const domain = "pkg.torch.2.4.1+cu121";
    const named = { domain, opType: "aten_add|folded_3" };
    const functions = [
      define("aten_add|folded_3", [node("Neg", ["a"], ["b"])], { domain, overload: "" }),
      define("aten_add|folded_3", [node("Abs", ["a"], ["b"])], { domain, overload: "Tensor" }),
    ];
    const plain = withFunctions([node("", ["x"], ["y"], [], named)], functions);
    const overloaded = withFunctions([node("", ["x"], ["y"], [], { ...named, overload: "Tensor" })], functions);
    expect(evaluate(imported(plain), -5)).toEqual([5]);
    expect(evaluate(imported(overloaded), -7)).toEqual([7]);
    expect(check(plain)).toMatchObject({ codes: ["ONX-205"], exit: 0 });
  });

  it("are called from nested graphs, and sorted where they are not in order", () => {
    const double = define("double", [node("Add", ["t", "t"], ["b"]), node("Identity", ["a"], ["t"])]);
    const branch = (name: string): GraphDraft => ({
      name,
      node: [call("double", "x", "r", { name: "call" })],
      output: [{ name: "r" }],
    });
    const initializer = [{ name: "c", dataType: 9, dims: [], int32Data: [1] }];
    const choose = node(
      "If",
      ["c"],
      ["y"],
      [attribute.graph("then_branch", branch("then")), attribute.graph("else_branch", branch("else"))],
    );
    const model = withFunctions([choose], [double], { initializer });
    expect(evaluate(imported(model), 21)).toEqual([42]);
    expect(check(model)).toMatchObject({ codes: ["ONX-201"], exit: 0 });
  });
});

describe("checkModel of functions", () => {
  it("reports unknown operators inside of functions that are called, and no others", () => {
    const strange = define("f", [node("Strange", ["a"], ["b"], [], { name: "odd" })]);
    expect(check(withFunctions([call("f", "x", "y")], [strange]))).toMatchObject({ codes: ["ONX-101"], exit: 4 });
    expect(check(withFunctions([call("f", "x", "y")], [strange])).text).toContain('ONNX node "d::f/odd"');
    expect(check(withFunctions([node("Relu", ["x"], ["y"])], [strange]))).toMatchObject({ codes: [], exit: 0 });
  });

  it.each<[string, NodeDraft[], FunctionDraft[], string[]]>([
    ["names that capture", [call("f", "x", "y")], [define("f", [node("Relu", ["x"], ["b"])])], ["ONX-007"]],
    ["results that nobody makes", [call("f", "x", "y")], [define("f", [])], ["ONX-007"]],
    [
      "attributes that are not declared",
      [call("f", "x", "y")],
      [define("f", [node("Elu", ["a"], ["b"], [attribute.ref("alpha", "z", 1)])])],
      ["ONX-010"],
    ],
    [
      "too many operands",
      [node("f", ["x", "x"], ["y"], [], { domain: "d" })],
      [define("f", [node("Relu", ["a"], ["b"])])],
      ["ONX-013"],
    ],
    [
      "two of one name",
      [call("f", "x", "y")],
      [define("f", [node("Relu", ["a"], ["b"])]), define("f", [node("Neg", ["a"], ["b"])])],
      ["ONX-013"],
    ],
    ["no name", [node("Relu", ["x"], ["y"])], [define("", [node("Relu", ["a"], ["b"])])], ["ONX-013"]],
    [
      "an attribute twice",
      [call("f", "x", "y")],
      [define("f", [node("Relu", ["a"], ["b"])], { attribute: ["q", "q"] })],
      ["ONX-013"],
    ],
    ["references outside", [node("Elu", ["x"], ["y"], [attribute.ref("alpha", "z", 1)])], [], ["ONX-010"]],
  ])("refuses %s", (_, nodes, functions, codes) => {
    expect(check(withFunctions(nodes, functions))).toMatchObject({ codes, exit: 5 });
  });

  it("names the functions of a circle, also through nested graphs", () => {
    const self = define("f", [call("f", "a", "b")]);
    expect(check(withFunctions([call("f", "x", "y")], [self]))).toMatchObject({ codes: ["ONX-014"], exit: 5 });
    const nested = (to: string): NodeDraft =>
      node(
        "If",
        ["a"],
        ["b"],
        [
          attribute.graph("then_branch", { name: "t", node: [call(to, "a", "r")], output: [{ name: "r" }] }),
          attribute.graph("else_branch", { name: "e", output: [{ name: "a" }] }),
        ],
      );
    const { codes, text } = check(
      withFunctions([call("f", "x", "y")], [define("f", [nested("g")]), define("g", [call("f", "a", "b")])]),
    );
    expect(codes).toEqual(["ONX-014"]);
    expect(text).toContain('"d::f" calls "d::g" calls "d::f"');
    expect(() => importModel(bytesOf(withFunctions([call("f", "x", "y")], [self])), new DiagnosticSink())).toThrow(
      CompileError,
    );
  });

  it("refuses chains that are too deep and trees that are too large, without building them", () => {
    const chain = (length: number): FunctionDraft[] =>
      Array.from({ length }, (_, i) =>
        define(`f${i}`, [i + 1 < length ? call(`f${i + 1}`, "a", "b") : node("Relu", ["a"], ["b"])]),
      );
    const start = [call("f0", "x", "y")];
    expect(check(withFunctions(start, chain(100))).codes).toEqual([]);
    const deep = check(withFunctions(start, chain(3000)));
    expect(deep).toMatchObject({ codes: ["ONX-105"], exit: 4 });
    expect(deep.text).toContain("3000 deep: at most 100");
    const tree = Array.from({ length: 90 }, (_, i) =>
      define(
        `f${i}`,
        i === 89 ? [node("Relu", ["a"], ["b"])] : [call(`f${i + 1}`, "a", "t"), call(`f${i + 1}`, "t", "b")],
      ),
    );
    const wide = check(withFunctions(start, tree));
    expect(wide).toMatchObject({ codes: ["ONX-105"], exit: 4 });
    expect(wide.text).toContain(`into more than 2^53 nodes: at most ${MAX_INLINED_NODES + 1}`);
  }, 2000);

  it("builds what is within the budget", () => {
    const relus = Array.from({ length: 100 }, (_, i) =>
      node("Relu", [i === 0 ? "a" : `t${i - 1}`], [i === 99 ? "b" : `t${i}`]),
    );
    const calls = Array.from({ length: 99 }, (_, i) =>
      call("f", i === 0 ? "x" : `h${i - 1}`, i === 98 ? "y" : `h${i}`),
    );
    const graph = importModel(bytesOf(withFunctions(calls, [define("f", relus)])), new DiagnosticSink());
    expect(graph.ops).toHaveLength(9900);
  });
});
