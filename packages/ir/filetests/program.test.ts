// Filetests of the program level, and the examples of docs/dfir.md, which are canonical and well-formed.
import { runExamples, runFiletests } from "@waferc/testkit/filetest";
import type { FiletestLevel } from "@waferc/testkit/filetest";
import { parseGraph, printGraph, verifyGraph } from "../src/graph/index.ts";
import type { Graph } from "../src/graph/index.ts";
import { parseProgram, printProgram, verifyProgram } from "../src/program/index.ts";
import type { Program } from "../src/program/index.ts";

const graphLevel: FiletestLevel<Graph> = {
  level: "graph",
  parse: (text, file) => {
    const { graph, sourceMap } = parseGraph(text, { file });
    return { noun: graph, sourceMap };
  },
  print: (graph) => printGraph(graph),
  verify: (graph) => verifyGraph(graph),
};

const programLevel: FiletestLevel<Program> = {
  level: "program",
  parse: (text, file) => {
    const { program, sourceMap } = parseProgram(text, { file });
    return { noun: program, sourceMap };
  },
  print: printProgram,
  verify: verifyProgram,
};

runFiletests(new URL("program/", import.meta.url), { levels: [programLevel] });
runExamples(new URL("../../../docs/dfir.md", import.meta.url), { levels: [graphLevel, programLevel] });
