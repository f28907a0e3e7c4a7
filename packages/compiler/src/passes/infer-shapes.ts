// Shape and dtype inference over the whole graph, with the data of shape arithmetic followed through, so that a Reshape by
// Concat(Gather(Shape(x)), ..) has a known result. Nested blocks are inferred with the op that holds them.
import { GraphBuilder, type Op } from "@waferc/ir/graph";
import type { NoOptions, Pass } from "../pass.ts";
import { propagateOp, startPropagation, type Propagation } from "./type-propagation.ts";

/** Shape arithmetic is short; larger data is none. */
export const SHAPE_ELEMENTS = 4096;

export const inferShapes: Pass<"graph", "graph", NoOptions> = {
  name: "infer-shapes",
  from: "graph",
  to: "graph",
  summary: "Infer the dtype and shape of every value",
  requires: [],
  establishes: ["shapes-known"],
  options: {},
  run(input, _options, { diag }) {
    const run = startPropagation(GraphBuilder.from(input), diag, SHAPE_ELEMENTS);
    inferOps(run, run.graph.ops);
    diag.throwIfErrors();
    return run.graph.freeze();
  },
};

/** Types ops in topological order, and what their blocks hold. */
export function inferOps(run: Propagation, ops: readonly Op[]): void {
  for (const op of ops) {
    propagateOp(run, op, (block) => inferOps(run, block.ops))?.forEach((tensor, i) => {
      const id = op.results[i];
      if (id !== undefined && tensor !== undefined) run.known.set(id, tensor);
    });
  }
}
