// Fuzzing of the importer and the passes: seeded files, judged from bytes to the canonical graph.
export { readCorpus } from "./corpus.ts";
export { fileOfCase, GENERATED, runCase } from "./fuzz-case.ts";
export type { CaseResult, Corpus, Stage } from "./fuzz-case.ts";
export { runFuzz, shareDecoded } from "./run-fuzz.ts";
export type { FuzzFailure, FuzzOptions, FuzzReport } from "./run-fuzz.ts";
