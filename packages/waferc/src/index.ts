// Public surface of the library: the functions that the command line calls.

// Compile
export { beginCompile } from "./pipelines/begin.ts";
export type { Beginning, CompileRequest } from "./pipelines/begin.ts";
export { compileModel } from "./pipelines/compile-model.ts";
export type { CompiledResult } from "./pipelines/compile-model.ts";
export { runPhases, verifyResumed } from "./pipelines/compile.ts";
export type { CompileHooks, CompilePlan, CompileRun, PhaseTime } from "./pipelines/compile.ts";
export { PHASE_NAMES } from "./pipelines/compile-state.ts";
export type { CompileState, PhaseName } from "./pipelines/compile-state.ts";
export { readDump, writeDump } from "./pipelines/dump.ts";
export { loadModel } from "./pipelines/load-model.ts";
export type { LoadedModel } from "./pipelines/load-model.ts";
export { PHASES } from "./pipelines/phases.ts";
export type { Phase } from "./pipelines/phases.ts";
export type { PinValue } from "./pipelines/pins.ts";

// Artefacts
export { buildArtefacts } from "./artefacts/build-artefacts.ts";
export type { Artefacts } from "./artefacts/build-artefacts.ts";
export { openCompiledModel } from "./artefacts/compiled-model.ts";
export type { CompiledModel } from "./artefacts/compiled-model.ts";
export { modelInMemory } from "./artefacts/in-memory.ts";
export { MANIFEST_FILE } from "./artefacts/manifest.ts";
export type { Manifest } from "./artefacts/manifest.ts";
export { writeDirectory } from "./artefacts/write-directory.ts";
export type { CompileReport } from "./report/compile-report.ts";
export type { LedgerRecord } from "./report/ledger-record.ts";
export type { PlacementRecord } from "./report/placement.ts";
export { SCHEMAS, validateJson } from "./schemas/validate-json.ts";

// Run and verify
export { openProgramSession } from "./session/program-session.ts";
export { openReferenceSession } from "./session/reference-session.ts";
export { SESSION_ENGINES } from "./session/session.ts";
export type { RunCost, Session, SessionEngine, SessionRun } from "./session/session.ts";
export { timeFirstEntry } from "./session/time-entry.ts";
export type { EntryTiming } from "./session/time-entry.ts";
export { expectedOfCase, verifyOutputs } from "./verify/verify-outputs.ts";
export type { OutputVerdict, Verdict } from "./verify/verify-outputs.ts";

// Text in, answers out
export { evaluateQuestions } from "./session/eval.ts";
export type { Answer, EvalResult } from "./session/eval.ts";
export { nextToken, openPromptModel } from "./session/prompt.ts";
export type { NextToken, PromptModel } from "./session/prompt.ts";
export { loadTokenizer } from "./session/tokenizer.ts";
export type { TextTokenizer } from "./session/tokenizer.ts";

// Data
export { readCase } from "./data/cases.ts";
export type { Case } from "./data/cases.ts";
export { externalDataBeside } from "./data/external.ts";
export type { ExternalFiles, ExternalFilesOptions } from "./data/external.ts";
export { readBytes } from "./data/files.ts";
export { randomInputs } from "./data/random-inputs.ts";
export { readInputs } from "./data/inputs.ts";
export { readQuestions } from "./data/questions.ts";
export type { Question } from "./data/questions.ts";
export type { TensorSpec } from "./data/tensor-spec.ts";
