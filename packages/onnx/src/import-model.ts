// From an ONNX file to a graph: checks everything first, then builds. Names become value ids, initialisers and Constant nodes
// become lazy sources, attributes with graphs become blocks that see the values around them. Operators keep the version
// that is in force in their opset; later passes bring them to one form. An initialiser that is also a graph input (IR version
// 3, or an overridable default) is a constant. Leaves out model-local functions, sparse tensors and training information.
import type { DiagnosticSink } from "@waferc/base";
import { invariant } from "@waferc/base";
import {
  GraphBuilder,
  sourceOf,
  type Attr,
  type Block,
  type Graph,
  type TensorSource,
  type ValueId,
  type ValueType,
} from "@waferc/ir/graph";
import { tensorOf } from "@waferc/numerics";
import { readAttribute } from "./attribute.ts";
import { labelOf } from "./check-graph.ts";
import { checkDecoded } from "./check-model.ts";
import { CODES } from "./codes.ts";
import { decodeModel } from "./decode.ts";
import type { ExternalData } from "./external.ts";
import { findVersion, normalDomain, readOpsets, type Opsets } from "./opset.ts";
import type { AttributeProto, GraphProto, NodeProto, ValueInfoProto } from "./proto.ts";
import { readTensorProto } from "./tensor-proto.ts";
import { readValueType } from "./value-type.ts";

export interface ImportOptions {
  /** Reader of the files beside the model, for external data. */
  readonly external?: ExternalData | undefined;
  /** Name of the graph; that of the file's graph unless given. */
  readonly name?: string | undefined;
}

/** Names of one graph and of those around it. */
class Scope {
  readonly #parent: Scope | undefined;
  readonly #values = new Map<string, ValueId>();
  /** Declared types of values inside this graph. */
  readonly types = new Map<string, ValueType>();

  constructor(parent?: Scope) {
    this.#parent = parent;
  }
  find(name: string): ValueId | undefined {
    return this.#values.get(name) ?? this.#parent?.find(name);
  }
  ownValue(name: string): ValueId | undefined {
    return this.#values.get(name);
  }
  define(name: string, id: ValueId): void {
    this.#values.set(name, id);
  }
}

interface Import {
  readonly builder: GraphBuilder;
  readonly opsets: Opsets;
  readonly external: ExternalData | undefined;
}

/**
 * Imports a model. Every problem of the file is reported with its node; warnings are left in `diag`.
 * @throws CompileError if there is an error
 */
export function importModel(bytes: Uint8Array, diag: DiagnosticSink, options: ImportOptions = {}): Graph {
  const model = decodeModel(bytes, diag);
  checkDecoded(model, diag, options.external);
  diag.throwIfErrors();
  const graph = model.graph ?? {};
  const opsets = readOpsets(model);
  const builder = new GraphBuilder(options.name ?? (graph.name || "model"), opsets);
  const run: Import = { builder, opsets, external: options.external };
  const scope = new Scope();
  addSources(graph, run, scope);
  addNodes(graph, run, scope);
  for (const output of graph.output ?? []) builder.addOutput(output.name ?? "", resolve(scope, output.name ?? ""));
  try {
    return builder.freeze();
  } catch (error) {
    // The check saw circles among the nodes of one graph; one that runs through a nested graph is found only here.
    if (!(error instanceof RangeError)) throw error;
    diag.report(CODES["ONX-008"], { message: error.message, at: { kind: "argument", name: "MODEL" } });
    diag.throwIfErrors();
    throw error;
  }
}

function resolve(scope: Scope, name: string): ValueId {
  const id = scope.find(name);
  invariant(id !== undefined, `"${name}" must be defined in a checked model`);
  return id;
}

function addSources(graph: GraphProto, { builder, external }: Import, scope: Scope): void {
  for (const info of [...(graph.valueInfo ?? []), ...(graph.output ?? [])]) noteType(info, scope);
  const initialisers = new Set((graph.initializer ?? []).map((tensor) => tensor.name ?? ""));
  for (const input of graph.input ?? []) {
    const name = input.name ?? "";
    if (!initialisers.has(name))
      scope.define(name, builder.addInput(name, readValueType(input.type).fault ? {} : typeOf(input)));
  }
  addInitialisers(graph, builder, scope, external);
}

function addInitialisers(
  graph: GraphProto,
  builder: GraphBuilder,
  scope: Scope,
  external: ExternalData | undefined,
): void {
  for (const tensor of graph.initializer ?? []) {
    const reading = readTensorProto(tensor, external);
    invariant(reading.fault === undefined, "initialisers of a checked model must be sound");
    const name = tensor.name ?? "";
    scope.define(name, builder.addConstant(name, reading.source));
  }
}

function typeOf(info: ValueInfoProto): ValueType {
  const reading = readValueType(info.type);
  return reading.fault === undefined ? reading.type : {};
}

function noteType(info: ValueInfoProto, scope: Scope): void {
  const reading = readValueType(info.type);
  if (info.name && reading.fault === undefined) scope.types.set(info.name, reading.type);
}

/** Declares all results first, so that unsorted nodes and captures from nested graphs find their values. */
function addNodes(graph: GraphProto, run: Import, scope: Scope, block?: Block): void {
  const nodes = graph.node ?? [];
  const isConstant = nodes.map((node) => constantSource(node, run) !== undefined);
  nodes.forEach((node, index) => {
    const [first = ""] = node.output ?? [];
    const source = isConstant[index] === true ? constantSource(node, run) : undefined;
    if (source !== undefined) {
      scope.define(first, run.builder.addConstant(first, source));
      return;
    }
    for (const name of node.output ?? []) {
      if (name !== "") scope.define(name, run.builder.declareValue({ name, ...scope.types.get(name) }));
    }
  });
  nodes.forEach((node, index) => {
    if (isConstant[index] !== true) addNode(node, index, run, scope, block);
  });
}

function addNode(node: NodeProto, index: number, run: Import, scope: Scope, block: Block | undefined): void {
  const domain = normalDomain(node.domain);
  const kind = node.opType ?? "";
  const found = findVersion(domain, kind, run.opsets);
  invariant(found !== undefined, `${kind} must be known in a checked model`);
  const attrs = new Map<string, Attr>();
  for (const proto of node.attribute ?? []) attrs.set(proto.name ?? "", convertAttribute(proto, run, scope));
  run.builder.addOp({
    domain,
    kind,
    version: found.version,
    attrs,
    operands: (node.input ?? []).map((name) => (name === "" ? undefined : resolve(scope, name))),
    results: (node.output ?? []).map((name) => (name === "" ? undefined : resolve(scope, name))),
    loc: [labelOf(node, index)],
    block,
  });
}

function convertAttribute(proto: AttributeProto, run: Import, scope: Scope): Attr {
  const reading = readAttribute(proto, { external: run.external, blockOf: (graph) => convertBlock(graph, run, scope) });
  invariant(reading.fault === undefined, "attributes of a checked model must be sound");
  return reading.attr;
}

function convertBlock(graph: GraphProto, run: Import, outer: Scope): Block {
  const { builder } = run;
  const scope = new Scope(outer);
  const block = builder.addBlock(graph.name ?? "");
  for (const info of [...(graph.valueInfo ?? []), ...(graph.output ?? [])]) noteType(info, scope);
  for (const input of graph.input ?? []) {
    const name = input.name ?? "";
    scope.define(name, builder.addParam(block, { name, ...typeOf(input) }));
  }
  addInitialisers(graph, builder, scope, run.external);
  addNodes(graph, run, scope, block);
  for (const output of graph.output ?? []) builder.addResult(block, resolve(scope, output.name ?? ""));
  return block;
}

/** The source of a Constant node, in any of its forms; undefined for other nodes. */
function constantSource(node: NodeProto, run: Import): TensorSource | undefined {
  if (node.opType !== "Constant" || normalDomain(node.domain) !== "") return undefined;
  const [proto] = node.attribute ?? [];
  if (proto === undefined) return undefined;
  const reading = readAttribute(proto, {
    external: run.external,
    blockOf: () => ({ name: "", params: [], ops: [], results: [] }),
  });
  return reading.fault === undefined ? sourceOfAttr(reading.attr) : undefined;
}

function sourceOfAttr(attr: Attr): TensorSource | undefined {
  switch (attr.type) {
    case "tensor":
      return attr.value;
    case "int":
      return sourceOf(tensorOf("i64", [], [attr.value]));
    case "ints":
      return sourceOf(tensorOf("i64", [attr.value.length], attr.value));
    case "float":
      return sourceOf(tensorOf("f32", [], [attr.value]));
    case "floats":
      return sourceOf(tensorOf("f32", [attr.value.length], attr.value));
    case "string":
      return sourceOf(tensorOf("string", [], [attr.value]));
    case "strings":
      return sourceOf(tensorOf("string", [attr.value.length], attr.value));
    case "tensors":
    case "type":
    case "block":
    case "blocks":
      return undefined;
    default:
      return attr satisfies never;
  }
}
