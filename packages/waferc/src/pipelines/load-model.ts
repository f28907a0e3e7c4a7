// From a path to an imported graph.
import { basename, extname } from "node:path";
import { DiagnosticSink, type Diagnostic } from "@waferc/base";
import type { Graph } from "@waferc/ir/graph";
import { importModel } from "@waferc/onnx";
import { digestBytes } from "../artefacts/digest.ts";
import { externalDataBeside } from "../data/external.ts";
import { readUserFile } from "../data/files.ts";

export interface LoadedModel {
  readonly path: string;
  /** File name without its extension. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Of `bytes`; computed when somebody asks. */
  readonly sha256: string;
  readonly graph: Graph;
  readonly warnings: readonly Diagnostic[];
}

/** Reads (unless its bytes are given) and imports an .onnx file. @throws CompileError CLI-001, ONX-* */
export function loadModel(path: string, bytes = readUserFile(path, "MODEL")): LoadedModel {
  const name = basename(path, extname(path));
  const diag = new DiagnosticSink();
  const graph = importModel(bytes, diag, { external: externalDataBeside(path), name });
  return {
    path,
    name,
    bytes,
    get sha256() {
      return digestBytes(bytes);
    },
    graph,
    warnings: diag.diagnostics,
  };
}
