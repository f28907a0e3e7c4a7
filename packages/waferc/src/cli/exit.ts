// Exit codes of the command line (a contract), and what a failure becomes: an exit code and diagnostics.
import { CompileError, makeDiagnostic, type Diagnostic } from "@waferc/base";
import { OpError } from "@waferc/ops";
import { ProgramFault } from "@waferc/sim";
import { CommanderError } from "commander";
import { CODES } from "../codes.ts";
import { usageDiagnostic } from "../refusal.ts";

export const EXIT = {
  good: 0,
  /** Mismatch, illegal, undecided or deadlocked. */
  mismatch: 1,
  usage: 2,
  doesNotFit: 3,
  unsupported: 4,
  broken: 5,
  internal: 70,
  interrupted: 130,
} as const;

export interface Failure {
  readonly exitCode: number;
  readonly diagnostics: readonly Diagnostic[];
  /** Ours: what to put into a reproducer. */
  readonly internal?: unknown;
}

/** The first pattern that fits a code gives its exit code. What fits none is a broken input. */
const EXIT_BY_CODE: readonly (readonly [RegExp, number])[] = [
  [/^CLI-(001|002|004|006|008|010|011)$/, EXIT.usage],
  [/^CLI-013$/, EXIT.unsupported],
  [/^PAS-00[1-5]$/, EXIT.usage],
  [/^MCH-/, EXIT.usage],
  [/^ONX-1/, EXIT.unsupported],
  [/^(CHK|DLK|MEM|SIM)-/, EXIT.mismatch],
  [/^PAR-/, EXIT.unsupported],
  [/^ASM-003$/, EXIT.broken],
  [/^(LOW|PLC|RTE|ASM)-/, EXIT.doesNotFit],
];

export function exitCodeOfCode(code: string): number {
  return EXIT_BY_CODE.find(([pattern]) => pattern.test(code))?.[1] ?? EXIT.broken;
}

/** Exit code of diagnostics: 0 without errors, else that of the gravest class among them. */
export function exitCodeOfDiagnostics(diagnostics: readonly Diagnostic[]): number {
  const errors = diagnostics.filter((one) => one.severity === "error");
  return Math.max(EXIT.good, ...errors.map((one) => exitCodeOfCode(one.code)));
}

export function failureOf(error: unknown): Failure {
  if (error instanceof CompileError) {
    return { exitCode: exitCodeOfDiagnostics(error.diagnostics), diagnostics: error.diagnostics };
  }
  if (error instanceof CommanderError) {
    return { exitCode: error.exitCode === 0 ? EXIT.good : EXIT.usage, diagnostics: [usageDiagnostic(error.message)] };
  }
  if (error instanceof ProgramFault) return { exitCode: EXIT.mismatch, diagnostics: [faultDiagnostic(error)] };
  if (error instanceof OpError) {
    const message = `Cannot evaluate the model: ${error.message}`;
    return {
      exitCode: EXIT.broken,
      diagnostics: [makeDiagnostic(CODES["CLI-012"], { message, at: { kind: "argument", name: "MODEL" } })],
    };
  }
  return { exitCode: EXIT.internal, diagnostics: [], internal: error };
}

function faultDiagnostic(fault: ProgramFault): Diagnostic {
  const { code, core, instruction, kernel } = fault;
  const place = instruction === undefined ? "the program" : `instruction ${instruction}`;
  return {
    code,
    severity: "error",
    message: fault.message.replace(/^\[[A-Z]{3}-\d{3}\] /, ""),
    at: core === undefined ? { kind: "entity", id: place } : { kind: "core", x: core.x, y: core.y },
    notes: [
      ...(instruction === undefined ? [] : [{ message: `instruction ${instruction}` }]),
      ...(kernel === undefined ? [] : [{ message: `kernel "${kernel}"` }]),
    ],
    help: ["`waferc check` says whether the program is legal"],
  };
}
