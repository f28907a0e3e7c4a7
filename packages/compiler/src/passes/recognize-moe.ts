// A mixture of experts in primitives becomes com.microsoft::MoE: in one batch by gathered weights (moe-gathered.ts), or expert by
// expert on the tokens that chose it (moe-dispatched.ts). Both are exact: the op routes by the same scores, and the order in which a
// token's experts are summed is that of addition.
// A TopK whose indices choose weights or tokens and that is not part of a recognised mixture is counted ("left: ...").
import type { Op, ValueId } from "@waferc/ir/graph";
import type { NoOptions, Pass } from "../pass.ts";
import { fromDispatched } from "./moe-dispatched.ts";
import { fromGathered } from "./moe-gathered.ts";
import { Rewriter } from "./rewriter.ts";

export const recognizeMoE: Pass<"graph", "graph", NoOptions> = {
  name: "recognize-moe",
  from: "graph",
  to: "graph",
  summary: "Recognise mixtures of experts",
  requires: ["shapes-known", "constants-folded"],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const rewriter = new Rewriter(input, this.name);
    // From the outputs back, so that a sum over experts is seen whole before its parts.
    for (const root of rewriter.graph.ops.toReversed()) {
      const [result] = root.results;
      const made = result !== undefined && rewriter.graph.hasUses(result) ? rewriteRoot(rewriter, root) : undefined;
      if (made !== undefined && result !== undefined && rewriter.replace(result, made)) stats.add("MoE", 1);
    }
    const output = rewriter.finish();
    const left = output.ops.filter(({ domain, kind }) => domain === "" && kind === "TopK").length;
    if (left > 0) stats.add("left: a choice by TopK that is no mixture of experts", left);
    return output;
  },
};

function rewriteRoot(rewriter: Rewriter, root: Op): ValueId | undefined {
  if (root.domain !== "") return undefined;
  if (root.kind === "ReduceSum") return fromGathered(rewriter, root);
  return root.kind === "Add" || root.kind === "ScatterElements" ? fromDispatched(rewriter, root) : undefined;
}
