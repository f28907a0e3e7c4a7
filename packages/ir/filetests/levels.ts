// The levels of the text form as filetests know them: how each parses, prints and verifies.
import type { FiletestLevel } from "@waferc/testkit/filetest";
import { parseDataflow, printDataflow, verifyDataflow } from "../src/dataflow/index.ts";
import type { Dataflow } from "../src/dataflow/index.ts";
import { parseGraph, printGraph, verifyGraph } from "../src/graph/index.ts";
import type { Graph } from "../src/graph/index.ts";
import { parseLayout, printLayout, verifyLayout } from "../src/layout/index.ts";
import type { Layout } from "../src/layout/index.ts";
import { parseProgram, printProgram, verifyProgram } from "../src/program/index.ts";
import type { Program } from "../src/program/index.ts";

export const graphLevel: FiletestLevel<Graph> = {
  level: "graph",
  parse: (text, file) => {
    const { graph, sourceMap } = parseGraph(text, { file });
    return { noun: graph, sourceMap };
  },
  print: (graph) => printGraph(graph),
  verify: (graph) => verifyGraph(graph),
};

export const dataflowLevel: FiletestLevel<Dataflow> = {
  level: "dataflow",
  parse: (text, file) => {
    const { dataflow, sourceMap } = parseDataflow(text, { file });
    return { noun: dataflow, sourceMap };
  },
  print: printDataflow,
  verify: verifyDataflow,
};

export const layoutLevel: FiletestLevel<Layout> = {
  level: "layout",
  parse: (text, file) => {
    const { layout, sourceMap } = parseLayout(text, { file });
    return { noun: layout, sourceMap };
  },
  print: printLayout,
  verify: verifyLayout,
};

export const programLevel: FiletestLevel<Program> = {
  level: "program",
  parse: (text, file) => {
    const { program, sourceMap } = parseProgram(text, { file });
    return { noun: program, sourceMap };
  },
  print: printProgram,
  verify: verifyProgram,
};
