// onnxruntime's ops that repeat an ONNX op in domain com.microsoft: the same definition under another domain, and often
// under another name. Rules of the newest version that the ONNX definition names must hold for them; they have one
// version of their own, 1, so this is for definitions that do not ask for the version.
import { defineOp } from "../op-definition.ts";
import type { AnyOpDefinition, Arity } from "../op-definition.ts";

export interface TwinChanges {
  readonly kind?: string;
  readonly operands?: Arity;
}

export function defineMicrosoftTwin(op: AnyOpDefinition, changes: TwinChanges = {}): AnyOpDefinition {
  const { source: _source, ...same } = op;
  return defineOp({ ...same, ...changes, domain: "com.microsoft", versions: [1], missing: [] });
}
