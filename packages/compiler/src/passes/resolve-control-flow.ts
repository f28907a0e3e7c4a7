// Removes control flow whose course is known: If on a known condition becomes its branch, Loop and Scan with a known number of
// iterations become their bodies one after the other, and ops on sequences whose construction is known become ops on
// the elements. Known is what follows from constants (a pinned input), from shapes and from ranks, so the pass infers types
// as it goes, into what it has just inlined; a branch that is not taken is never looked at, and may be nonsense for the
// bound dims. What stays: a course that depends on data, and loops beyond the budget.
import { GraphBuilder, blocksOf, qualifiedKind, type Block, type Op, type ValueId } from "@waferc/ir/graph";
import type { NoOptions, Pass } from "../pass.ts";
import { ControlFlow } from "./control-flow.ts";
import { inferOps, SHAPE_ELEMENTS } from "./infer-shapes.ts";
import { eraseDead } from "./liveness.ts";
import { resolveSequenceOp } from "./resolve-sequences.ts";
import { propagateOp, startPropagation } from "./type-propagation.ts";
import { unrollLoop, unrollScan } from "./unroll-loop.ts";

export const resolveControlFlow: Pass<"graph", "graph", NoOptions> = {
  name: "resolve-control-flow",
  from: "graph",
  to: "graph",
  summary: "Inline branches, loops and sequences whose course is known",
  requires: [],
  establishes: [],
  options: {},
  run(input, _options, { diag, stats }) {
    const graph = GraphBuilder.from(input);
    if (!graph.ops.some((op) => blocksOf(op).length > 0 || isOnSequence(op))) return input;
    const flow = new ControlFlow(startPropagation(graph, diag, SHAPE_ELEMENTS), stats, resolveOp);
    for (const op of graph.ops) resolveOp(flow, op, undefined);
    diag.throwIfErrors();
    eraseDead(graph);
    return graph.freeze();
  },
};

const isOnSequence = (op: Op): boolean => op.kind.includes("Sequence") || op.kind.startsWith("Optional");

/** Resolves an op that stands in `home`, the main block if undefined; everything that it reads is resolved. */
function resolveOp(flow: ControlFlow, op: Op, home: Block | undefined): void {
  const { run, stats } = flow;
  const results = courseOf(flow, op, home);
  if (results !== undefined) {
    stats.add(op.kind, 1);
    op.results.forEach((id, i) => {
      const now = results[i];
      if (id !== undefined && now !== undefined) flow.replace(id, now);
    });
    return;
  }
  propagateOp(run, op, (block) => inferOps(run, block.ops))?.forEach((tensor, i) => {
    const id = op.results[i];
    if (id !== undefined && tensor !== undefined) run.known.set(id, tensor);
  });
  for (const block of blocksOf(op)) for (const inner of block.ops) resolveOp(flow, inner, block);
}

/** What the results of an op on control flow or sequences are, if that is known. */
function courseOf(flow: ControlFlow, op: Op, home: Block | undefined): readonly (ValueId | undefined)[] | undefined {
  switch (qualifiedKind(op)) {
    case "If":
      return inlineBranch(flow, op, home);
    case "Loop":
      return unrollLoop(flow, { op, home });
    case "Scan":
      return unrollScan(flow, { op, home });
    default:
      return resolveSequenceOp(flow, { op, home });
  }
}

function inlineBranch(flow: ControlFlow, op: Op, home: Block | undefined): readonly ValueId[] | undefined {
  const condition = flow.number(op.operands[0]);
  const branch = op.attrs.get(condition === 0 ? "else_branch" : "then_branch");
  if (condition === undefined || branch?.type !== "block" || branch.value.params.length > 0) return undefined;
  return flow.inline(branch.value, [], home);
}
