// The structure of a graph and of the graphs nested in it: names defined once and before use, sound tensors, types and
// attributes, known operators. Mirrors what onnx.checker verifies (onnx/checker.cc), but reports everything in one run.
// Order: nodes may be unsorted (a warning); circles are errors, with the nodes of one circle.
import { topologicalSort, type DiagnosticCode, type DiagnosticSink, type Loc } from "@waferc/base";
import { attributeFault, graphsOf } from "./attribute.ts";
import { CODES } from "./codes.ts";
import type { AttributeProto, GraphProto, NodeProto, TensorProto, ValueInfoProto } from "./proto.ts";
import type { ExternalData } from "./external.ts";
import { findVersion, normalDomain, type Opsets } from "./opset.ts";
import { readTensorProto, type TensorFault } from "./tensor-proto.ts";
import { readValueType } from "./value-type.ts";

/** Files with nodes of this domain and no import of it exist; its only version is 1. */
const IMPLIED_DOMAIN = "com.microsoft";

/** A node whose operator no table knows, kept to be reported by operator. */
export interface UnknownNode {
  readonly domain: string;
  readonly kind: string;
  readonly node: string;
}

export interface GraphCheck {
  readonly diag: DiagnosticSink;
  readonly opsets: Opsets;
  readonly external: ExternalData | undefined;
  readonly unknown: UnknownNode[];
  readonly missingDomains: Map<string, string>;
}

/** Names that a graph defines, and those around it. */
interface Scope {
  readonly parent: Scope | undefined;
  /** Name to the index of the node that makes it; -1 for inputs and initialisers. */
  readonly definers: Map<string, number>;
}

/** A node's name, or its place and operator if it has none. */
export function labelOf(node: NodeProto, index: number): string {
  return node.name ? node.name : `#${index} ${node.opType ?? ""}`;
}

export function checkGraph(graph: GraphProto, check: GraphCheck, parent?: Scope): void {
  const scope: Scope = { parent, definers: new Map() };
  checkSources(graph, check, scope);
  const nodes = graph.node ?? [];
  nodes.forEach((node, index) => defineResults(node, index, check, scope));
  nodes.forEach((node, index) => checkNode(node, index, check, scope));
  checkOrder(nodes, check, scope);
  for (const output of graph.output ?? []) {
    const at: Loc = { kind: "entity", id: `output "${output.name ?? ""}"` };
    if (!isDefined(scope, output.name ?? ""))
      report(check, CODES["ONX-007"], `Cannot find graph output "${output.name ?? ""}"`, at);
  }
}

function report(check: GraphCheck, code: DiagnosticCode, message: string, at: Loc): void {
  check.diag.report(code, { message, at });
}

function isDefined(scope: Scope | undefined, name: string): boolean {
  for (let one = scope; one !== undefined; one = one.parent) if (one.definers.has(name)) return true;
  return false;
}

function checkSources(graph: GraphProto, check: GraphCheck, scope: Scope): void {
  const initialisers = new Set<string>();
  for (const tensor of graph.initializer ?? []) {
    checkInitialiser(tensor, check, initialisers);
    initialisers.add(tensor.name ?? "");
  }
  for (const sparse of graph.sparseInitializer ?? []) {
    const name = sparse.values?.name ?? "";
    report(check, CODES["ONX-103"], `Cannot use sparse initialiser "${name}"`, {
      kind: "entity",
      id: `initialiser "${name}"`,
    });
    initialisers.add(name);
  }
  for (const input of graph.input ?? []) checkInput(input, check, scope, initialisers, scope.parent === undefined);
  for (const name of initialisers) scope.definers.set(name, -1);
}

function checkInitialiser(tensor: TensorProto, check: GraphCheck, seen: ReadonlySet<string>): void {
  const name = tensor.name ?? "";
  const at: Loc = { kind: "entity", id: `initialiser "${name}"` };
  if (name === "") report(check, CODES["ONX-009"], "Cannot use an initialiser without a name", at);
  else if (seen.has(name)) report(check, CODES["ONX-006"], `Cannot have two initialisers "${name}"`, at);
  const { fault } = readTensorProto(tensor, check.external);
  if (fault !== undefined)
    report(check, tensorCode(fault), `Cannot use initialiser "${name}": it ${fault.message}`, at);
}

function tensorCode(fault: TensorFault): DiagnosticCode {
  return { broken: CODES["ONX-009"], dtype: CODES["ONX-102"], external: CODES["ONX-011"] }[fault.kind];
}

function checkInput(
  input: ValueInfoProto,
  check: GraphCheck,
  scope: Scope,
  initialisers: ReadonlySet<string>,
  needsType: boolean,
): void {
  const name = input.name ?? "";
  const at: Loc = { kind: "entity", id: `input "${name}"` };
  if (name === "") report(check, CODES["ONX-012"], "Cannot have a graph input without a name", at);
  else if (scope.definers.has(name)) report(check, CODES["ONX-012"], `Cannot have two graph inputs "${name}"`, at);
  scope.definers.set(name, -1);
  if (!needsType || initialisers.has(name)) return;
  const { fault } = readValueType(input.type);
  if (fault === undefined) return;
  const code = { missing: CODES["ONX-012"], dtype: CODES["ONX-102"], form: CODES["ONX-103"] }[fault.kind];
  report(check, code, `Cannot use graph input "${name}": it ${fault.message}`, at);
}

function defineResults(node: NodeProto, index: number, check: GraphCheck, scope: Scope): void {
  for (const name of node.output ?? []) {
    if (name === "") continue;
    const before = scope.definers.get(name);
    if (before === undefined) {
      scope.definers.set(name, index);
      continue;
    }
    const what = before < 0 ? "it is a graph input or an initialiser already" : "another node makes it already";
    report(check, CODES["ONX-006"], `Cannot define "${name}" again: ${what}`, {
      kind: "onnx",
      node: labelOf(node, index),
    });
  }
}

function checkNode(node: NodeProto, index: number, check: GraphCheck, scope: Scope): void {
  const at: Loc = { kind: "onnx", node: labelOf(node, index) };
  if (!node.opType) report(check, CODES["ONX-005"], "Cannot use a node without an op type", at);
  else checkOperator(node, index, check);
  if (!(node.output ?? []).some((name) => name !== ""))
    report(check, CODES["ONX-005"], "Cannot use a node without results", at);
  for (const name of node.input ?? []) {
    if (name !== "" && !isDefined(scope, name))
      report(check, CODES["ONX-007"], `Cannot find "${name}", which the node reads`, at);
  }
  checkAttributes(node.attribute ?? [], check, at);
  for (const graph of graphsOf(node.attribute)) checkGraph(graph, check, scope);
}

function checkOperator(node: NodeProto, index: number, check: GraphCheck): void {
  const domain = normalDomain(node.domain);
  const kind = node.opType ?? "";
  const at: Loc = { kind: "onnx", node: labelOf(node, index) };
  const found = findVersion(domain, kind, check.opsets);
  if (found === undefined) check.unknown.push({ domain, kind, node: labelOf(node, index) });
  if (!check.opsets.has(domain)) {
    if (domain !== IMPLIED_DOMAIN) check.missingDomains.set(domain, labelOf(node, index));
  } else if (found?.isOutsideOpset === true) {
    const imported = check.opsets.get(domain) ?? 0;
    report(check, CODES["ONX-203"], `${kind} is not in opset ${imported}; version ${found.version} is taken`, at);
  }
}

function checkAttributes(attributes: readonly AttributeProto[], check: GraphCheck, at: Loc): void {
  const seen = new Set<string>();
  for (const proto of attributes) {
    const name = proto.name ?? "";
    if (name === "") report(check, CODES["ONX-010"], "Cannot use an attribute without a name", at);
    else if (seen.has(name)) report(check, CODES["ONX-010"], `Cannot have two attributes "${name}"`, at);
    seen.add(name);
    const fault = attributeFault(proto);
    if (fault !== undefined) {
      const code = fault.kind === "broken" ? CODES["ONX-010"] : CODES["ONX-104"];
      report(check, code, `Cannot use attribute "${name}": it ${fault.message}`, at);
    }
    for (const tensor of [...(proto.t ? [proto.t] : []), ...(proto.tensors ?? [])]) {
      const reading = readTensorProto(tensor, check.external);
      if (reading.fault === undefined) continue;
      report(
        check,
        tensorCode(reading.fault),
        `Cannot use the tensor of attribute "${name}": it ${reading.fault.message}`,
        at,
      );
    }
  }
}

/**
 * Names that a node reads, directly or from inside its graphs. Names that a nested graph defines are its own, even if the
 * node gives its results the same names, as the branches of merged decoders do.
 */
export function readNames(node: NodeProto): Set<string> {
  const names = new Set(node.input ?? []);
  for (const graph of graphsOf(node.attribute)) for (const name of freeNames(graph)) names.add(name);
  names.delete("");
  return names;
}

function freeNames(graph: GraphProto): Set<string> {
  const own = new Set<string>();
  for (const info of graph.input ?? []) own.add(info.name ?? "");
  for (const tensor of graph.initializer ?? []) own.add(tensor.name ?? "");
  for (const node of graph.node ?? []) for (const name of node.output ?? []) own.add(name);
  const free = new Set<string>();
  const read = (name: string): void => void (own.has(name) || free.add(name));
  for (const node of graph.node ?? []) readNames(node).forEach(read);
  for (const output of graph.output ?? []) read(output.name ?? "");
  return free;
}

function checkOrder(nodes: readonly NodeProto[], check: GraphCheck, scope: Scope): void {
  const successors: number[][] = nodes.map(() => []);
  let late: { node: string; name: string } | undefined;
  nodes.forEach((node, index) => {
    for (const name of readNames(node)) {
      const definer = scope.definers.get(name) ?? -1;
      if (definer < 0) continue;
      successors[definer]?.push(index);
      if (definer >= index) late ??= { node: labelOf(node, index), name };
    }
  });
  if (late === undefined) return;
  const sorted = topologicalSort(nodes.length, (node) => successors[node] ?? []);
  const at: Loc = { kind: "onnx", node: late.node };
  if (sorted.kind === "order") {
    report(check, CODES["ONX-201"], `Nodes are not in order: "${late.name}" is read before it is made`, at);
    return;
  }
  const names = sorted.cycle.slice(0, 20).map((index) => `"${labelOf(nodes[index] ?? {}, index)}"`);
  report(
    check,
    CODES["ONX-008"],
    `Cannot order the nodes: they wait for each other in a circle: ${names.join(", ")}`,
    at,
  );
}
