// What type inference says of a model before any dimension is bound: nodes whose operands break their operator's rules, and values that are declared as
// something else than they are. The strict form of `check-model`, as onnx.checker's full check.
import { CompileError, DiagnosticSink, Rng, type Diagnostic } from "@waferc/base";
import { bindDims, CountedStats, inferShapes } from "@waferc/compiler";
import { importModel, type ExternalData } from "@waferc/onnx";

/** Findings of inference, without those of the import. Assumes a file that `checkModel` accepts. */
export function checkInference(bytes: Uint8Array, external: ExternalData): readonly Diagnostic[] {
  const graph = importModel(bytes, new DiagnosticSink(), { external });
  const diag = new DiagnosticSink();
  const ctx = { diag, rng: new Rng(0), stats: new CountedStats() };
  try {
    inferShapes.run(bindDims.run(graph, { dims: new Map(), mustBindAll: false }, ctx), {}, ctx);
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
  }
  return diag.diagnostics;
}
