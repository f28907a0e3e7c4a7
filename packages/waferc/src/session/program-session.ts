// Runs a compiled model: host graphs and the wafer's entries in the order of its schedule. Values pass from one to the next by name.
import { valueOf, type Graph } from "@waferc/ir/graph";
import type { Entry, HostStream } from "@waferc/ir/program";
import { evaluateGraph } from "@waferc/ops";
import type { CompiledModel } from "../artefacts/compiled-model.ts";
import { notCompiled, type ScheduleStep } from "../artefacts/manifest.ts";
import type { Tensor } from "@waferc/numerics";
import { checkInputs, type TensorSpec } from "../data/tensor-spec.ts";
import { makeEntryRunner, type EntryRunner, type ProgramEngine } from "./entry-runner.ts";
import type { RunCost, RunListener, Session } from "./session.ts";
import { feedStream, takeStream, type StreamData } from "./stream-data.ts";

/** Values of one inference by name. */
type Values = Map<string, Tensor>;
type StepRunner = (values: Values, onProgress?: RunListener) => RunCost;

export function openProgramSession(model: CompiledModel, engine: ProgramEngine): Session {
  const { signature, schedule } = model.manifest;
  const inputs = signature.inputs.filter(({ pinned }) => !pinned);
  const steps = schedule.map((step) => openStep(step, model, engine));
  return {
    engine,
    inputs,
    outputs: signature.outputs,
    run(given, onProgress) {
      const pinned = signature.inputs.filter((spec) => spec.pinned).map(({ name }) => name);
      const used = new Map([...given].filter(([name]) => !pinned.includes(name)));
      checkInputs(inputs, used, ["a program has fixed shapes: --shapes-from CASE compiles for others"]);
      const values: Values = new Map(used);
      let cost: RunCost = {};
      for (const step of steps) cost = addCosts(cost, step(values, onProgress));
      return { outputs: new Map(signature.outputs.map(({ name }) => [name, need(values, name)])), cost };
    },
  };
}

function openStep(step: ScheduleStep, model: CompiledModel, engine: ProgramEngine): StepRunner {
  if (step.kind === "host") {
    const graph = model.hostGraphs.get(step.graph);
    if (graph === undefined) throw notCompiled(model.folder, `host graph "${step.graph}" is missing`);
    return (values) => runHostGraph(graph, values);
  }
  const { program, machine, weights } = model;
  const entry = program.entries.find(({ name }) => name === step.entry);
  if (entry === undefined) throw notCompiled(model.folder, `entry "${step.entry}" is missing`);
  const runner = makeEntryRunner(engine, { program, machine, weights, entry: entry.name });
  const expected = expectedTypes(model);
  return (values, onProgress) => runEntry(entry, runner, { values, expected, onProgress });
}

function runHostGraph(graph: Graph, values: Values): RunCost {
  const names = graph.inputs.map((id) => valueOf(graph, id).name);
  const inputs = new Map(names.map((name) => [name, need(values, name)]));
  for (const [name, tensor] of evaluateGraph(graph, inputs)) values.set(name, tensor);
  return {};
}

interface EntryData {
  readonly values: Values;
  readonly expected: ReadonlyMap<string, TensorSpec>;
  readonly onProgress: RunListener | undefined;
}

function runEntry(entry: Entry, run: EntryRunner, { values, expected, onProgress }: EntryData): RunCost {
  const inputs = new Map<string, StreamData>();
  for (const stream of streamsOf(entry, "in")) {
    inputs.set(
      stream.tensor,
      feedStream(stream, (name) => need(values, name)),
    );
  }
  const { outputs, cost } = run(inputs, onProgress);
  for (const stream of streamsOf(entry, "out")) {
    const data = outputs.get(stream.tensor);
    if (data === undefined) throw new RangeError(`stream "${stream.name}" delivered nothing`);
    for (const [name, tensor] of takeStream(stream, data, (part) => expected.get(part))) values.set(name, tensor);
  }
  return cost;
}

const streamsOf = (entry: Entry, direction: HostStream["direction"]): readonly HostStream[] =>
  entry.streams.filter((stream) => stream.direction === direction);

/** Types of what leaves the wafer: as the host graphs read it, or as the model gives it. */
function expectedTypes({ manifest, hostGraphs }: CompiledModel): ReadonlyMap<string, TensorSpec> {
  const expected = new Map<string, TensorSpec>(manifest.signature.outputs.map((spec) => [spec.name, spec]));
  for (const graph of hostGraphs.values()) {
    for (const id of graph.inputs) expected.set(valueOf(graph, id).name, valueOf(graph, id));
  }
  return expected;
}

function need(values: Values, name: string): Tensor {
  const tensor = values.get(name);
  if (tensor === undefined) throw new RangeError(`value "${name}" was not computed before it is needed`);
  return tensor;
}

/** Costs of entries that run one after the other. A ledger is that of the last one. */
function addCosts(a: RunCost, b: RunCost): RunCost {
  const total: Record<string, unknown> = { ...a, ...b };
  for (const key of ["cycles", "quiescentCycles", "latencySeconds", "waveletHops", "contentionEvents"] as const) {
    if (a[key] !== undefined && b[key] !== undefined) total[key] = a[key] + b[key];
  }
  return total as RunCost;
}
