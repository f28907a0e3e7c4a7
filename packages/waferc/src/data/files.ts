// Reading files that the user names: a failure says which and why.
import { readFileSync, statSync } from "node:fs";
import { CompileError, makeDiagnostic } from "@waferc/base";
import { CODES } from "../codes.ts";

/** @throws CompileError CLI-001 */
export function readUserFile(path: string, argument: string): Uint8Array {
  try {
    if (statSync(path).isDirectory()) throw new Error("it is a directory");
    return readFileSync(path);
  } catch (error) {
    const code = (error as { code?: string }).code;
    const why = code === "ENOENT" ? "there is no such file" : error instanceof Error ? error.message : String(error);
    throw new CompileError([
      makeDiagnostic(CODES["CLI-001"], {
        message: `Cannot read "${path}": ${why}`,
        at: { kind: "argument", name: argument },
      }),
    ]);
  }
}

export function readUserText(path: string, argument: string): string {
  return new TextDecoder().decode(readUserFile(path, argument));
}

export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
