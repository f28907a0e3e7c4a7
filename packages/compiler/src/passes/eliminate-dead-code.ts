// Removes ops and constants that no output depends on.
import { GraphBuilder } from "@waferc/ir/graph";
import type { NoOptions, Pass } from "../pass.ts";
import { eraseDead } from "./liveness.ts";

export const eliminateDeadCode: Pass<"graph", "graph", NoOptions> = {
  name: "eliminate-dead-code",
  from: "graph",
  to: "graph",
  summary: "Remove ops and constants that no output depends on",
  requires: [],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const graph = GraphBuilder.from(input);
    stats.add("erased", eraseDead(graph));
    return graph.freeze();
  },
};
