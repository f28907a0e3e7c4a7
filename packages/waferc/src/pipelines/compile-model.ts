// A model to a compiled directory in one call: what `waferc compile MODEL` does.
import { relative } from "node:path";
import { buildArtefacts, type Artefacts } from "../artefacts/build-artefacts.ts";
import { MANIFEST_FILE } from "../artefacts/manifest.ts";
import { writeDirectory } from "../artefacts/write-directory.ts";
import { beginCompile, type CompileRequest } from "./begin.ts";
import { runPhases, type CompilePlan, type CompileRun } from "./compile.ts";

/** From a directory to a model, with forward slashes. */
export function modelPathFrom(output: string, model: string): string {
  return relative(output, model).replaceAll("\\", "/");
}

export interface CompiledResult extends CompileRun, Artefacts {}

/**
 * Compiles a model and writes its directory, if one is named.
 * @throws CompileError with everything that is wrong
 */
export function compileModel(request: CompileRequest, output?: string, plan: CompilePlan = {}): CompiledResult {
  const { state, external } = beginCompile(request);
  const run = runPhases(state, { ...plan, external });
  const modelPath = output === undefined ? "" : modelPathFrom(output, request.model);
  const artefacts = buildArtefacts(run.state, modelPath);
  if (output !== undefined) writeDirectory(output, artefacts.files, MANIFEST_FILE);
  return { ...run, ...artefacts };
}
