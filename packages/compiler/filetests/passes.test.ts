// Filetests of the graph passes.
import { parseGraph, printGraph, verifyGraph } from "@waferc/ir/graph";
import type { Graph } from "@waferc/ir/graph";
import { opRules } from "@waferc/ops";
import { runFiletests } from "@waferc/testkit/filetest";
import type { FiletestLevel } from "@waferc/testkit/filetest";
import { passCommand } from "./pass-command.ts";

const graphLevel: FiletestLevel<Graph> = {
  level: "graph",
  parse: (text, file) => {
    const { graph, sourceMap } = parseGraph(text, { file });
    return { noun: graph, sourceMap };
  },
  print: printGraph,
  verify: (graph) => verifyGraph(graph, opRules),
};

runFiletests(new URL("passes/", import.meta.url), { levels: [graphLevel], commands: [passCommand] });
