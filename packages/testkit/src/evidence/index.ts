// Public surface of @waferc/testkit/evidence: what the claims of the project rest on, by name.
import type { Evidence } from "./evidence.ts";
import { exporterEvidence } from "./exporters.ts";
import { faultEvidence } from "./faults.ts";
import { modelEvidence } from "./models.ts";
import { programEvidence } from "./random-programs.ts";
import { graphEvidence } from "./random-graphs.ts";
import { sentenceEvidence, storyEvidence } from "./reference-models.ts";

export type { Evidence, EvidenceResult, GatherOptions } from "./evidence.ts";
export { compileCanonical, compileGraph, meshInputs, modelOutputs } from "./compile-graph.ts";
export type { CompiledGraph, CompileGraphOptions } from "./compile-graph.ts";
export { BERT, compileModel, TINYWORLD_128, TINYWORLD_16 } from "./compile-model.ts";
export type { CompiledModel, ModelSubject } from "./compile-model.ts";

/** In the order in which they are printed. */
export const EVIDENCE: readonly Evidence[] = [
  programEvidence,
  modelEvidence,
  graphEvidence,
  exporterEvidence,
  faultEvidence,
  sentenceEvidence,
  storyEvidence,
];
