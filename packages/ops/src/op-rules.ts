// The rules that op definitions give to the graph verifier: arity, attributes, and shapes that fit.
import type { Graph, Op, OpRules, ValueType } from "@waferc/ir/graph";
import { printType, qualifiedKind, valueOf } from "@waferc/ir/graph";
import { areWrappersEqual, isUnknownType } from "./data.ts";
import { inferOp } from "./infer.ts";
import { OpError } from "./op-error.ts";
import { findOp } from "./op-table.ts";
import { canDimsMatch, printShape } from "./shapes.ts";

/** Rules for every op that has a definition; the others are left alone. */
export const opRules: OpRules = {
  problemsOf(op: Op, graph: Graph): readonly string[] {
    const found = findOp(op.domain, op.kind, op.version);
    if (found === undefined) return [];
    const operands = op.operands.map((id) => (id === undefined ? undefined : valueOf(graph, id)));
    const constants = op.operands.map((id) => {
      const source = id === undefined ? undefined : graph.constants.get(id);
      return source === undefined || source.byteLength > MAX_READ_BYTES ? undefined : source.read();
    });
    try {
      const inferred = inferOp(op, operands, constants, (block) => block.results.map((id) => valueOf(graph, id)));
      return op.results.flatMap((id, i) =>
        id === undefined ? [] : contradictions(qualifiedKind(op), valueOf(graph, id), inferred[i]),
      );
    } catch (error) {
      if (error instanceof OpError) return [`${qualifiedKind(op)} ${error.message}`];
      throw error;
    }
  },
};

/** Operands that shapes depend on are small; weights are never read to verify a graph. */
const MAX_READ_BYTES = 1024;

function contradictions(kind: string, declared: ValueType, inferred: ValueType | undefined): string[] {
  if (
    inferred !== undefined &&
    !isUnknownType(inferred) &&
    !isUnknownType(declared) &&
    !areWrappersEqual(inferred, declared)
  ) {
    return [`${kind} gives ${printType(inferred)}, but its result is declared as ${printType(declared)}`];
  }
  const problems: string[] = [];
  if (inferred?.dtype !== undefined && declared.dtype !== undefined && inferred.dtype !== declared.dtype) {
    problems.push(`${kind} gives ${inferred.dtype}, but its result is declared as ${declared.dtype}`);
  }
  const [actual, expected] = [inferred?.shape, declared.shape];
  if (actual === undefined || expected === undefined) return problems;
  const isEqual = actual.length === expected.length && actual.every((dim, i) => canDimsMatch(dim, expected[i] ?? ""));
  if (!isEqual)
    problems.push(`${kind} gives ${printShape(actual)}, but its result is declared as ${printShape(expected)}`);
  return problems;
}
