// The phases of a compile, as data: what each does, in order, and how its result is verified. `compile.ts` runs them.
import { CompileError, invariant, type Diagnostic, type DiagnosticSink, type Rng } from "@waferc/base";
import { checkProgram } from "@waferc/check";
import {
  assembleProgram,
  bindDims,
  canonicalizePasses,
  CountedStats,
  lowerToDataflow,
  meshSupport,
  partitionGraph,
  pinInputs,
  placeDataflow,
  routeLayout,
  runPasses,
} from "@waferc/compiler";
import { verifyDataflow } from "@waferc/ir/dataflow";
import { verifyGraph, type Graph } from "@waferc/ir/graph";
import { verifyLayout, type Layout } from "@waferc/ir/layout";
import { verifyProgram } from "@waferc/ir/program";
import { importModel } from "@waferc/onnx";
import { opRules } from "@waferc/ops";
import type { ExternalFiles } from "../data/external.ts";
import { inputSpecs, outputSpecs } from "../data/tensor-spec.ts";
import type { CompileState, PhaseName } from "./compile-state.ts";
import { resolvePin } from "./pins.ts";
import { suggestDims } from "./suggest-dims.ts";

export interface PhaseContext {
  readonly diag: DiagnosticSink;
  /** Forked by phase name. */
  readonly rng: Rng;
  /** For `import`: files beside the model. */
  readonly external: ExternalFiles | undefined;
  /** For phases that take long: 0 to 1. */
  readonly onProgress: (share: number) => void;
}

export interface Phase {
  readonly name: PhaseName;
  readonly summary: string;
  run(state: CompileState, ctx: PhaseContext): CompileState;
  /** What is not well-formed in the phase's result. */
  verify(state: CompileState): readonly Diagnostic[];
}

const verifyGraphs = (...graphs: readonly (Graph | undefined)[]): Diagnostic[] =>
  graphs.flatMap((graph) => (graph === undefined ? [] : [...verifyGraph(graph, opRules)]));

function graphOf({ graph }: CompileState): Graph {
  invariant(graph !== undefined, "the state has a graph in this phase");
  return graph;
}

function layoutOf({ layout }: CompileState): Layout {
  invariant(layout !== undefined, "the state has a layout in this phase");
  return layout;
}

export const PHASES: readonly Phase[] = [
  // The model as its file has it
  {
    name: "import",
    summary: "decode the ONNX file, check it, bring operators to their opset's form",
    run(state, { diag, external }) {
      const [file] = state.build.files;
      const bytes = state.data.read(file?.sha256 ?? "");
      return { ...state, graph: importModel(bytes, diag, { external, name: state.build.name }) };
    },
    verify: ({ graph }) => verifyGraphs(graph),
  },
  {
    name: "specialize",
    summary: "bind symbolic dimensions, pin inputs",
    run(state, { diag, rng }) {
      const read = (sha256: string): Uint8Array => state.data.read(sha256);
      const pins = new Map([...state.build.pins].map(([name, pin]) => [name, resolvePin(pin, read)]));
      const ctx = { diag, rng, stats: new CountedStats() };
      const graph = graphOf(state);
      const { dims } = state.build;
      const bound = suggestDims(graph, dims, () => bindDims.run(graph, { dims, mustBindAll: true }, ctx));
      const inputs = inputSpecs(bound).map((spec) => ({ ...spec, ...(pins.has(spec.name) ? { pinned: true } : {}) }));
      return { ...state, graph: pinInputs.run(bound, { pins }, ctx), build: { ...state.build, inputs } };
    },
    verify: ({ graph }) => verifyGraphs(graph),
  },
  {
    name: "canonicalize",
    summary: "infer shapes, fold constants, recognise norms, activations, rotary embedding and attention",
    run(state, { diag, rng }) {
      const graph = runPasses(graphOf(state), canonicalizePasses, { diag, rng });
      return { ...state, graph, build: { ...state.build, outputs: outputSpecs(graph) } };
    },
    verify: ({ graph }) => verifyGraphs(graph),
  },

  // What the mesh runs, as kernels on regions
  {
    name: "partition",
    summary: "decide which operators run on the mesh and which on the host, before or after it",
    run(state) {
      const { mesh, pre, post, hostOps, meshMacs, totalMacs } = partitionGraph(graphOf(state), meshSupport);
      const build = { ...state.build, hostOps, meshMacs, totalMacs };
      return { ...state, graph: mesh, host: { pre, post }, build };
    },
    verify: ({ graph, host }) => verifyGraphs(graph, host?.pre, host?.post),
  },
  {
    name: "lower",
    summary: "choose a kernel template, a sharding and a region for every operator; fold repeated layers into loops",
    run(state) {
      const { graph: _, ...rest } = state;
      const { dataflow, weights } = lowerToDataflow(graphOf(state), state.machine, { groups: state.build.groups });
      for (const [sha256, weight] of weights) state.data.putLazy(sha256, () => bytesOfArray(weight.read()));
      return { ...rest, dataflow };
    },
    verify: ({ dataflow }) => (dataflow === undefined ? [] : verifyDataflow(dataflow)),
  },
  {
    name: "place",
    summary: "give every region a rectangle of cores",
    run(state) {
      const { dataflow, ...rest } = state;
      invariant(dataflow !== undefined, "the state has a dataflow to place");
      return { ...rest, layout: placeDataflow(dataflow, state.machine, { seed: state.build.seed }) };
    },
    verify: ({ layout }) => (layout === undefined ? [] : verifyLayout(layout)),
  },
  {
    name: "route",
    summary: "give every channel colours, and every flow a port, a path and a colour",
    run(state) {
      return { ...state, layout: routeLayout(layoutOf(state), state.machine) };
    },
    verify: ({ layout }) => (layout === undefined ? [] : verifyLayout(layout)),
  },

  // The program
  {
    name: "assemble",
    summary: "emit core code by class, pack buffers by live range, write router rules and host streams",
    run(state) {
      return { ...state, program: assembleProgram(layoutOf(state), state.machine).program };
    },
    verify: ({ program }) => (program === undefined ? [] : verifyProgram(program)),
  },
  {
    name: "check",
    summary: "prove, from the program alone, that it is legal",
    run: (state, { onProgress }) => checkLegality(state, onProgress),
    verify: () => [],
  },
];

/** A program that is illegal, or that the checker cannot decide on, is refused with the checker's findings. */
function checkLegality(state: CompileState, onProgress: (share: number) => void): CompileState {
  invariant(state.program !== undefined, "the state has a program to check");
  const { verdict, findings } = checkProgram(state.program, state.machine, {
    onProgress: ({ share }) => onProgress(share),
  });
  if (verdict !== "legal") throw new CompileError(findings);
  return state;
}

function bytesOfArray({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
