// From an ONNX file to a graph: checks everything first, then builds. Names become value ids, initialisers and Constant nodes
// become lazy sources, attributes with graphs become blocks that see the values around them. Operators keep the version
// that is in force in their opset; later passes bring them to one form. An initialiser that is also a graph input (IR version
// 3, or an overridable default) is a constant. Model-local functions become ops in place (decision 0009), with the path of calls
// in `loc`. Leaves out training information and quantisation annotations.
import type { DiagnosticSink } from "@waferc/base";
import { invariant } from "@waferc/base";
import { GraphBuilder, type Attr, type Block, type Graph, type ValueId, type ValueType } from "@waferc/ir/graph";
import { readAttribute } from "./attribute.ts";
import { checkDecoded } from "./check-model.ts";
import { CODES } from "./codes.ts";
import { sourceOfAttr } from "./constant-node.ts";
import { decodeModel } from "./decode.ts";
import type { ExternalData } from "./external.ts";
import type { FunctionTable, LocalFunction } from "./functions.ts";
import { labelOf } from "./graph-check.ts";
import { resolveAttribute, Scope, type BoundAttribute, type Frame } from "./import-scope.ts";
import { orderNodes } from "./node-order.ts";
import { findVersion, normalDomain } from "./opset.ts";
import type { AttributeProto, GraphProto, NodeProto, ValueInfoProto } from "./proto.ts";
import { readSparseTensorProto } from "./sparse-tensor.ts";
import { readTensorProto, type TensorReading } from "./tensor-proto.ts";
import { readValueType } from "./value-type.ts";

export interface ImportOptions {
  /** Reader of the files beside the model, for external data. */
  readonly external?: ExternalData | undefined;
  /** Name of the graph; that of the file's graph unless given. */
  readonly name?: string | undefined;
}

interface Import {
  readonly builder: GraphBuilder;
  readonly diag: DiagnosticSink;
  readonly functions: FunctionTable;
  readonly external: ExternalData | undefined;
}

/**
 * Imports a model. Every problem of the file is reported with its node; warnings are left in `diag`.
 * @throws CompileError if there is an error
 */
export function importModel(bytes: Uint8Array, diag: DiagnosticSink, options: ImportOptions = {}): Graph {
  const model = decodeModel(bytes, diag);
  const { opsets, functions } = checkDecoded(model, diag, options.external);
  diag.throwIfErrors();
  const graph = model.graph ?? {};
  const builder = new GraphBuilder(options.name ?? (graph.name || "model"), opsets);
  const run: Import = { builder, diag, functions, external: options.external };
  const frame: Frame = { scope: new Scope(), opsets, bindings: undefined, path: "", block: undefined };
  noteTypes([...(graph.valueInfo ?? []), ...(graph.output ?? [])], frame);
  addInputs(graph, run, frame);
  addInitialisers(graph, run, frame);
  addNodes(graph.node ?? [], run, frame);
  addOutputs(graph.output ?? [], run, frame);
  diag.throwIfErrors();
  return builder.freeze();
}

function addInputs(graph: GraphProto, { builder }: Import, { scope }: Frame): void {
  const initialisers = new Set([
    ...(graph.initializer ?? []).map(({ name = "" }) => name),
    ...(graph.sparseInitializer ?? []).map(({ values }) => values?.name ?? ""),
  ]);
  for (const input of graph.input ?? []) {
    const name = input.name ?? "";
    if (!initialisers.has(name)) scope.define(name, builder.addInput(name, typeOf(input)));
  }
}

function addOutputs(outputs: readonly ValueInfoProto[], run: Import, { scope }: Frame): void {
  const taken = new Set(outputs.map(({ name = "" }) => name));
  const used = new Set<string>();
  for (const { name = "" } of outputs) {
    const value = definedValue(name, run, scope, `output "${name}"`);
    let unique = name;
    for (let n = 2; used.has(unique) || (unique !== name && taken.has(unique)); n++) unique = `${name}_${n}`;
    used.add(unique);
    if (value !== undefined) run.builder.addOutput(unique, value);
  }
}

function addInitialisers(graph: GraphProto, { builder, external }: Import, { scope, path }: Frame): void {
  const add = (name: string, reading: TensorReading): void => {
    invariant(reading.fault === undefined, "initialisers of a checked model must be sound");
    scope.define(name, builder.addConstant(path + name, reading.source));
  };
  for (const tensor of graph.initializer ?? []) add(tensor.name ?? "", readTensorProto(tensor, external));
  for (const sparse of graph.sparseInitializer ?? [])
    add(sparse.values?.name ?? "", readSparseTensorProto(sparse, external));
}

function typeOf(info: ValueInfoProto): ValueType {
  const reading = readValueType(info.type);
  return reading.fault === undefined ? reading.type : {};
}

function noteTypes(infos: readonly ValueInfoProto[], { scope }: Frame): void {
  for (const info of infos) {
    const reading = readValueType(info.type);
    if (info.name && reading.fault === undefined) scope.types.set(info.name, reading.type);
  }
}

/** The value of a name; undefined for an operand that a call of the function left out. */
function valueOfName(name: string, { scope }: { readonly scope: Scope }): ValueId | undefined {
  const id = scope.find(name);
  invariant(id !== "unknown", `"${name}" must be defined in a checked model`);
  return id;
}

/** The same where there must be a value. Reports ONX-013: a function that hands an operand on which its call omits. */
function definedValue(name: string, { diag }: Import, scope: Scope, what: string): ValueId | undefined {
  const id = valueOfName(name, { scope });
  if (id === undefined) {
    const message = `Cannot find ${what}: a function hands on an operand that its call leaves out`;
    diag.report(CODES["ONX-013"], { message, at: { kind: "entity", id: `value "${name}"` } });
  }
  return id;
}

function addNodes(nodes: readonly NodeProto[], run: Import, frame: Frame): void {
  const sorted = orderNodes(nodes);
  invariant(sorted.kind === "order", "a checked model must have an order of its nodes");
  for (const index of sorted.order) {
    const node = nodes[index];
    if (node !== undefined) addNode(node, labelOf(node, index), run, frame);
  }
}

function addNode(node: NodeProto, label: string, run: Import, frame: Frame): void {
  const callee = run.functions.find(node);
  if (callee !== undefined) inlineCall(node, label, callee, run, frame);
  else if (!addConstantNode(node, run, frame)) addOp(node, label, run, frame);
}

/** Constant nodes with a value become constants of the graph; false for other nodes. */
function addConstantNode(node: NodeProto, run: Import, frame: Frame): boolean {
  const [name = ""] = node.output ?? [];
  const [proto] = node.attribute ?? [];
  if (node.opType !== "Constant" || normalDomain(node.domain) !== "" || proto === undefined) return false;
  const attr = convertAttribute(proto, run, frame);
  const source = attr === undefined ? undefined : sourceOfAttr(attr);
  if (source === undefined) return false;
  frame.scope.define(name, run.builder.addConstant(displayName(name, frame), source));
  return true;
}

function addOp(node: NodeProto, label: string, run: Import, frame: Frame): void {
  const domain = normalDomain(node.domain);
  const kind = node.opType ?? "";
  const found = findVersion(domain, kind, frame.opsets);
  invariant(found !== undefined, `${kind} must be known in a checked model`);
  const { version } = found;
  const { builder } = run;
  // Functions may import newer versions than the model, and some files use operators outside of what they import.
  builder.opsets.set(domain, Math.max(builder.opsets.get(domain) ?? 1, version));
  const attrs = new Map<string, Attr>();
  for (const proto of node.attribute ?? []) {
    const attr = convertAttribute(proto, run, frame);
    if (attr !== undefined) attrs.set(proto.name ?? "", attr);
  }
  const operands = (node.input ?? []).map((name) => (name === "" ? undefined : valueOfName(name, frame)));
  const results = (node.output ?? []).map((name) => {
    if (name === "") return undefined;
    const id = builder.declareValue({ ...frame.scope.types.get(name), name: displayName(name, frame) });
    frame.scope.define(name, id);
    return id;
  });
  builder.addOp({ domain, kind, version, attrs, operands, results, loc: [frame.path + label], block: frame.block });
}

function displayName(name: string, { scope, path }: Frame): string {
  return scope.aliases.get(name) ?? path + name;
}

/** An attribute with references to those of the call followed; undefined if the call leaves it out. */
function convertAttribute(proto: AttributeProto, run: Import, frame: Frame): Attr | undefined {
  const found = resolveAttribute(proto, frame);
  if (found === undefined) return undefined;
  const outer: Frame = { ...found.frame, block: frame.block };
  const blockOf = (graph: GraphProto): Block => convertBlock(graph, run, outer);
  const reading = readAttribute(found.proto, { external: run.external, blockOf });
  invariant(reading.fault === undefined, "attributes of a checked model must be sound");
  return reading.attr;
}

function convertBlock(graph: GraphProto, run: Import, outer: Frame): Block {
  const { builder } = run;
  const block = builder.addBlock(graph.name ?? "");
  const frame: Frame = { ...outer, scope: new Scope(outer.scope), block };
  noteTypes([...(graph.valueInfo ?? []), ...(graph.output ?? [])], frame);
  for (const input of graph.input ?? []) {
    const name = input.name ?? "";
    frame.scope.define(name, builder.addParam(block, { ...typeOf(input), name: frame.path + name }));
  }
  addInitialisers(graph, run, frame);
  addNodes(graph.node ?? [], run, frame);
  for (const { name = "" } of graph.output ?? []) {
    const value = definedValue(name, run, frame.scope, `result "${name}" of graph "${graph.name ?? ""}"`);
    if (value !== undefined) builder.addResult(block, value);
  }
  return block;
}

/** The body of a function in place of a call: its operands are those of the call, its results get the call's names and types. */
function inlineCall(node: NodeProto, label: string, callee: LocalFunction, run: Import, frame: Frame): void {
  const { proto, opsets } = callee;
  const scope = new Scope();
  const bindings = new Map<string, BoundAttribute>();
  const inner: Frame = { scope, opsets, bindings, path: `${frame.path}${label}/`, block: frame.block };
  for (const attribute of proto.attributeProto ?? [])
    bindings.set(attribute.name ?? "", { proto: attribute, frame: inner });
  for (const attribute of node.attribute ?? []) {
    const found = resolveAttribute(attribute, frame);
    if (found !== undefined) bindings.set(attribute.name ?? "", found);
  }
  (proto.input ?? []).forEach((name, i) => {
    const operand = node.input?.[i] ?? "";
    scope.define(name, operand === "" ? undefined : valueOfName(operand, frame));
  });
  const results = (proto.output ?? []).map((name, i) => ({ name, outside: node.output?.[i] ?? "" }));
  for (const { name, outside } of results) {
    const type = frame.scope.types.get(outside);
    if (outside === "" || scope.aliases.has(name)) continue;
    scope.aliases.set(name, displayName(outside, frame));
    if (type !== undefined) scope.types.set(name, type);
  }
  addNodes(proto.node ?? [], run, inner);
  for (const { name, outside } of results) if (outside !== "") frame.scope.define(outside, valueOfName(name, inner));
}
