// Opens whatever a path stands for as a session.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Graph } from "@waferc/ir/graph";
import type { Tensor } from "@waferc/numerics";
import { openCompiledModel, REFERENCE_FILE, type CompiledModel } from "../artefacts/compiled-model.ts";
import { digestBytes } from "../artefacts/digest.ts";
import { notCompiled, pinFile } from "../artefacts/manifest.ts";
import { readUserFile } from "../data/files.ts";
import type { Target } from "../data/target.ts";
import type { TensorSpec } from "../data/tensor-spec.ts";
import { loadModel } from "../pipelines/load-model.ts";
import { pinTensor, resolvePin } from "../pipelines/pins.ts";
import { failUsage } from "../refusal.ts";
import { openBareProgram, openBareSession, type EntryChoice } from "./bare-program.ts";
import { openProgramSession } from "./program-session.ts";
import { openReferenceSession } from "./reference-session.ts";
import type { Session, SessionEngine } from "./session.ts";

export interface OpenedTarget {
  readonly session: Session;
  /** The model's inputs in file order, pinned ones included. */
  readonly inputOrder: readonly TensorSpec[];
  /** The model's graph, where it is at hand. */
  readonly graph: Graph | undefined;
}

export interface OpenOptions extends EntryChoice {
  /** The model of a compiled directory, if it is not in it. */
  readonly model?: string | undefined;
  /** Of the machine of a program file. */
  readonly overrides?: readonly string[] | undefined;
}

/** @param engine what was asked for; undefined takes the default of the target: `fast` */
export function openTarget(target: Target, engine: SessionEngine | undefined, options: OpenOptions = {}): OpenedTarget {
  switch (target.kind) {
    case "model":
      return openModel(target.path, engine);
    case "directory": {
      if (engine === "reference") return openReference(target, options);
      const model = openCompiledModel(target.path);
      const session = openProgramSession(model, engine ?? "fast");
      return { session, inputOrder: model.manifest.signature.inputs, graph: undefined };
    }
    case "program": {
      if (engine === "reference") failUsage(`Cannot evaluate "${target.path}": a program has no graph`);
      const session = openBareSession(openBareProgram(target.path, options.overrides), engine ?? "fast", options);
      return { session, inputOrder: session.inputs, graph: undefined };
    }
    default:
      return target.kind satisfies never;
  }
}

/** The reference evaluator on the model of a target. */
export function openReference(target: Target, options: OpenOptions = {}): OpenedTarget {
  if (target.kind !== "directory") return openTarget(target, "reference");
  const model = openCompiledModel(target.path);
  const graph = loadReferenceGraph(model, options.model);
  const session = withPins(openReferenceSession(graph), model);
  return { session, inputOrder: model.manifest.signature.inputs, graph };
}

function openModel(path: string, engine: SessionEngine | undefined): OpenedTarget {
  if (engine !== "reference") {
    failUsage(`Cannot run "${path}" on the ${engine ?? "fast"} engine: it is a model, not a compiled program`, [
      `compile it: waferc compile ${path} --machine mesh32x32 -o build/model`,
      "or evaluate its graph: --engine reference",
    ]);
  }
  const { graph } = loadModel(path);
  const session = openReferenceSession(graph);
  return { session, inputOrder: session.inputs, graph };
}

/** Supplies the inputs that were pinned when the directory was compiled. */
function withPins(session: Session, { folder, manifest }: CompiledModel): Session {
  const read = (sha256: string): Uint8Array => readUserFile(join(folder, pinFile(sha256)), "DIR");
  const pinned = new Map<string, Tensor>();
  for (const spec of manifest.signature.inputs) {
    const pin = manifest.flags.pins[spec.name];
    if (pin !== undefined) pinned.set(spec.name, pinTensor(resolvePin(pin, read), spec));
  }
  return { ...session, run: (given, onProgress) => session.run(new Map([...given, ...pinned]), onProgress) };
}

/** The model that a directory was compiled from, with the same dimensions; pinned inputs stay inputs. */
function loadReferenceGraph({ folder, manifest }: CompiledModel, given: string | undefined): Graph {
  const path = given ?? join(folder, manifest.model.path ?? REFERENCE_FILE);
  if (!existsSync(path)) {
    throw notCompiled(
      folder,
      `it has no ${REFERENCE_FILE} to compare with; give the model with --model ${manifest.model.file}`,
    );
  }
  if (digestBytes(readUserFile(path, "--model")) !== manifest.model.sha256) {
    throw notCompiled(folder, `"${path}" is not the model that it was compiled from`);
  }
  return loadModel(path).graph;
}
