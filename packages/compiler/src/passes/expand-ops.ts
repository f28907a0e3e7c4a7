// Ops of onnxruntime, and compound ops of ONNX that have a simpler form, become what docs/canonical.md names: standard compound ops
// and primitives. The rules are in `expand/`, one for each op. An op that its rule cannot express exactly stays, and the statistics
// say why.
import { qualifiedKind, type Op, type ValueId } from "@waferc/ir/graph";
import { OpError } from "@waferc/ops";
import type { NoOptions, Pass, PassStats } from "../pass.ts";
import { CannotExpand, Expander, type Expansion } from "./expand/expander.ts";
import { expansions } from "./expand/expansion-table.ts";
import { Rewriter } from "./rewriter.ts";

export const expandOps: Pass<"graph", "graph", NoOptions> = {
  name: "expand-ops",
  from: "graph",
  to: "graph",
  summary: "Express ops of onnxruntime by those of ONNX",
  requires: ["shapes-known"],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const rewriter = new Rewriter(input, this.name);
    for (const op of rewriter.graph.ops) {
      const rule = expansions.get(qualifiedKind(op));
      if (rule !== undefined) expandOne(rewriter, op, rule, stats);
    }
    return rewriter.finish();
  },
};

function expandOne(rewriter: Rewriter, op: Op, rule: Expansion, stats: PassStats): void {
  try {
    replaceAll(rewriter, op, rule(new Expander(rewriter, op)));
    stats.add(op.kind, 1);
  } catch (error) {
    // Operands that break the rules of the ops that the rule makes: what the op itself makes of them is for whoever runs it.
    const isRefusal = error instanceof CannotExpand || error instanceof OpError;
    if (!isRefusal) throw error;
    stats.add(`${op.kind} kept: cannot express ${error.message}`, 1);
  }
}

/** All results or none. */
function replaceAll(rewriter: Rewriter, op: Op, made: readonly (ValueId | undefined)[]): void {
  op.results.forEach((id, i) => {
    if (id !== undefined && rewriter.graph.hasUses(id) && made[i] === undefined) throw new CannotExpand(`result ${i}`);
  });
  op.results.forEach((id, i) => {
    const now = made[i];
    if (id === undefined || now === undefined || !rewriter.graph.hasUses(id)) return;
    if (!rewriter.replace(id, now)) throw new CannotExpand(`result ${i} in its own type`);
  });
}
