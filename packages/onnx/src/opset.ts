// Opset imports, and the since-version of an operator in them. Which operators exist is the table of the ops package.
import { findOp, opTable } from "@waferc/ops";
import { qualifiedKind } from "@waferc/ir/graph";
import type { ModelProto, OperatorSetIdProto } from "./proto.ts";

export type Opsets = ReadonlyMap<string, number>;

/** "ai.onnx" and "" are the same domain. */
export function normalDomain(domain: string | null | undefined): string {
  return domain === "ai.onnx" || domain === null || domain === undefined ? "" : domain;
}

/** Imported versions of a model by domain. Before IR version 3 a model had no imports and meant version 1. */
export function readOpsets(model: ModelProto): Opsets {
  const imports = readImports(model.opsetImport ?? []);
  return imports.size === 0 && (model.irVersion ?? 0n) < 3n ? new Map([["", 1]]) : imports;
}

/** Versions by domain; a domain that is imported twice counts with its higher version. */
export function readImports(entries: readonly OperatorSetIdProto[]): Opsets {
  const opsets = new Map<string, number>();
  for (const entry of entries) {
    const domain = normalDomain(entry.domain);
    opsets.set(domain, Math.max(opsets.get(domain) ?? 0, Number(entry.version ?? 0n)));
  }
  return opsets;
}

/** Domains that are imported more than once, with different versions. */
export function contradictoryImports(entries: readonly OperatorSetIdProto[]): readonly string[] {
  const versions = new Map<string, Set<bigint>>();
  for (const { domain, version = 0n } of entries) {
    const key = normalDomain(domain);
    versions.set(key, (versions.get(key) ?? new Set()).add(version));
  }
  return [...versions].filter(([, found]) => found.size > 1).map(([domain]) => domain);
}

export interface FoundVersion {
  readonly version: number;
  /** The operator is newer than the import; onnxruntime writes such files. */
  readonly isOutsideOpset: boolean;
}

/** The version in force of an operator, or undefined if no table knows it. */
export function findVersion(domain: string, kind: string, opsets: Opsets): FoundVersion | undefined {
  const found = findOp(domain, kind, opsets.get(domain) ?? 1);
  if (found !== undefined) return { version: found.version, isOutsideOpset: false };
  const definition = opTable.get(qualifiedKind({ domain, kind }));
  // An earlier version with another meaning is in force then, and nothing implements it.
  if (definition === undefined || definition.missing.length > 0) return undefined;
  return { version: definition.versions[0], isOutsideOpset: true };
}
