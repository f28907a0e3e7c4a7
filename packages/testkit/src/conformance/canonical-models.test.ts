// Canonicalisation of the repository's models: the ops that are left are the expected ones, whatever the exporter and the
// opset, and the outputs are still the golden ones. What recognises nothing fails the counts; what recognises wrongly, the values.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DiagnosticSink, Rng } from "@waferc/base";
import { bindDims, canonicalizePasses, CountedStats, runPasses } from "@waferc/compiler";
import { printGraph, valueOf, verifyGraph, type Graph } from "@waferc/ir/graph";
import { compareTensors, defaultTolerance, type Tensor } from "@waferc/numerics";
import { decodeTensorProto, importModel } from "@waferc/onnx";
import { evaluateGraph, opRules } from "@waferc/ops";
import { describe, expect, it } from "vitest";
import { readCaseFolder } from "./onnx-cases.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

type Counts = Readonly<Record<string, number>>;

const TINYWORLD: Counts = {
  Add: 8,
  Attention: 4,
  Gather: 1,
  MatMul: 29,
  Mul: 4,
  RMSNormalization: 9,
  RotaryEmbedding: 8,
  Swish: 4,
};

/** The mask of the padding is arithmetic on an input; everything else is the encoder. */
const BERT: Counts = {
  Add: 19,
  Attention: 2,
  Cast: 1,
  Gather: 3,
  Gelu: 2,
  LayerNormalization: 5,
  MatMul: 13,
  Mul: 1,
  Reshape: 1,
  Sub: 1,
  Tanh: 1,
};

/** The four reshapes and transposes are the caches that the graph returns. */
const GPT2: Counts = {
  Add: 13,
  Attention: 2,
  Gather: 1,
  Gelu: 2,
  LayerNormalization: 5,
  MatMul: 9,
  Reshape: 4,
  Split: 2,
  Transpose: 4,
};

/** Its positions are an input: angles are computed at run time, once. The reshapes and transposes are its caches. */
const LLAMA: Counts = {
  Add: 5,
  Attention: 2,
  Cast: 2,
  Cos: 1,
  Equal: 1,
  Gather: 1,
  MatMul: 16,
  Mul: 2,
  RMSNormalization: 5,
  Reshape: 6,
  RotaryEmbedding: 4,
  Sin: 1,
  Swish: 2,
  Transpose: 5,
  Where: 1,
};

const EXPECTED: readonly (readonly [string, Counts])[] = [
  ["tinyworld/prefill", TINYWORLD],
  ["tinyworld/prefill.dynamo", TINYWORLD],
  ["tinyworld/prefill-kv", { ...TINYWORLD, Reshape: 8, Transpose: 8 }],
  ["bert/bert_opset11", BERT],
  ["bert/bert_opset13", BERT],
  ["bert/bert_opset14", BERT],
  ["bert/bert_opset17", BERT],
  ["gpt2/gpt2_opset17", GPT2],
  ["llama/llama_opset17", LLAMA],
];

interface Run {
  readonly graph: Graph;
  readonly inputs: ReadonlyMap<string, Tensor>;
}

/** The canonical graph for the shapes of a data set. */
function canonicalize(model: Uint8Array, tensors: readonly Tensor[]): Run {
  const diag = new DiagnosticSink();
  const imported = importModel(model, diag);
  const dims = new Map<string, number>();
  const inputs = new Map<string, Tensor>();
  imported.inputs.forEach((id, i) => {
    const { name, shape = [] } = valueOf(imported, id);
    const tensor = tensors[i];
    if (tensor === undefined) return;
    inputs.set(name, tensor);
    shape.forEach((dim, axis) => typeof dim === "string" && dims.set(dim, tensor.shape[axis] ?? 0));
  });
  const ctx = { diag, rng: new Rng(1), stats: new CountedStats() };
  return {
    graph: runPasses(bindDims.run(imported, { dims, mustBindAll: true }, ctx), canonicalizePasses, ctx),
    inputs,
  };
}

function countOps(graph: Graph): Counts {
  const counts = new Map<string, number>();
  for (const { kind } of graph.ops) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe.each(EXPECTED)("canonical form of %s", (name, expected) => {
  const golden = join(ROOT, "golden", "tensors", name);
  const { model, dataSets } = readCaseFolder(name, join(ROOT, "models", `${name}.onnx`), golden);
  const runs = dataSets.map(({ inputs, outputs }) => ({
    ...canonicalize(
      model,
      inputs.map((bytes) => decodeTensorProto(bytes).tensor),
    ),
    outputs: outputs.map((bytes) => decodeTensorProto(bytes).tensor),
  }));

  it("has the expected ops, and is well-formed", () => {
    expect(runs.length).toBeGreaterThan(0);
    for (const { graph } of runs) {
      expect(countOps(graph)).toEqual(expected);
      expect(verifyGraph(graph, opRules)).toEqual([]);
    }
  });

  it("gives the golden outputs", () => {
    for (const { graph, inputs, outputs } of runs) {
      [...evaluateGraph(graph, inputs).values()].forEach((actual, i) => {
        const golden = outputs[i];
        const found = golden === undefined ? undefined : compareTensors(actual, golden, defaultTolerance("f32"));
        expect(found).toMatchObject({ pass: true });
      });
    }
  });

  it("names the ONNX nodes of every op", () => {
    for (const { graph } of runs) expect(graph.ops.filter((op) => op.loc.length === 0)).toEqual([]);
  });
});

it("canonicalises tinyworld of both exporters and BERT of all opsets to the same attention", () => {
  const linesOf = (name: string): string[] => {
    const { model, dataSets } = readCaseFolder(
      name,
      join(ROOT, "models", `${name}.onnx`),
      join(ROOT, "golden", "tensors", name),
    );
    const { graph } = canonicalize(
      model,
      (dataSets[0]?.inputs ?? []).map((bytes) => decodeTensorProto(bytes).tensor),
    );
    const lines = printGraph(graph).split("\n");
    return lines.flatMap((line) => /(?:Attention|RotaryEmbedding)@\d+ .*?(\{.*?\} : \S+)/.exec(line)?.[1] ?? []);
  };
  expect(linesOf("tinyworld/prefill")).toEqual(linesOf("tinyworld/prefill.dynamo"));
  expect(linesOf("tinyworld/prefill")).toContain(
    "{is_causal = 1, kv_num_heads = 3, q_num_heads = 6, scale = 0.25} : f32[1,40,96]",
  );
  expect(linesOf("bert/bert_opset11")).toEqual(linesOf("bert/bert_opset17"));
});
