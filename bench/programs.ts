// The compiled models that the benches of the engines run, made when first asked for.
import type { TensorData } from "@waferc/ir/program";
import { BERT, compileModel, meshInputs, TINYWORLD_128, TINYWORLD_16 } from "@waferc/testkit/evidence";
import type { CompiledGraph, ModelSubject } from "@waferc/testkit/evidence";

export interface BenchProgram {
  readonly compiled: CompiledGraph;
  readonly inputs: ReadonlyMap<string, TensorData>;
}

export const BENCH_MODELS: readonly ModelSubject[] = [BERT, TINYWORLD_16, TINYWORLD_128];

export function nameOf({ name, dims, machine }: ModelSubject): string {
  return `${name} ${Object.values(dims).join("x")} on ${machine}`;
}

const made = new Map<ModelSubject, BenchProgram>();

export function programOf(subject: ModelSubject): BenchProgram {
  let program = made.get(subject);
  if (program === undefined) {
    const { compiled, inputs } = compileModel(subject, process.cwd());
    program = { compiled, inputs: meshInputs(compiled, inputs) };
    made.set(subject, program);
  }
  return program;
}
