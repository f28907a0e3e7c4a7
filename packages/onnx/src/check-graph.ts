// The structure of a graph and of the graphs nested in it: names defined once and before use, sound tensors, types and
// attributes, known operators. Mirrors what onnx.checker verifies (onnx/checker.cc), but reports everything in one run.
// Tolerated with a warning: nodes that are not in order, names that hide outer ones, formal faults without consequence.
import type { Loc } from "@waferc/base";
import { graphsOf } from "./attribute.ts";
import { checkNode } from "./check-node.ts";
import { CODES } from "./codes.ts";
import { entityPlace, labelOf, nodePlace, report, tensorCode, type GraphCheck } from "./graph-check.ts";
import { orderNodes } from "./node-order.ts";
import type { GraphProto, NodeProto, SparseTensorProto, TensorProto, ValueInfoProto } from "./proto.ts";
import { readSparseTensorProto } from "./sparse-tensor.ts";
import { readTensorProto, type TensorReading } from "./tensor-proto.ts";
import { readValueType } from "./value-type.ts";

/** Names that a graph defines, and those around it. */
interface Scope {
  readonly parent: Scope | undefined;
  /** Index of the node of the parent that holds this graph. */
  readonly holder: number;
  readonly inputs: Set<string>;
  readonly initialisers: Set<string>;
  /** Name to the index of the first node that makes it. */
  readonly results: Map<string, number>;
}

export function checkGraph(graph: GraphProto, check: GraphCheck, parent?: Scope, holder = 0): void {
  const scope: Scope = { parent, holder, inputs: new Set(), initialisers: new Set(), results: new Map() };
  checkSources(graph, check, scope);
  const nodes = graph.node ?? [];
  nodes.forEach((node, index) => defineResults(node, index, check, scope));
  nodes.forEach((node, index) => {
    checkNode(node, index, check);
    checkReads(node, index, check, scope);
    for (const nested of graphsOf(node.attribute)) checkGraph(nested, check, scope, index);
  });
  checkOrder(nodes, check);
  checkOutputs(graph.output ?? [], check, scope);
}

const isOwn = ({ inputs, initialisers, results }: Scope, name: string): boolean =>
  inputs.has(name) || initialisers.has(name) || results.has(name);

function isDefined(scope: Scope | undefined, name: string): boolean {
  for (let one = scope; one !== undefined; one = one.parent) if (isOwn(one, name)) return true;
  return false;
}

/** Is the name that of a value around the graph that is made before the node that holds it? A later one is out of its sight. */
function isHiding(name: string, { parent, holder }: Scope): boolean {
  if (parent === undefined) return false;
  const maker = parent.inputs.has(name) || parent.initialisers.has(name) ? -1 : parent.results.get(name);
  return (maker !== undefined && maker < holder) || isHiding(name, parent);
}

function warnOfHiding(name: string, check: GraphCheck, scope: Scope, at: Loc): void {
  if (isHiding(name, scope))
    report(check, CODES["ONX-204"], `"${name}" hides a value of the same name around its graph`, at);
}

function checkSources(graph: GraphProto, check: GraphCheck, scope: Scope): void {
  for (const input of graph.input ?? []) checkInput(input, check, scope);
  for (const tensor of graph.initializer ?? []) checkInitialiser(tensor, check, scope);
  for (const sparse of graph.sparseInitializer ?? []) checkSparseInitialiser(sparse, check, scope);
  if (scope.parent !== undefined) return;
  const isStrict = check.home === undefined && check.irVersion < 4n;
  for (const input of graph.input ?? []) {
    const name = input.name ?? "";
    if (check.home === undefined && !scope.initialisers.has(name)) checkInputType(input, check);
  }
  for (const name of isStrict ? scope.initialisers : []) {
    const message = `Initialiser "${name}" is not an input too, as IR version ${check.irVersion} wants`;
    if (!scope.inputs.has(name)) report(check, CODES["ONX-208"], message, entityPlace(check, "initialiser", name));
  }
}

function checkInput({ name = "" }: ValueInfoProto, check: GraphCheck, scope: Scope): void {
  const at = entityPlace(check, "input", name);
  if (name === "") report(check, CODES["ONX-012"], "Cannot have a graph input without a name", at);
  else if (scope.inputs.has(name)) report(check, CODES["ONX-012"], `Cannot have two graph inputs "${name}"`, at);
  else warnOfHiding(name, check, scope, at);
  scope.inputs.add(name);
}

function checkInputType({ name = "", type }: ValueInfoProto, check: GraphCheck): void {
  const { fault } = readValueType(type);
  if (fault === undefined) return;
  const code = { missing: CODES["ONX-012"], dtype: CODES["ONX-102"], form: CODES["ONX-103"] }[fault.kind];
  report(check, code, `Cannot use graph input "${name}": it ${fault.message}`, entityPlace(check, "input", name));
}

function checkInitialiser(tensor: TensorProto, check: GraphCheck, scope: Scope): void {
  addInitialiser(tensor.name ?? "", readTensorProto(tensor, check.external), check, scope);
}

function checkSparseInitialiser(sparse: SparseTensorProto, check: GraphCheck, scope: Scope): void {
  addInitialiser(sparse.values?.name ?? "", readSparseTensorProto(sparse, check.external), check, scope);
}

function addInitialiser(name: string, { fault }: TensorReading, check: GraphCheck, scope: Scope): void {
  const at = entityPlace(check, "initialiser", name);
  if (name === "") report(check, CODES["ONX-009"], "Cannot use an initialiser without a name", at);
  else if (scope.initialisers.has(name)) report(check, CODES["ONX-006"], `Cannot have two initialisers "${name}"`, at);
  else if (!scope.inputs.has(name)) warnOfHiding(name, check, scope, at);
  scope.initialisers.add(name);
  if (fault !== undefined)
    report(check, tensorCode(fault), `Cannot use initialiser "${name}": it ${fault.message}`, at);
}

function defineResults(node: NodeProto, index: number, check: GraphCheck, scope: Scope): void {
  const at = nodePlace(check, node, index);
  for (const name of node.output ?? []) {
    if (name === "") continue;
    if (isOwn(scope, name)) {
      const what = scope.results.has(name)
        ? "another node makes it already"
        : "it is a graph input or an initialiser already";
      report(check, CODES["ONX-006"], `Cannot define "${name}" again: ${what}`, at);
    } else warnOfHiding(name, check, scope, at);
    if (!scope.results.has(name)) scope.results.set(name, index);
  }
}

function checkReads(node: NodeProto, index: number, check: GraphCheck, scope: Scope): void {
  for (const name of node.input ?? []) {
    if (name !== "" && !isDefined(scope, name))
      report(check, CODES["ONX-007"], `Cannot find "${name}", which the node reads`, nodePlace(check, node, index));
  }
}

function checkOutputs(outputs: readonly ValueInfoProto[], check: GraphCheck, scope: Scope): void {
  const isMain = scope.parent === undefined && check.home === undefined;
  const seen = new Set<string>();
  for (const { name = "" } of outputs) {
    const at = entityPlace(check, "output", name);
    if (!isDefined(scope, name)) report(check, CODES["ONX-007"], `Cannot find graph output "${name}"`, at);
    else if (isMain && seen.has(name))
      report(check, CODES["ONX-207"], `Output "${name}" is listed twice; the second gets a name of its own`, at);
    seen.add(name);
  }
}

function checkOrder(nodes: readonly NodeProto[], check: GraphCheck): void {
  const found = orderNodes(nodes);
  if (found.kind === "order") {
    if (found.late === undefined) return;
    const { node, name } = found.late;
    const message = `Nodes are not in order: "${name}" is read before it is made`;
    report(check, CODES["ONX-201"], message, nodePlace(check, nodes[node] ?? {}, node));
    return;
  }
  const names = found.cycle.slice(0, 20).map((index) => `"${labelOf(nodes[index] ?? {}, index)}"`);
  const [first = 0] = found.cycle;
  const message = `Cannot order the nodes: they wait for each other in a circle: ${names.join(", ")}`;
  report(check, CODES["ONX-008"], message, nodePlace(check, nodes[first] ?? {}, first));
}
