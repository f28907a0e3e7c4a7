// What an ONNX file says about itself, for `waferc inspect MODEL`: versions, producer, opsets and metadata.
import { DiagnosticSink } from "@waferc/base";
import { decodeModel } from "./decode.ts";
import type { ModelProto } from "./proto.ts";
import { normalDomain, readOpsets } from "./opset.ts";

export interface ModelSummary {
  readonly irVersion: number;
  readonly producer: string;
  readonly opsets: ReadonlyMap<string, number>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly nodes: number;
  readonly initialisers: number;
  readonly functions: number;
  /** Nodes of the main graph by op_type, most frequent first; "" is ai.onnx. */
  readonly operators: readonly OperatorCount[];
}

export interface OperatorCount {
  readonly domain: string;
  readonly kind: string;
  readonly count: number;
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
    operators: countOperators(model),
  };
}

function countOperators(model: ModelProto): OperatorCount[] {
  const counts = new Map<string, OperatorCount>();
  for (const { domain, opType } of model.graph?.node ?? []) {
    const [own, kind] = [normalDomain(domain), opType ?? ""];
    const key = `${own}::${kind}`;
    counts.set(key, { domain: own, kind, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count || (a.kind < b.kind ? -1 : 1));
}

/**
 * Summary of a model file.
 * @throws CompileError if the file cannot be decoded
 */
export function readModelSummary(bytes: Uint8Array): ModelSummary {
  return summarizeModel(decodeModel(bytes, new DiagnosticSink()));
}
