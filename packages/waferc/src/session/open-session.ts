// Opens whatever a path stands for as a session.
import type { Graph } from "@waferc/ir/graph";
import { failUsage } from "../cli/exit.ts";
import type { Target } from "../data/target.ts";
import type { TensorSpec } from "../data/tensor-spec.ts";
import { loadModel } from "../pipelines/load-model.ts";
import { openReferenceSession } from "./reference-session.ts";
import type { Session, SessionEngine } from "./session.ts";

export interface OpenedTarget {
  readonly session: Session;
  /** The model's inputs in file order, pinned ones included. */
  readonly inputOrder: readonly TensorSpec[];
  /** The model's graph, where it is at hand. */
  readonly graph: Graph | undefined;
}

/** @param engine what was asked for; undefined takes the default of the target */
export function openTarget(target: Target, engine: SessionEngine | undefined): OpenedTarget {
  switch (target.kind) {
    case "model":
      return openModel(target.path, engine);
    case "directory":
    case "program":
      throw new Error("not yet");
    default:
      return target.kind satisfies never;
  }
}

/** The reference evaluator on the model of a target. */
export function openReference(target: Target): OpenedTarget {
  return openTarget(target, "reference");
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
