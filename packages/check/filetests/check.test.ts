// Filetests of the checker: every rule broken by one file or more, and kept by a file that comes near (`; near-miss:`).
//   ; test: check [budget=N]            findings are exactly those that the `; error:` comments expect, at their lines
//   ; machine: NAME [PATH=JSON ..]      mesh4x4 if there is none
//   ; expect: legal|illegal|undecided   the verdict; illegal if there is none
import { loadMachine } from "@waferc/machine";
import { parseProgram, printProgram, verifyProgram } from "@waferc/ir/program";
import type { Program } from "@waferc/ir/program";
import { argumentOf, compareErrors, FiletestMismatch, locateDiagnostics, runFiletests } from "@waferc/testkit/filetest";
import type { FiletestCommand, FiletestLevel } from "@waferc/testkit/filetest";
import { checkProgram } from "../src/index.ts";

const programLevel: FiletestLevel<Program> = {
  level: "program",
  parse: (text, file) => {
    const { program, sourceMap } = parseProgram(text, { file });
    return { noun: program, sourceMap };
  },
  print: printProgram,
  verify: verifyProgram,
};

const checkCommand: FiletestCommand = {
  name: "check",
  run({ test, invocation }) {
    const { noun: program, sourceMap } = programLevel.parse(test.text, test.file);
    const [machineName = "mesh4x4", ...overrides] = test.headers.get("machine")?.[0]?.split(/\s+/) ?? [];
    const budget = argumentOf(invocation, "budget");
    const options = budget === undefined ? {} : { budget: Number(budget) };
    const { verdict, findings } = checkProgram(program, loadMachine(machineName, overrides), options);
    compareErrors(test, locateDiagnostics(findings, sourceMap));
    const expected = test.headers.get("expect")?.[0] ?? "illegal";
    if (verdict !== expected) throw new FiletestMismatch(`${test.file} has the verdict it expects`, expected, verdict);
  },
};

runFiletests(new URL(".", import.meta.url), { levels: [programLevel], commands: [checkCommand] });
