// Runs a graph by the reference evaluator: no program, no machine. Symbolic dimensions may stay open.
import type { Graph } from "@waferc/ir/graph";
import { evaluateGraph } from "@waferc/ops";
import { checkInputs, inputSpecs, outputSpecs } from "../data/tensor-spec.ts";
import type { Session } from "./session.ts";

export function openReferenceSession(graph: Graph): Session {
  const inputs = inputSpecs(graph);
  return {
    engine: "reference",
    inputs,
    outputs: outputSpecs(graph),
    run(given, onProgress) {
      checkInputs(inputs, given);
      const outputs = evaluateGraph(graph, given, { onOp: (_, done, total) => onProgress?.({ done, total }) });
      return { outputs, cost: {} };
    },
  };
}
