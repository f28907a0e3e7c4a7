// An Expand in front of an op that broadcasts is not needed where the op's result has its shape without it.
import type { Op, ValueId } from "@waferc/ir/graph";
import { opTable } from "@waferc/ops";
import type { NoOptions, Pass } from "../pass.ts";
import { Rewriter } from "./rewriter.ts";

export const removeExpands: Pass<"graph", "graph", NoOptions> = {
  name: "remove-expands",
  from: "graph",
  to: "graph",
  summary: "Let ops broadcast instead of expanding their operands",
  requires: ["shapes-known"],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const rewriter = new Rewriter(input, this.name);
    for (const op of rewriter.graph.ops) stats.add("removed", removeFrom(rewriter, op));
    return rewriter.finish();
  },
};

function removeFrom(rewriter: Rewriter, op: Op): number {
  const traits = opTable.get(op.kind)?.traits ?? [];
  const result = rewriter.shapeOf(op.results[0]);
  if (op.domain !== "" || !traits.includes("elementwise") || op.operands.length < 2 || op.attrs.size > 0) return 0;
  if (result === undefined || op.results.length > 1) return 0;
  let removed = 0;
  for (const [index, id] of op.operands.entries()) {
    const before = id === undefined ? undefined : expandedFrom(rewriter, id);
    const others = rewriter.graph.op(op.id).operands.filter((_, i) => i !== index);
    if (before === undefined || !coversShape(rewriter, [before, ...others], result)) continue;
    rewriter.graph.setOperand(op.id, index, before);
    removed += 1;
  }
  return removed;
}

function expandedFrom(rewriter: Rewriter, id: ValueId): ValueId | undefined {
  const op = rewriter.graph.producer(id);
  return op?.domain === "" && op.kind === "Expand" ? op.operands[0] : undefined;
}

/** Whether the shapes broadcast to this one. */
function coversShape(rewriter: Rewriter, ids: readonly (ValueId | undefined)[], wanted: readonly number[]): boolean {
  const shapes = ids.map((id) => (id === undefined ? [] : rewriter.shapeOf(id)));
  return (
    wanted.every(
      (length, axis) =>
        length === 1 ||
        shapes.some((shape) => shape !== undefined && shape[axis - wanted.length + shape.length] === length),
    ) &&
    shapes.every((shape) => shape !== undefined) &&
    shapes.some((shape) => shape?.length === wanted.length)
  );
}
