// What an ONNX file says about itself, for `waferc inspect MODEL`: versions, producer, opsets and metadata.
import { DiagnosticSink } from "@waferc/base";
import { decodeModel } from "./decode.ts";
import type { ModelProto } from "./proto.ts";
import { readOpsets } from "./opset.ts";

export interface ModelSummary {
  readonly irVersion: number;
  readonly producer: string;
  readonly opsets: ReadonlyMap<string, number>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly nodes: number;
  readonly initialisers: number;
  readonly functions: number;
}

/** Summary of a decoded model. */
function summarizeModel(model: ModelProto): ModelSummary {
  return {
    irVersion: Number(model.irVersion ?? 0n),
    producer: [model.producerName, model.producerVersion].filter(Boolean).join(" "),
    opsets: readOpsets(model),
    metadata: new Map((model.metadataProps ?? []).map(({ key, value }) => [key ?? "", value ?? ""])),
    nodes: model.graph?.node?.length ?? 0,
    initialisers: model.graph?.initializer?.length ?? 0,
    functions: model.functions?.length ?? 0,
  };
}

/**
 * Summary of a model file.
 * @throws CompileError if the file cannot be decoded
 */
export function readModelSummary(bytes: Uint8Array): ModelSummary {
  return summarizeModel(decodeModel(bytes, new DiagnosticSink()));
}
