// The phases of a compile, as data: what each does, in order, and how its result is verified. `compile.ts` runs them.
import { invariant, type Diagnostic, type DiagnosticSink, type Rng } from "@waferc/base";
import { bindDims, canonicalizePasses, CountedStats, pinInputs, runPasses } from "@waferc/compiler";
import { verifyGraph, type Graph } from "@waferc/ir/graph";
import { importModel, type ExternalData } from "@waferc/onnx";
import { opRules } from "@waferc/ops";
import { inputSpecs, outputSpecs } from "../data/tensor-spec.ts";
import type { CompileState, PhaseName } from "./compile-state.ts";
import { resolvePin } from "./pins.ts";

export interface PhaseContext {
  readonly diag: DiagnosticSink;
  /** Forked by phase name. */
  readonly rng: Rng;
  /** For `import`: files beside the model. */
  readonly external: ExternalData | undefined;
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
      const bound = bindDims.run(graphOf(state), { dims: state.build.dims, mustBindAll: true }, ctx);
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
];
