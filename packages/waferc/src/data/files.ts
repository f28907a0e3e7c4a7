// Reading files that the user names: a failure says which and why.
import { readFileSync, statSync } from "node:fs";
import { CompileError, makeDiagnostic } from "@waferc/base";
import { CODES } from "../codes.ts";

/** A file's bytes as a plain array: a Buffer's `slice` would share memory where others count on a copy. */
export function readBytes(path: string): Uint8Array {
  const { buffer, byteOffset, byteLength } = readFileSync(path);
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** @throws CompileError CLI-001 */
export function readUserFile(path: string, argument: string): Uint8Array {
  try {
    if (statSync(path).isDirectory()) throw new Error("it is a directory");
    return readBytes(path);
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
