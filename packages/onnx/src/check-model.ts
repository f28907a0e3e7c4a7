// Everything that is wrong with a model file, in one run: what `waferc check-model` prints, and what an import refuses.
import { DiagnosticSink, sortDiagnostics, type Diagnostic, type Loc } from "@waferc/base";
import { checkFunctions } from "./check-functions.ts";
import { checkGraph } from "./check-graph.ts";
import { CODES, exitCodeOf } from "./codes.ts";
import { decodeModel } from "./decode.ts";
import type { ExternalData } from "./external.ts";
import { FunctionTable } from "./functions.ts";
import type { ModelCheck, UnknownNode } from "./graph-check.ts";
import { contradictoryImports, readOpsets, type Opsets } from "./opset.ts";
import type { ModelProto } from "./proto.ts";

/** Newest IR version whose changes were read when this was written (1.22 has 13, its successor 14). */
const NEWEST_IR_VERSION = 14n;

const FILE: Loc = { kind: "argument", name: "MODEL" };

export interface ModelFindings {
  /** Sorted by place. */
  readonly findings: readonly Diagnostic[];
  /** 0 sound and supported, 4 not supported, 5 broken. */
  readonly exitCode: 0 | 4 | 5;
}

/** What the check found out that an import needs. */
export interface CheckedModel {
  readonly opsets: Opsets;
  readonly functions: FunctionTable;
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
export function checkDecoded(
  model: ModelProto,
  diag: DiagnosticSink,
  external: ExternalData | undefined,
): CheckedModel {
  checkHead(model, diag);
  const opsets = readOpsets(model);
  const functions = new FunctionTable(model, opsets);
  const checked: CheckedModel = { opsets, functions };
  if (model.graph === undefined) {
    const help = ["A .pb file of test data holds a tensor, not a model"];
    diag.report(CODES["ONX-003"], { message: "Cannot find a graph in the file", at: FILE, help });
    return checked;
  }
  const check: ModelCheck = {
    diag,
    irVersion: model.irVersion ?? 0n,
    external,
    functions,
    unknown: [],
    missingDomains: new Map(),
    impliedDomains: new Map(),
  };
  checkGraph(model.graph, { ...check, opsets, home: undefined, parameters: undefined, isUsed: true });
  checkFunctions(model.graph, check);
  reportUnknown(check.unknown, check);
  reportImports(check);
  return checked;
}

function checkHead(model: ModelProto, diag: DiagnosticSink): void {
  const { irVersion = 0n } = model;
  if (irVersion > NEWEST_IR_VERSION) {
    const message = `IR version ${irVersion} is newer than ${NEWEST_IR_VERSION}`;
    diag.report(CODES["ONX-202"], { message, at: FILE });
  }
  for (const domain of contradictoryImports(model.opsetImport ?? [])) {
    const message = `${printDomain(domain)} is imported in more than one version; the highest counts`;
    diag.report(CODES["ONX-206"], { message, at: FILE });
  }
  const faults = repeatedKeys(model).map((key) => `Metadata key "${key}" is given twice`);
  if (irVersion <= 0n) faults.push("The IR version is missing");
  if (model.graph !== undefined && !model.graph.name) faults.push("The graph has no name");
  for (const message of faults) diag.report(CODES["ONX-208"], { message, at: FILE });
}

function repeatedKeys({ metadataProps = [] }: ModelProto): string[] {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { key = "" } of metadataProps) {
    if (seen.has(key)) repeated.add(key);
    seen.add(key);
  }
  return [...repeated];
}

function printDomain(domain: string): string {
  return domain === "" ? "The default domain" : `Domain "${domain}"`;
}

function reportImports({ diag, missingDomains, impliedDomains }: ModelCheck): void {
  for (const [domain, node] of missingDomains) {
    const name = domain === "" ? "the default domain" : `domain "${domain}"`;
    diag.report(CODES["ONX-004"], { message: `Cannot find an opset import for ${name}`, at: { kind: "onnx", node } });
  }
  for (const [domain, node] of impliedDomains) {
    const message = `${printDomain(domain)} is not imported; the version that must be meant is taken`;
    diag.report(CODES["ONX-205"], { message, at: { kind: "onnx", node } });
  }
}

/** One diagnostic for each operator, with a note for every node that uses it. */
function reportUnknown(unknown: readonly UnknownNode[], { diag }: ModelCheck): void {
  const groups = new Map<string, UnknownNode[]>();
  for (const one of unknown) {
    const name = one.domain === "" ? one.kind : `${one.domain}::${one.kind}`;
    const key = `${name}"${one.opset === undefined ? "" : ` of opset ${one.opset}`}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  for (const [key, nodes] of groups) {
    const [first] = nodes;
    if (first === undefined) continue;
    diag.report(CODES["ONX-101"], {
      message: `Cannot compile operator "${key}: ${nodes.length} nodes use it`,
      at: { kind: "onnx", node: first.node },
      notes: nodes.map(({ node }) => ({ message: "used", at: { kind: "onnx", node } })),
      help: ["`waferc ops` lists the supported operators"],
    });
  }
}
