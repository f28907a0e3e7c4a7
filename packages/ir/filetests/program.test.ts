// Filetests of the program level, and the examples of docs/dfir.md, which are canonical and well-formed.
import { runExamples, runFiletests } from "@waferc/testkit/filetest";
import { dataflowLevel, graphLevel, layoutLevel, programLevel } from "./levels.ts";

runFiletests(new URL("program/", import.meta.url), { levels: [programLevel] });
runExamples(new URL("../../../docs/dfir.md", import.meta.url), {
  levels: [graphLevel, dataflowLevel, layoutLevel, programLevel],
});
