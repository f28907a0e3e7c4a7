// One case of the fuzzer: a file from a seed, and what becomes of it from bytes to the canonical graph. Refusals are what is expected of most; anything that is
// thrown but a CompileError is a failure, and so is a graph that the verifier does not accept. A case depends on its seed and number only.
import { CompileError, DiagnosticSink, Rng, printDiagnostic } from "@waferc/base";
import { bindDims, canonicalizePasses, CountedStats, modelDims, runPasses } from "@waferc/compiler";
import { verifyGraph, type Graph } from "@waferc/ir/graph";
import { checkModel, importModel, nameWrongFile, type ExternalData } from "@waferc/onnx";
import { decodeMessage, encodeMessage, scanWire, type Draft, type ModelProto } from "@waferc/onnx/testing";
import { mutateBytes } from "./mutate-bytes.ts";
import { mutateModel, type Message } from "./mutate-message.ts";
import { randomModel } from "./random-model.ts";
import { SEED_MODELS } from "./seed-models.ts";

/** How far a case came: refused by the decoder, the check, a pass, or canonical. */
export type Stage = "bytes" | "model" | "passes" | "canonical";

export interface CaseResult {
  readonly stage: Stage;
  readonly failure?: string;
}

/** A corpus to mutate; the first models are drawn most. */
export interface Corpus {
  readonly small: readonly Uint8Array[];
  /** Models of the repository: slower, drawn rarely. */
  readonly large: readonly Uint8Array[];
}

export const GENERATED: Corpus = { small: SEED_MODELS, large: [] };

/** The file of a case. */
export function fileOfCase(seed: number, index: number, corpus: Corpus): Uint8Array {
  const rng = new Rng(seed).fork(`fuzz ${index}`);
  const kind = rng.float();
  if (kind < 0.25) return randomModel(rng);
  const isLarge = corpus.large.length > 0 && rng.chance(0.03);
  const base = isLarge ? rng.pick(corpus.large) : rng.chance(0.5) ? rng.pick(corpus.small) : randomModel(rng);
  if (kind < 0.35) return mutateBytes(base, rng.pick(corpus.small), rng);
  const model = decodeMessage(base, "ModelProto") as Message;
  mutateModel(model, rng, rng.between(1, 4));
  const file = encodeMessage(model as Draft<ModelProto>, "ModelProto");
  return kind < 0.4 ? mutateBytes(file, file, rng) : file;
}

/** A file of zeros beside the model, so that external data can be found. */
const EXTERNAL: ExternalData = {
  byteLengthOf: (location) => (location === "w.bin" ? 4096 : undefined),
  read: (_location, _offset, byteCount) => new Uint8Array(byteCount),
};

/** Deep enough to show the pass below an operator's arithmetic. */
const STACK_FRAMES = 30;

/** Runs a file through check, import, binding, inference and canonicalisation. */
export function runCase(bytes: Uint8Array, rng: Rng): CaseResult {
  let stage: Stage = "bytes";
  Error.stackTraceLimit = STACK_FRAMES;
  try {
    if (nameWrongFile(bytes) === undefined && scanWire(bytes, "ModelProto").length === 0) stage = "model";
    const { exitCode } = checkModel(bytes, EXTERNAL);
    const diag = new DiagnosticSink();
    const graph = importModel(bytes, diag, { external: EXTERNAL });
    if (exitCode !== 0) return { stage, failure: `imports, but checkModel gives exit code ${exitCode}` };
    stage = "passes";
    const broken = verifyGraph(graph)[0];
    if (broken !== undefined)
      return { stage, failure: `imports to a graph that is broken: ${printDiagnostic(broken)}` };
    canonicalize(graph, diag, rng);
    return { stage: "canonical" };
  } catch (error) {
    if (error instanceof CompileError) return { stage };
    return { stage, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function canonicalize(graph: Graph, diag: DiagnosticSink, rng: Rng): void {
  const dims = new Map(modelDims(graph).map(({ name }) => [name, rng.between(1, 3)]));
  const ctx = { diag, rng, stats: new CountedStats() };
  runPasses(bindDims.run(graph, { dims, mustBindAll: true }, ctx), canonicalizePasses, ctx);
}
