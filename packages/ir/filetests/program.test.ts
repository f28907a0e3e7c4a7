// Filetests of the program level.
import { runFiletests } from "@waferc/testkit/filetest";
import type { FiletestLevel } from "@waferc/testkit/filetest";
import { parseProgram, printProgram, verifyProgram } from "../src/program/index.ts";
import type { Program } from "../src/program/index.ts";

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
