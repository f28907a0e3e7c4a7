// What the parts of the model check share: where findings go, and what is known around the graph that is being checked.
import type { DiagnosticCode, DiagnosticSink, Loc } from "@waferc/base";
import { CODES } from "./codes.ts";
import type { ExternalData } from "./external.ts";
import type { FunctionTable, LocalFunction } from "./functions.ts";
import type { Opsets } from "./opset.ts";
import type { NodeProto } from "./proto.ts";
import type { TensorFault } from "./tensor-proto.ts";

/** A node whose operator no table knows, kept to be reported by operator. */
export interface UnknownNode {
  readonly domain: string;
  readonly kind: string;
  readonly node: string;
  readonly opset: number | undefined;
}

/** What the graphs of a whole model share. */
export interface ModelCheck {
  readonly diag: DiagnosticSink;
  readonly irVersion: bigint;
  readonly external: ExternalData | undefined;
  readonly functions: FunctionTable;
  readonly unknown: UnknownNode[];
  /** Domain to the first node that misses its import. */
  readonly missingDomains: Map<string, string>;
  /** The same for imports that may be missing. */
  readonly impliedDomains: Map<string, string>;
}

/** One graph with those nested in it, or the body of a function. */
export interface GraphCheck extends ModelCheck {
  readonly opsets: Opsets;
  /** The function that the nodes are in. */
  readonly home: LocalFunction | undefined;
  /** Names of that function's attributes. */
  readonly parameters: ReadonlySet<string> | undefined;
  /** Are its operators of interest? Those of functions that nobody calls are not. */
  readonly isUsed: boolean;
}

/** A node's name, or its place and operator if it has none. */
export function labelOf(node: NodeProto, index: number): string {
  return node.name ? node.name : `#${index} ${node.opType ?? ""}`;
}

export function nodePlace(check: GraphCheck, node: NodeProto, index: number): Loc {
  const label = labelOf(node, index);
  return { kind: "onnx", node: check.home === undefined ? label : `${check.home.id}/${label}` };
}

/** A graph input, output or initialiser. */
export function entityPlace(check: GraphCheck, what: string, name: string): Loc {
  const inside = check.home === undefined ? "" : `function "${check.home.id}" `;
  return { kind: "entity", id: `${inside}${what} "${name}"` };
}

export function report(check: ModelCheck, code: DiagnosticCode, message: string, at: Loc): void {
  check.diag.report(code, { message, at });
}

export function tensorCode(fault: TensorFault): DiagnosticCode {
  return { broken: CODES["ONX-009"], dtype: CODES["ONX-102"], external: CODES["ONX-011"], size: CODES["ONX-105"] }[
    fault.kind
  ];
}
