// Cases of the ONNX backend suites: a model, and data sets of inputs (matched by position) and expected outputs.
// Values are compared within a tolerance, the official runner's unless stated; shapes and dtypes are equal.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { CompileError, DiagnosticSink } from "@waferc/base";
import { valueOf } from "@waferc/ir/graph";
import type { Graph, ValueType } from "@waferc/ir/graph";
import { compareTensors, describeTensor, makeTensor } from "@waferc/numerics";
import type { DType, Tensor, Tolerance } from "@waferc/numerics";
import { decodeDataProto, importModel } from "@waferc/onnx";
import { evaluateGraphData, isSequence, isTensor } from "@waferc/ops";
import type { Data } from "@waferc/ops";
import { readTar } from "./tar.ts";

/** onnx/backend/test/runner/__init__.py */
export const OFFICIAL_TOLERANCE: Tolerance = { rtol: 1e-3, atol: 1e-7 };

export interface OnnxCase {
  readonly name: string;
  readonly model: Uint8Array;
  readonly dataSets: readonly OnnxDataSet[];
}

interface OnnxDataSet {
  /** Serialized TensorProtos, SequenceProtos or OptionalProtos, as the graph declares them, in order. */
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
}

/** What became of a case. `unsupported` means that the importer refused it and said why. */
export interface CaseResult {
  readonly status: "pass" | "fail" | "unsupported";
  readonly detail: string;
}

/** Cases of a packed suite, sorted by name. */
export function readCases(path: string): OnnxCase[] {
  const folders = new Map<string, Map<string, Uint8Array>>();
  for (const [file, bytes] of readTar(gunzipSync(readFileSync(path)))) {
    const match = /^(.*?)\/(model\.onnx|test_data_set_\d+\/(?:in|out)put_\d+\.pb)$/.exec(file);
    if (match === null) continue;
    const [, folder = "", rest = ""] = match;
    if (!folders.has(folder)) folders.set(folder, new Map());
    folders.get(folder)?.set(rest, bytes);
  }
  const cases = [...folders].map(([folder, files]) => readCase(folder.replace(/^[^/]*\//, ""), files));
  return cases.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The case of a model file and a folder of data sets. */
export function readCaseFolder(name: string, model: string, folder: string): OnnxCase {
  const files = new Map([["model.onnx", readFileSync(model)]]);
  for (const set of existsSync(folder)
    ? readdirSync(folder).filter((entry) => entry.startsWith("test_data_set_"))
    : []) {
    for (const file of readdirSync(join(folder, set)))
      files.set(`${set}/${file}`, readFileSync(join(folder, set, file)));
  }
  return readCase(name, files);
}

function readCase(name: string, files: ReadonlyMap<string, Uint8Array>): OnnxCase {
  const sets = new Set([...files.keys()].flatMap((file) => /^test_data_set_\d+/.exec(file) ?? []));
  const numbered = (set: string, kind: string): Uint8Array[] => {
    const found: Uint8Array[] = [];
    for (;;) {
      const bytes = files.get(`${set}/${kind}_${found.length}.pb`);
      if (bytes === undefined) return found;
      found.push(bytes);
    }
  };
  return {
    name,
    model: files.get("model.onnx") ?? new Uint8Array(0),
    dataSets: [...sets].sort().map((set) => ({ inputs: numbered(set, "input"), outputs: numbered(set, "output") })),
  };
}

export function runCase({ model, dataSets }: OnnxCase, tolerance = OFFICIAL_TOLERANCE): CaseResult {
  let graph: Graph;
  try {
    graph = importModel(model, new DiagnosticSink());
  } catch (error) {
    if (error instanceof CompileError) return { status: "unsupported", detail: error.message };
    return { status: "fail", detail: `import: ${describe(error)}` };
  }
  try {
    const problems = dataSets.flatMap((dataSet) => runDataSet(graph, dataSet, tolerance));
    return { status: problems.length === 0 ? "pass" : "fail", detail: problems.join("; ") };
  } catch (error) {
    return { status: "fail", detail: describe(error) };
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function runDataSet(graph: Graph, { inputs, outputs }: OnnxDataSet, tolerance: Tolerance): string[] {
  const feeds = new Map<string, Data>();
  graph.inputs.forEach((id, i) => {
    const bytes = inputs[i];
    const value = valueOf(graph, id);
    if (bytes !== undefined) feeds.set(value.name, readData(bytes, value));
  });
  const actual = [...evaluateGraphData(graph, feeds).values()];
  if (actual.length !== outputs.length) return [`has ${actual.length} outputs, not ${outputs.length}`];
  return outputs.flatMap((bytes, i) => {
    const expected = readData(bytes, valueOf(graph, graph.outputs[i]!.value));
    return compareData(actual[i]!, expected, `output ${i}`, tolerance);
  });
}

function readData(bytes: Uint8Array, type: ValueType): Data {
  const { data } = decodeDataProto(bytes, type);
  return isTensor(data) ? asDeclared(data, type.dtype) : data;
}

/** Sequences are compared element by element, optionals by whether they hold something and by what. */
function compareData(actual: Data, expected: Data, what: string, tolerance: Tolerance): string[] {
  if (isTensor(actual) && isTensor(expected)) return compare(actual, expected, what, tolerance);
  if (isTensor(actual) || isTensor(expected) || actual.kind !== expected.kind) {
    return [`${what} is a ${kindOf(actual)}, not a ${kindOf(expected)}`];
  }
  const [found, wanted] = [elementsOf(actual), elementsOf(expected)];
  if (found.length !== wanted.length) return [`${what} has ${found.length} elements, not ${wanted.length}`];
  return wanted.flatMap((element, i) => compareData(found[i]!, element, `element ${i} of ${what}`, tolerance));
}

function kindOf(data: Data): string {
  return isTensor(data) ? "tensor" : data.kind;
}

function elementsOf(data: Exclude<Data, Tensor>): readonly Data[] {
  if (isSequence(data)) return data.elements;
  return data.element === undefined ? [] : [data.element];
}

/**
 * Test data of ONNX up to 1.18 holds bf16 values as tensors of u16, because numpy had no such type, and its runner compared
 * them as integers. Where the graph declares bf16, they are bf16.
 */
function asDeclared(tensor: Tensor, declared: DType | undefined): Tensor {
  if (tensor.dtype !== "u16" || declared !== "bf16") return tensor;
  return makeTensor("bf16", tensor.shape, tensor.data);
}

function compare(actual: Tensor, expected: Tensor, what: string, tolerance: Tolerance): string[] {
  const result = compareTensors(actual, expected, tolerance);
  if (result.pass) return [];
  if (result.mismatch !== undefined) {
    return [`${what} is ${describeTensor(actual)}, not ${describeTensor(expected)}`];
  }
  const { worst } = result;
  const place = worst === undefined ? "" : ` at [${worst.index}]: ${worst.actual}, not ${worst.expected}`;
  return [`${what} differs in ${result.failures} elements${place}`];
}
