// From a Softmax operand back to Q K^T: the scale, and the mask terms that were added or selected on the way.
// A selection Where(keep, s, m) with a huge negative m becomes the additive term Where(keep, 0, m): s + m rounds to m for
// every score below 1e31, and the exponential of both is 0 beside a kept score; a row without a kept score stays uniform.
import type { GraphBuilder, Op, ValueId } from "@waferc/ir/graph";
import { readScalar } from "./pattern.ts";

/** One term of the mask, broadcastable to the scores. */
export type MaskTerm =
  | { readonly kind: "add"; readonly mask: ValueId }
  /** `masked` where `keep` is false (or true, if `isInverted`), 0 elsewhere. */
  | { readonly kind: "select"; readonly keep: ValueId; readonly masked: ValueId; readonly isInverted: boolean };

export interface Scores {
  readonly product: Op;
  readonly scale: number;
  readonly masks: readonly MaskTerm[];
  /** Ops between the product and the Softmax. */
  readonly ops: readonly Op[];
}

/** Masking values above this may leave some weight on a masked score. */
const MASKED_BELOW = -1e30;

/** The matrix product behind a Softmax operand. Scales below a mask are not looked for: they would scale the mask, too. */
export function findScores(graph: GraphBuilder, id: ValueId): Scores | undefined {
  const op = graph.producer(id);
  if (op === undefined || op.domain !== "") return undefined;
  switch (op.kind) {
    case "MatMul":
      return { product: op, scale: 1, masks: [], ops: [] };
    case "Mul":
    case "Div":
      return findScaled(graph, op);
    case "Add":
      return findAdded(graph, op, 0) ?? findAdded(graph, op, 1);
    case "Where":
      return findSelected(graph, op, 1) ?? findSelected(graph, op, 2);
    default:
      return undefined;
  }
}

function findScaled(graph: GraphBuilder, op: Op): Scores | undefined {
  const [a, b] = op.operands;
  const right = readScalar(graph.constant(b));
  const left = op.kind === "Mul" ? readScalar(graph.constant(a)) : undefined;
  const inner = right !== undefined ? a : left !== undefined ? b : undefined;
  const scores = inner === undefined ? undefined : findScores(graph, inner);
  if (scores === undefined || scores.masks.length > 0) return undefined;
  const factor = op.kind === "Div" ? 1 / (right ?? 1) : (right ?? left ?? 1);
  return { ...scores, scale: scores.scale * factor, ops: [op, ...scores.ops] };
}

function findAdded(graph: GraphBuilder, op: Op, index: 0 | 1): Scores | undefined {
  const [inner, mask] = [op.operands[index], op.operands[1 - index]];
  const scores = inner === undefined ? undefined : findScores(graph, inner);
  if (scores === undefined || mask === undefined) return undefined;
  return { ...scores, masks: [...scores.masks, { kind: "add", mask }], ops: [op, ...scores.ops] };
}

function findSelected(graph: GraphBuilder, op: Op, index: 1 | 2): Scores | undefined {
  const [keep, inner, masked] = [op.operands[0], op.operands[index], op.operands[3 - index]];
  const number = readScalar(graph.constant(masked));
  const scores = inner === undefined ? undefined : findScores(graph, inner);
  if (
    scores === undefined ||
    keep === undefined ||
    masked === undefined ||
    number === undefined ||
    number > MASKED_BELOW
  )
    return undefined;
  const term: MaskTerm = { kind: "select", keep, masked, isInverted: index === 2 };
  return { ...scores, masks: [...scores.masks, term], ops: [op, ...scores.ops] };
}
