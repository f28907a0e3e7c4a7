// From a graph to a program in memory, phase by phase, and a run of it from model inputs to model outputs, host parts included. The command line's
// pipeline does the same with files and dumps; this one serves tests and benches, so it reports times and keeps every level.
import { DiagnosticSink, Rng } from "@waferc/base";
import {
  assembleProgram,
  bindDims,
  canonicalizePasses,
  CountedStats,
  lowerToDataflow,
  meshMacShare,
  meshSupport,
  partitionGraph,
  placeDataflow,
  routeLayout,
  runPasses,
} from "@waferc/compiler";
import type { Assembled, LowerOptions, Partition } from "@waferc/compiler";
import type { Dataflow } from "@waferc/ir/dataflow";
import type { Graph } from "@waferc/ir/graph";
import type { Layout } from "@waferc/ir/layout";
import { joinParts, splitParts } from "@waferc/ir/program";
import type { Program, TensorData, TensorSource } from "@waferc/ir/program";
import type { Machine } from "@waferc/machine";
import { makeTensor, toFloat64 } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { evaluateGraph } from "@waferc/ops";

export interface CanonicalOptions extends LowerOptions {
  readonly seed?: number;
  /** Called after each phase, for benches. */
  readonly onPhase?: ((name: string) => void) | undefined;
}

export interface CompileGraphOptions extends CanonicalOptions {
  readonly dims?: ReadonlyMap<string, number>;
}

export interface CompiledGraph {
  /** After the canonical passes. */
  readonly graph: Graph;
  readonly partition: Partition;
  readonly dataflow: Dataflow;
  readonly layout: Layout;
  readonly program: Program;
  /** SRAM of each code. */
  readonly memory: Assembled["memory"];
  readonly machine: Machine;
  readonly weights: TensorSource;
  readonly meshMacShare: number;
}

/** @throws CompileError where a phase refuses the graph */
export function compileGraph(source: Graph, machine: Machine, options: CompileGraphOptions = {}): CompiledGraph {
  const { dims = new Map<string, number>(), seed = 1, onPhase, ...rest } = options;
  const ctx = { diag: new DiagnosticSink(), rng: new Rng(seed), stats: new CountedStats() };
  const bound = bindDims.run(source, { dims, mustBindAll: true }, ctx);
  onPhase?.("specialize");
  const graph = runPasses(bound, canonicalizePasses, ctx);
  onPhase?.("canonicalize");
  return compileCanonical(graph, machine, { ...rest, seed, onPhase });
}

/** The phases behind the graph passes. @throws CompileError where one refuses the graph */
export function compileCanonical(
  graph: Graph,
  machine: Machine,
  { seed = 1, onPhase, ...lowerOptions }: CanonicalOptions = {},
): CompiledGraph {
  const phase = <T>(name: string, result: T): T => {
    onPhase?.(name);
    return result;
  };
  const partition = phase("partition", partitionGraph(graph, meshSupport));
  const { dataflow, weights } = phase("lower", lowerToDataflow(partition.mesh, machine, lowerOptions));
  const floorplan = phase("place", placeDataflow(dataflow, machine, { seed }));
  const layout = phase("route", routeLayout(floorplan, machine));
  const { program, memory } = phase("assemble", assembleProgram(layout, machine));
  const read = (tensor: number) => weights.get(program.tensors[tensor]?.sha256 ?? "")?.read() ?? new Float32Array(0);
  const share = meshMacShare(partition);
  return { graph, partition, dataflow, layout, program, memory, machine, weights: read, meshMacShare: share };
}

type StreamData = ReadonlyMap<string, TensorData>;

/** Runs the host part before the mesh: data of the program's `in` streams. */
export function meshInputs({ partition, program }: CompiledGraph, inputs: ReadonlyMap<string, Tensor>): StreamData {
  const values = new Map([...inputs, ...evaluateGraph(partition.pre, inputs)]);
  const streams = program.entries[0]?.streams.filter(({ direction }) => direction === "in") ?? [];
  return new Map(
    streams.map((stream) => [stream.tensor, joinParts(stream, ({ tensor }) => floatsOf(values.get(tensor)))]),
  );
}

/** A tensor's elements as f32; what is true is 1. */
function floatsOf(tensor: Tensor | undefined): Float32Array {
  if (tensor === undefined) return new Float32Array(0);
  return tensor.dtype === "f32" ? tensor.data : Float32Array.from(toFloat64(tensor));
}

/** Runs the host part after the mesh: the model's outputs by name. */
export function modelOutputs(
  { partition, program }: CompiledGraph,
  inputs: ReadonlyMap<string, Tensor>,
  meshOutputs: StreamData,
): ReadonlyMap<string, Tensor> {
  const values = new Map([...inputs, ...evaluateGraph(partition.pre, inputs)]);
  const streams = program.entries[0]?.streams.filter(({ direction }) => direction === "out") ?? [];
  for (const stream of streams) {
    for (const { part, data } of splitParts(stream, meshOutputs.get(stream.tensor) ?? new Float32Array(0))) {
      if (data instanceof Float32Array) values.set(part.tensor, makeTensor("f32", [...part.shape], data));
    }
  }
  return evaluateGraph(partition.post, values);
}
