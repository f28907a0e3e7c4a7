// Everything that is wrong with a model file, in one run: what `waferc check-model` prints, and what an import refuses.
import { DiagnosticSink, sortDiagnostics, type Diagnostic, type Loc } from "@waferc/base";
import { checkGraph, type GraphCheck, type UnknownNode } from "./check-graph.ts";
import { CODES, exitCodeOf } from "./codes.ts";
import { decodeModel } from "./decode.ts";
import type { ExternalData } from "./external.ts";
import type { ModelProto } from "./proto.ts";
import { readOpsets } from "./opset.ts";

/** Newest IR version whose changes were read when this was written (1.22 has 13, its successor 14). */
const NEWEST_IR_VERSION = 14n;

const FILE: Loc = { kind: "argument", name: "MODEL" };

export interface ModelFindings {
  /** Sorted by place. */
  readonly findings: readonly Diagnostic[];
  /** 0 sound and supported, 4 not supported, 5 broken. */
  readonly exitCode: 0 | 4 | 5;
}

/** Checks a model file; never throws for what is in it. */
export function checkModel(bytes: Uint8Array, external?: ExternalData): ModelFindings {
  const diag = new DiagnosticSink();
  try {
    checkDecoded(decodeModel(bytes, diag), diag, external);
  } catch (error) {
    if (!diag.hasErrors) throw error;
  }
  return { findings: sortDiagnostics(diag.diagnostics), exitCode: exitCodeOf(diag.diagnostics) };
}

/** Reports everything that is wrong with a decoded model. */
export function checkDecoded(model: ModelProto, diag: DiagnosticSink, external: ExternalData | undefined): void {
  if ((model.irVersion ?? 0n) > NEWEST_IR_VERSION) {
    diag.report(CODES["ONX-202"], {
      message: `IR version ${model.irVersion ?? 0n} is newer than ${NEWEST_IR_VERSION}`,
      at: FILE,
    });
  }
  if (model.graph === null || model.graph === undefined) {
    const help = ["A .pb file of test data holds a tensor, not a model"];
    diag.report(CODES["ONX-003"], { message: "Cannot find a graph in the file", at: FILE, help });
    return;
  }
  for (const one of model.functions ?? []) {
    const id = `function "${one.domain ?? ""}::${one.name ?? ""}"`;
    diag.report(CODES["ONX-104"], { message: `Cannot use model-local ${id}`, at: { kind: "entity", id } });
  }
  const check: GraphCheck = { diag, opsets: readOpsets(model), external, unknown: [], missingDomains: new Map() };
  checkGraph(model.graph, check);
  reportUnknown(check.unknown, check);
  for (const [domain, node] of check.missingDomains) {
    const name = domain === "" ? "the default domain" : `domain "${domain}"`;
    diag.report(CODES["ONX-004"], { message: `Cannot find an opset import for ${name}`, at: { kind: "onnx", node } });
  }
}

/** One diagnostic for each operator, with a note for every node that uses it. */
function reportUnknown(unknown: readonly UnknownNode[], check: GraphCheck): void {
  const groups = new Map<string, UnknownNode[]>();
  for (const one of unknown) {
    const key = one.domain === "" ? one.kind : `${one.domain}::${one.kind}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  for (const [key, nodes] of groups) {
    const [first] = nodes;
    if (first === undefined) continue;
    const opset = check.opsets.get(first.domain);
    const message = `Cannot compile operator "${key}"${opset === undefined ? "" : ` of opset ${opset}`}: ${nodes.length} nodes use it`;
    check.diag.report(CODES["ONX-101"], {
      message,
      at: { kind: "onnx", node: first.node },
      notes: nodes.map(({ node }) => ({ message: "used", at: { kind: "onnx", node } })),
      help: ["`waferc ops` lists the supported operators"],
    });
  }
}
