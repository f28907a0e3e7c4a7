// Filetests of lowering rules by what they compute: `compute machine=NAME region=WxH [groups=N]` partitions the file's graph without any
// pass, compiles it, runs the program on the untimed engine in a random schedule, and compares the outputs with those of the reference
// evaluator on random inputs, within the default tolerance of f32. `; magnitude: N` scales the inputs.
import { Rng } from "@waferc/base";
import { isStaticShape, parseGraph, printGraph, valueOf, verifyGraph, type Graph } from "@waferc/ir/graph";
import { verifyLayout } from "@waferc/ir/layout";
import { verifyProgram } from "@waferc/ir/program";
import { loadMachine } from "@waferc/machine";
import { compareTensors, defaultTolerance, tensorOf, type Tensor } from "@waferc/numerics";
import { evaluateGraph, opRules } from "@waferc/ops";
import { simulateUntimed } from "@waferc/sim";
import { compileCanonical, meshInputs, modelOutputs } from "@waferc/testkit/evidence";
import { argumentOf, FiletestMismatch, runFiletests } from "@waferc/testkit/filetest";
import type { FiletestCommand, FiletestLevel } from "@waferc/testkit/filetest";

type Tensors = ReadonlyMap<string, Tensor>;

interface Target {
  readonly machine: string;
  readonly region: string;
  readonly groups: number;
}

const computeCommand: FiletestCommand = {
  name: "compute",
  run({ test, invocation, level }) {
    const graph = level.parse(test.text, test.file).noun as Graph;
    const target = {
      machine: argumentOf(invocation, "machine") ?? "mesh4x4",
      region: argumentOf(invocation, "region") ?? "3x2",
      groups: Number(argumentOf(invocation, "groups") ?? 1),
    };
    const inputs = randomInputs(graph, Number(test.headers.get("magnitude")?.[0] ?? 1));
    const outputs = runCompiled(graph, inputs, target);
    for (const [name, expected] of evaluateGraph(graph, inputs)) {
      const actual = outputs.get(name);
      const comparison = actual && compareTensors(actual, expected, defaultTolerance("f32"));
      if (comparison?.pass === true) continue;
      throw new FiletestMismatch(`output "${name}" is what the reference gives`, "", JSON.stringify(comparison));
    }
  },
};

function runCompiled(graph: Graph, inputs: Tensors, { machine: name, region, groups }: Target): Tensors {
  const machine = loadMachine(name);
  const [width = 1, height = 1] = region.split("x").map(Number);
  const compiled = compileCanonical(graph, machine, { sizes: [{ width, height }], groups });
  const problems = [...verifyLayout(compiled.layout), ...verifyProgram(compiled.program)].map(
    ({ code, message }) => `${code} ${message}`,
  );
  if (problems.length > 0) throw new FiletestMismatch("layout and program are well-formed", "", problems.join("\n"));
  const streams = meshInputs(compiled, inputs);
  const run = simulateUntimed(compiled.program, machine, compiled.weights, { inputs: streams, seed: 1 });
  return modelOutputs(compiled, inputs, run.outputs);
}

function randomInputs(graph: Graph, magnitude: number): Tensors {
  const rng = new Rng("lowering");
  const inputs = new Map<string, Tensor>();
  for (const id of graph.inputs) {
    const { name, dtype = "f32", shape = [] } = valueOf(graph, id);
    const lengths = isStaticShape(shape) ? shape : [];
    const count = lengths.reduce((a, b) => a * b, 1);
    const draw = () => (dtype === "f32" ? magnitude * rng.normal() : rng.below(2));
    inputs.set(name, tensorOf(dtype, lengths, Array.from({ length: count }, draw)));
  }
  return inputs;
}

const graphLevel: FiletestLevel<Graph> = {
  level: "graph",
  parse: (text, file) => {
    const { graph, sourceMap } = parseGraph(text, { file });
    return { noun: graph, sourceMap };
  },
  print: (graph) => printGraph(graph),
  verify: (graph) => verifyGraph(graph, opRules),
};

runFiletests(new URL("lowering/", import.meta.url), { levels: [graphLevel], commands: [computeCommand] });
