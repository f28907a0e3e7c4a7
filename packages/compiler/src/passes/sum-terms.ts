// Sums as lists of signed terms: a tree of additions, subtractions and negations, flattened; scalars are summed apart.
import type { GraphBuilder, Op, ValueId } from "@waferc/ir/graph";
import { readScalar } from "./pattern.ts";

export interface Term {
  readonly value: ValueId;
  readonly sign: 1 | -1;
  /** Ops from the root down to the term, the root's first. */
  readonly path: readonly Op[];
}

export interface Sum {
  /** Sum of the scalar terms. */
  readonly number: number;
  /** The others, in operand order. */
  readonly terms: readonly Term[];
}

const MAX_DEPTH = 3;

/** Terms of a value; a value that is no sum is its own only term. */
export function sumOf(graph: GraphBuilder, root: ValueId): Sum {
  const sum = { number: 0, terms: [] as Term[] };
  addTerm(graph, sum, { value: root, sign: 1, path: [] });
  return sum;
}

function addTerm(graph: GraphBuilder, sum: { number: number; readonly terms: Term[] }, term: Term): void {
  const { value, sign, path } = term;
  const scalar = readScalar(graph.constant(value));
  const op = path.length >= MAX_DEPTH ? undefined : graph.producer(value);
  const [a, b] = op?.operands ?? [];
  if (scalar !== undefined) {
    sum.number += sign * scalar;
  } else if (op?.domain === "" && (op.kind === "Add" || op.kind === "Sub") && a !== undefined && b !== undefined) {
    addTerm(graph, sum, { value: a, sign, path: [...path, op] });
    addTerm(graph, sum, { value: b, sign: op.kind === "Add" ? sign : opposite(sign), path: [...path, op] });
  } else if (op?.domain === "" && op.kind === "Neg" && a !== undefined) {
    addTerm(graph, sum, { value: a, sign: opposite(sign), path: [...path, op] });
  } else {
    sum.terms.push(term);
  }
}

const opposite = (sign: 1 | -1): 1 | -1 => (sign === 1 ? -1 : 1);
