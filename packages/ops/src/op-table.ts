// The table of all op definitions, and the resolution of an op_type in an opset to the version in force.
import type { Op } from "@waferc/ir/graph";
import { qualifiedKind } from "@waferc/ir/graph";
import { opDefinitions } from "./defs/index.ts";
import type { AnyOpDefinition } from "./op-definition.ts";
import { OpError } from "./op-error.ts";

const byName = new Map<string, AnyOpDefinition>(opDefinitions.map((op) => [qualifiedKind(op), op]));

/** Every definition, by qualified name, in alphabetical order. */
export const opTable: ReadonlyMap<string, AnyOpDefinition> = byName;

export interface ResolvedOp {
  readonly definition: AnyOpDefinition;
  /** Since-version in force. */
  readonly version: number;
}

/** The definition of an op_type at an opset version, or undefined if waferc has none. */
export function findOp(domain: string, kind: string, opset: number): ResolvedOp | undefined {
  const definition = byName.get(qualifiedKind({ domain, kind }));
  const version = definition?.versions.findLast((since) => since <= opset);
  return definition === undefined || version === undefined ? undefined : { definition, version };
}

/**
 * The definition of an op of a graph.
 * @throws OpError if there is none
 */
export function definitionOf(op: Pick<Op, "domain" | "kind" | "version">): AnyOpDefinition {
  const found = findOp(op.domain, op.kind, op.version);
  if (found === undefined) throw new OpError(`has no definition at version ${op.version}`);
  return found.definition;
}
