// Refusals of requests: a command line that cannot be understood, or an option with an illegal value.
import { CompileError, makeDiagnostic, type Diagnostic } from "@waferc/base";
import { CODES } from "./codes.ts";

/** A request that cannot be understood, as a diagnostic. */
export function usageDiagnostic(message: string, help: readonly string[] = []): Diagnostic {
  const [first = "", ...hints] = message.replace(/^error: /, "").split("\n");
  return makeDiagnostic(CODES["CLI-011"], {
    message: first.charAt(0).toUpperCase() + first.slice(1),
    at: { kind: "argument", name: "command line" },
    help: [...hints.map((hint) => hint.replace(/^\((.*)\)$/, "$1")), ...help],
  });
}

/** @throws CompileError CLI-011 */
export function failUsage(message: string, help: readonly string[] = []): never {
  throw new CompileError([usageDiagnostic(message, help)]);
}

/** @throws CompileError CLI-010 */
export function failOption(name: string, message: string, help: readonly string[] = []): never {
  throw new CompileError([makeDiagnostic(CODES["CLI-010"], { message, at: { kind: "argument", name }, help })]);
}
