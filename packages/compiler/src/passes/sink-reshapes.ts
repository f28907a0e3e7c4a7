// Moves reshapes that flatten leading dimensions below the ops that do not care: MatMul by a 2-D weight, elementwise ops of one
// operand, and elementwise ops with a scalar or a vector along the last dimension. Exporters write Gemm between a reshape to
// [batch * seq, k] and one back; sunk, the two meet and `simplify-views` cancels them.
import type { Op, ValueId } from "@waferc/ir/graph";
import { tensorOf } from "@waferc/numerics";
import { opTable } from "@waferc/ops";
import type { NoOptions, Pass } from "../pass.ts";
import { Rewriter } from "./rewriter.ts";

export const sinkReshapes: Pass<"graph", "graph", NoOptions> = {
  name: "sink-reshapes",
  from: "graph",
  to: "graph",
  summary: "Move flattening reshapes below matrix products and elementwise ops",
  requires: ["shapes-known"],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const rewriter = new Rewriter(input, this.name);
    for (const op of rewriter.graph.ops) if (sinkBelow(rewriter, op)) stats.add("sunk", 1);
    return rewriter.finish();
  },
};

function sinkBelow(rewriter: Rewriter, op: Op): boolean {
  const [result] = op.results;
  const shape = rewriter.shapeOf(result);
  if (op.domain !== "" || op.results.length !== 1 || result === undefined || shape === undefined) return false;
  for (const [index, id] of op.operands.entries()) {
    const flattened = id === undefined ? undefined : flattenedFrom(rewriter, id);
    if (flattened === undefined || !ignoresLeadingDims(rewriter, op, index)) continue;
    const operands = op.operands.map((operand, i) => (i === index ? flattened : operand));
    const moved = rewriter.emit(op.kind, operands, { attrs: op.attrs, covers: [op] });
    const target = rewriter.constant("shape", tensorOf("i64", [shape.length], shape));
    return rewriter.replace(result, rewriter.emit("Reshape", [moved, target], { covers: [op] }));
  }
  return false;
}

/** What a value was before a reshape that merged leading dimensions and kept the last one. */
function flattenedFrom(rewriter: Rewriter, id: ValueId): ValueId | undefined {
  const op = rewriter.graph.producer(id);
  const [before] = op?.operands ?? [];
  if (op === undefined || op.domain !== "" || op.kind !== "Reshape") return undefined;
  const [from, to] = [rewriter.shapeOf(before), rewriter.shapeOf(id)];
  if (from === undefined || to === undefined || to.length < 2 || from.length <= to.length) return undefined;
  return from.at(-1) === to.at(-1) && !from.includes(0) ? before : undefined;
}

/** Whether the op gives the same elements however the leading dims of its operand `index` are grouped. */
function ignoresLeadingDims(rewriter: Rewriter, op: Op, index: number): boolean {
  const others = op.operands.filter((_, i) => i !== index).map((id) => rewriter.shapeOf(id));
  if (op.kind === "MatMul") return index === 0 && others[0]?.length === 2;
  // An axis counts dimensions, which the reshape changes.
  if (opTable.get(op.kind)?.traits.includes("elementwise") !== true || op.attrs.has("axis")) return false;
  return others.every((shape) => shape !== undefined && shape.length <= 1);
}
