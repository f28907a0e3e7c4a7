// One node by itself: op type, operator and its version, numbers of operands and results, attributes. What the operator's
// definition knows is checked here; types and shapes are for inference, which comes later.
import type { Loc } from "@waferc/base";
import type { Block } from "@waferc/ir/graph";
import { findOp, OpError, type AnyOpDefinition } from "@waferc/ops";
import { attributeFault, attributeTypeOf, readAttribute, type AttributeFault } from "./attribute.ts";
import { CODES } from "./codes.ts";
import type { LocalFunction } from "./functions.ts";
import { nodePlace, report, tensorCode, type GraphCheck } from "./graph-check.ts";
import { findVersion, normalDomain } from "./opset.ts";
import type { AttributeProto, NodeProto } from "./proto.ts";
import { readSparseTensorProto } from "./sparse-tensor.ts";
import { readTensorProto } from "./tensor-proto.ts";

/** Files with nodes of this domain and no import of it exist; its only version is 1. */
const IMPLIED_DOMAIN = "com.microsoft";

/** For readers of attributes that hold no graphs. */
const NO_BLOCK: Block = { name: "", params: [], ops: [], results: [] };

/** Reports what is wrong with a node, its operands' names and its nested graphs apart. */
export function checkNode(node: NodeProto, index: number, check: GraphCheck): void {
  const at = nodePlace(check, node, index);
  const attributes = node.attribute ?? [];
  checkAttributes(attributes, check, at);
  if (!(node.output ?? []).some((name) => name !== ""))
    report(check, CODES["ONX-005"], "Cannot use a node without results", at);
  if (!node.opType) {
    report(check, CODES["ONX-005"], "Cannot use a node without an op type", at);
    return;
  }
  const callee = check.functions.find(node);
  if (callee === undefined) checkOperator(node, check, at);
  else checkCall(node, callee, check, at);
}

function checkCall(node: NodeProto, { id, proto }: LocalFunction, check: GraphCheck, at: Loc): void {
  checkImport(normalDomain(node.domain), check, at, true);
  const sides = [
    ["operands", node.input, proto.input],
    ["results", node.output, proto.output],
  ] as const;
  for (const [what, given = [], declared = []] of sides) {
    const count = countGiven(given);
    if (count > declared.length)
      report(check, CODES["ONX-013"], `Cannot call "${id}" with ${count} ${what}: it has ${declared.length}`, at);
  }
}

function checkOperator(node: NodeProto, check: GraphCheck, at: Loc): void {
  const domain = normalDomain(node.domain);
  const kind = node.opType ?? "";
  const found = findVersion(domain, kind, check.opsets);
  if (found === undefined) {
    const label = "node" in at ? at.node : "";
    if (check.isUsed) check.unknown.push({ domain, kind, node: label, opset: check.opsets.get(domain) });
  } else {
    const definition = findOp(domain, kind, found.version)?.definition;
    if (definition !== undefined) checkSignature(node, definition, check, at);
  }
  checkImport(domain, check, at, domain === IMPLIED_DOMAIN);
  const imported = check.opsets.get(domain);
  if (imported !== undefined && found?.isOutsideOpset === true)
    report(check, CODES["ONX-203"], `${kind} is not in opset ${imported}; version ${found.version} is taken`, at);
}

/** A domain must be imported; it may be missing where no other version can be meant, or where the model has the import that its function lacks. */
function checkImport(domain: string, check: GraphCheck, at: Loc, isImplied: boolean): void {
  const node = "node" in at ? at.node : "";
  const own = check.home === undefined || check.home.imports.size === 0 ? check.opsets : check.home.imports;
  if (own.has(domain)) return;
  const missing = isImplied || check.opsets.has(domain) ? check.impliedDomains : check.missingDomains;
  if (!missing.has(domain)) missing.set(domain, node);
}

function countGiven(names: readonly string[]): number {
  return names.findLastIndex((name) => name !== "") + 1;
}

/** Numbers of operands and results, attributes that must be there, and the types of attributes. */
function checkSignature(node: NodeProto, definition: AnyOpDefinition, check: GraphCheck, at: Loc): void {
  const kind = node.opType ?? "";
  const sides = [
    ["operands", countGiven(node.input ?? []), definition.operands],
    ["results", countGiven(node.output ?? []), definition.results],
  ] as const;
  for (const [what, count, [min, max]] of sides) {
    if (count < min && (what === "operands" || count > 0))
      report(check, CODES["ONX-015"], `Cannot use ${kind} with ${count} ${what}: it needs ${min} or more`, at);
    if (count > max)
      report(
        check,
        CODES["ONX-106"],
        `Cannot use ${kind} with ${count} ${what}: waferc knows it with up to ${max}`,
        at,
      );
  }
  const attributes = new Map((node.attribute ?? []).map((proto) => [proto.name ?? "", proto]));
  for (const [name, spec] of Object.entries(definition.attrs)) {
    const proto = attributes.get(name);
    if (proto === undefined) {
      if (spec.isRequired) report(check, CODES["ONX-015"], `Cannot use ${kind} without attribute "${name}"`, at);
      continue;
    }
    const reason = misfitOf(proto, spec, check);
    if (reason !== undefined)
      report(check, CODES["ONX-015"], `Cannot use attribute "${name}" of ${kind}: it ${reason}`, at);
  }
}

/** Why an attribute is not what its operator takes, if its fields are sound. */
function misfitOf(
  proto: AttributeProto,
  spec: AnyOpDefinition["attrs"][string],
  check: GraphCheck,
): string | undefined {
  if (proto.refAttrName || attributeFault(proto, undefined) !== undefined) return undefined;
  const { attr } = readAttribute(proto, { external: check.external, blockOf: () => NO_BLOCK });
  if (attr === undefined) return undefined;
  try {
    spec.read(attr);
    return undefined;
  } catch (error) {
    if (error instanceof OpError) return error.message;
    throw error;
  }
}

function checkAttributes(attributes: readonly AttributeProto[], check: GraphCheck, at: Loc): void {
  const seen = new Set<string>();
  for (const proto of attributes) {
    const name = proto.name ?? "";
    if (name === "") report(check, CODES["ONX-010"], "Cannot use an attribute without a name", at);
    else if (seen.has(name)) report(check, CODES["ONX-010"], `Cannot have two attributes "${name}"`, at);
    seen.add(name);
    const fault = attributeFault(proto, check.parameters) ?? typeFault(proto);
    if (fault === undefined) {
      checkTensors(proto, check, at);
      continue;
    }
    const code = fault.kind === "broken" ? CODES["ONX-010"] : CODES["ONX-104"];
    report(check, code, `Cannot use attribute "${name}": it ${fault.message}`, at);
  }
}

/** Attributes that hold types, or lists of sparse tensors, may be of a kind that nothing reads. */
function typeFault(proto: AttributeProto): AttributeFault | undefined {
  const type = proto.refAttrName ? undefined : attributeTypeOf(proto);
  if (type !== "type" && type !== "types" && type !== "sparse_tensors") return undefined;
  return readAttribute(proto, { external: undefined, blockOf: () => NO_BLOCK }).fault;
}

function checkTensors(proto: AttributeProto, check: GraphCheck, at: Loc): void {
  const { t, tensors = [], sparseTensor, sparseTensors = [] } = proto;
  const readings = [
    ...[...(t === undefined ? [] : [t]), ...tensors].map((one) => readTensorProto(one, check.external)),
    ...[...(sparseTensor === undefined ? [] : [sparseTensor]), ...sparseTensors].map((one) =>
      readSparseTensorProto(one, check.external),
    ),
  ];
  for (const { fault } of readings) {
    if (fault === undefined) continue;
    const message = `Cannot use the tensor of attribute "${proto.name ?? ""}": it ${fault.message}`;
    report(check, tensorCode(fault), message, at);
  }
}
