// Products of powers: a tree of multiplications, divisions, reciprocals, square roots and powers, flattened to factors with
// exponents and one number. x / sqrt(v), x * Reciprocal(Sqrt(v)), x * Pow(v, -0.5) and x * Div(1, Sqrt(v)) are all x^1 v^-0.5.
// A root is taken of one factor only, never of a product, so that no sign gets lost.
import type { GraphBuilder, Op, ValueId } from "@waferc/ir/graph";
import { readScalar } from "./pattern.ts";

export interface PowerFactor {
  readonly value: ValueId;
  readonly exponent: number;
  /** Ops from the root down to the factor, the root's first. */
  readonly path: readonly Op[];
}

export interface PowerProduct {
  /** Product of the scalar factors. */
  readonly number: number;
  /** The others, in operand order. */
  readonly factors: readonly PowerFactor[];
  /** The ops that were flattened. */
  readonly ops: readonly Op[];
}

/** Deeper trees are no formula of a norm. */
const MAX_DEPTH = 8;

interface Walk {
  readonly graph: GraphBuilder;
  readonly isLeaf: (id: ValueId) => boolean;
  number: number;
  readonly factors: PowerFactor[];
  readonly ops: Op[];
}

/** Factors of a value. What `isLeaf` says is a leaf is not taken apart, even if it is a product itself. */
export function powerProductOf(
  graph: GraphBuilder,
  root: ValueId,
  isLeaf: (id: ValueId) => boolean = () => false,
): PowerProduct {
  const walk: Walk = { graph, isLeaf, number: 1, factors: [], ops: [] };
  addFactor(walk, root, 1, []);
  return walk;
}

function addFactor(walk: Walk, id: ValueId, exponent: number, path: readonly Op[]): void {
  const scalar = readScalar(walk.graph.constant(id));
  if (scalar !== undefined) {
    walk.number *= scalar ** exponent;
    return;
  }
  const op = walk.isLeaf(id) || path.length >= MAX_DEPTH ? undefined : walk.graph.producer(id);
  const parts = op === undefined ? undefined : partsOf(walk.graph, op, exponent);
  if (op === undefined || parts === undefined) {
    walk.factors.push({ value: id, exponent, path });
    return;
  }
  walk.ops.push(op);
  for (const [part, power] of parts) addFactor(walk, part, power, [...path, op]);
}

/** The operands of one op as factors with their exponents. */
function partsOf(graph: GraphBuilder, op: Op, exponent: number): readonly (readonly [ValueId, number])[] | undefined {
  const [a, b] = op.operands;
  if (op.domain !== "" || a === undefined) return undefined;
  const isWhole = Math.abs(exponent) === 1;
  switch (op.kind) {
    case "Mul":
      return b === undefined || !isWhole ? undefined : [[a, exponent], [b, exponent]]; // prettier-ignore
    case "Div":
      if (b === undefined) return undefined;
      return isWhole || readScalar(graph.constant(a)) !== undefined ? [[a, exponent], [b, -exponent]] : undefined; // prettier-ignore
    case "Reciprocal":
      return [[a, -exponent]];
    case "Sqrt":
      return isWhole ? [[a, exponent / 2]] : undefined;
    case "Pow": {
      const power = readScalar(graph.constant(b));
      if (power === -1) return [[a, -exponent]];
      return isWhole && power !== undefined && Math.abs(power) === 0.5 ? [[a, exponent * power]] : undefined;
    }
    default:
      return undefined;
  }
}

/** Whether every op of a path but its root has one user and is no output: nobody else needs what it makes. */
export function isPrivatePath(graph: GraphBuilder, path: readonly Op[]): boolean {
  return path.slice(1).every((op) => {
    const [result] = op.results;
    return result !== undefined && graph.users(result).length === 1 && !graph.isOutput(result);
  });
}
