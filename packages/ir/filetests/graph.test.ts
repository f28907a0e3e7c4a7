// Filetests of the graph level. Rules that need op definitions are tested in the ops package.
import { runFiletests } from "@waferc/testkit/filetest";
import type { FiletestLevel } from "@waferc/testkit/filetest";
import { parseGraph, printGraph, verifyGraph } from "../src/graph/index.ts";
import type { Graph } from "../src/graph/index.ts";

const graphLevel: FiletestLevel<Graph> = {
  level: "graph",
  parse: (text, file) => {
    const { graph, sourceMap } = parseGraph(text, { file });
    return { noun: graph, sourceMap };
  },
  print: (graph) => printGraph(graph),
  verify: (graph) => verifyGraph(graph),
};

runFiletests(new URL("graph/", import.meta.url), { levels: [graphLevel] });
