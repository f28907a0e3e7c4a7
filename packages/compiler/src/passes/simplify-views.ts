// Replaces every chain of reshapes, transposes and expands by the fewest ops with the same effect: nothing where they cancel,
// one Reshape where no element moves. Unsqueeze, Squeeze and Flatten become Reshape, so that later passes and lowering
// see three view ops only. Values between the ends of a chain stay if somebody else uses them.
import type { Op, ValueId } from "@waferc/ir/graph";
import type { NoOptions, Pass } from "../pass.ts";
import { Rewriter } from "./rewriter.ts";
import { emitView, isView, traceView, type ViewTrace } from "./view-chain.ts";
import { planView, type ViewStep } from "./view.ts";

/** Relative cost of the steps: a reshape moves nothing, the others may. Not quite equal, so that Reshape wins over its kin. */
const STEP_COST = { reshape: 1, transpose: 4, expand: 4 } as const;
const KIN_COST = 1.5;

/** A table of indices is worth an expand and the reshapes around it. */
const GATHERS = new Set(["Gather", "GatherND"]);

export const simplifyViews: Pass<"graph", "graph", NoOptions> = {
  name: "simplify-views",
  from: "graph",
  to: "graph",
  summary: "Shorten chains of Reshape, Transpose and Expand",
  requires: ["shapes-known"],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const rewriter = new Rewriter(input, this.name);
    for (const op of rewriter.graph.ops) if (simplifyOp(rewriter, op)) stats.add("shortened", 1);
    return rewriter.finish();
  },
};

function simplifyOp(rewriter: Rewriter, op: Op): boolean {
  const [result] = op.results;
  if (result === undefined || !isView(rewriter, op)) return false;
  const trace = traceView(rewriter, result);
  if (trace === undefined || trace.ops.length === 0) return false;
  const steps = planView(trace.view);
  if (!isCheaper(rewriter, steps, trace)) return false;
  return rewriter.replace(result, emitView(rewriter, trace.source, trace.view, trace.ops));
}

function isCheaper(rewriter: Rewriter, steps: readonly ViewStep[], trace: ViewTrace): boolean {
  const cost = steps.reduce((sum, step) => sum + STEP_COST[step.kind], 0);
  // The chain's last op always goes; those before it go if nobody else uses them.
  const removable = removableOps(rewriter, trace.ops);
  const before = removable.reduce((sum, op) => sum + costOf(op), 0);
  return cost < before || (cost <= STEP_COST.reshape && trace.ops.length > 1);
}

function removableOps(rewriter: Rewriter, ops: readonly Op[]): readonly Op[] {
  const isShared = (id: ValueId | undefined): boolean =>
    id !== undefined && (rewriter.graph.users(id).length > 1 || rewriter.graph.isOutput(id));
  const lastShared = ops.slice(0, -1).findLastIndex((op) => isShared(op.results[0]));
  return ops.slice(lastShared + 1);
}

function costOf(op: Op): number {
  if (op.kind === "Transpose") return STEP_COST.transpose;
  if (op.kind === "Expand" || GATHERS.has(op.kind)) return STEP_COST.expand;
  return op.kind === "Reshape" ? STEP_COST.reshape : KIN_COST;
}
