// The models whose programs serve as evidence: repository files with dims, a machine and the inputs of a golden case.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DiagnosticSink } from "@waferc/base";
import { valueOf } from "@waferc/ir/graph";
import { loadMachine } from "@waferc/machine";
import { makeTensor } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { decodeTensorProto, importModel } from "@waferc/onnx";
import { compileGraph } from "./compile-graph.ts";
import type { CompiledGraph, CompileGraphOptions } from "./compile-graph.ts";

export interface ModelSubject {
  readonly name: string;
  /** Paths from the root of the repository. */
  readonly model: string;
  readonly dims: Readonly<Record<string, number>>;
  readonly machine: string;
  /** Of the machine's values, as `PATH=JSON`. */
  readonly overrides?: readonly string[];
  /** Folder of a golden case; inputs that are longer than the bound length are cut. */
  readonly inputs: string;
}

const TINYWORLD = "models/tinyworld/prefill.onnx";
const TINYWORLD_CASE = "golden/tensors/tinyworld/prefill/test_data_set_1";

export const TINYWORLD_128: ModelSubject = {
  name: "tinyworld",
  model: TINYWORLD,
  dims: { batch: 1, sequence: 128 },
  machine: "mesh32x32",
  inputs: TINYWORLD_CASE,
};

export const TINYWORLD_16: ModelSubject = { ...TINYWORLD_128, dims: { batch: 1, sequence: 16 }, machine: "mesh16x16" };

export const BERT: ModelSubject = {
  name: "bert_opset17",
  model: "models/bert/bert_opset17.onnx",
  dims: { batch: 2, seq: 7 },
  machine: "mesh16x16",
  inputs: "golden/tensors/bert/bert_opset17/test_data_set_0",
};

export interface CompiledModel {
  readonly compiled: CompiledGraph;
  readonly inputs: ReadonlyMap<string, Tensor>;
}

/** @param root path of the repository */
export function compileModel(
  { name, model, dims, machine, overrides, inputs: folder }: ModelSubject,
  root: string,
  options: CompileGraphOptions = {},
): CompiledModel {
  const graph = importModel(readFileSync(join(root, model)), new DiagnosticSink(), { name });
  options.onPhase?.("import");
  const compiled = compileGraph(graph, loadMachine(machine, overrides), {
    ...options,
    dims: new Map(Object.entries(dims)),
  });
  const inputs = compiled.graph.inputs.map((id, index) => {
    const { name: input, shape } = valueOf(compiled.graph, id);
    const { tensor } = decodeTensorProto(readFileSync(join(root, folder, `input_${index}.pb`)));
    return [input, cutTo(tensor, shape?.map(Number) ?? [])] as const;
  });
  return { compiled, inputs: new Map(inputs) };
}

/** The first elements along the last dimension; others have the same length. */
function cutTo(tensor: Tensor, shape: readonly number[]): Tensor {
  if (String(tensor.shape) === String(shape) || tensor.dtype !== "i64") return tensor;
  const [had = 1, length = 1] = [tensor.shape.at(-1), shape.at(-1)];
  return makeTensor(
    "i64",
    shape,
    tensor.data.filter((_, i) => i % had < length),
  );
}
