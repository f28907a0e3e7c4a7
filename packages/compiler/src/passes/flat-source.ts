// Values with the same elements in the same order: reshapes, and transposes that move lengths of 1 only, do not count.
import { intsAttr, type Op, type ValueId } from "@waferc/ir/graph";
import type { Rewriter } from "./rewriter.ts";

const RESHAPES: ReadonlySet<string> = new Set(["Reshape", "Unsqueeze", "Squeeze", "Flatten", "Identity"]);

/** The first value that has the elements of this one in the same order. */
export function flatSource(rewriter: Rewriter, id: ValueId): ValueId {
  let source = id;
  for (;;) {
    const op = rewriter.graph.producer(source);
    const [from] = op?.operands ?? [];
    if (op === undefined || from === undefined || !keepsOrder(rewriter, op, from)) return source;
    source = from;
  }
}

export function hasSameElements(rewriter: Rewriter, a: ValueId, b: ValueId): boolean {
  return flatSource(rewriter, a) === flatSource(rewriter, b);
}

function keepsOrder(rewriter: Rewriter, op: Op, from: ValueId): boolean {
  if (op.domain !== "") return false;
  if (RESHAPES.has(op.kind)) return true;
  const shape = rewriter.shapeOf(from);
  if (op.kind !== "Transpose" || shape === undefined) return false;
  const perm = intsAttr(op, "perm") ?? shape.map((_, axis) => shape.length - 1 - axis);
  const moved = perm.filter((axis) => shape[axis] !== 1);
  return moved.every((axis, i) => i === 0 || axis > (moved[i - 1] ?? -1));
}
