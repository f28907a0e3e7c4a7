// Reading files that the user names: a failure says which and why. Files of up to 4 GiB are read, in pieces, into one array.
import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { CompileError, makeDiagnostic } from "@waferc/base";
import { CODES } from "../codes.ts";

/** `readFileSync` and single reads end at 2 GiB. */
const CHUNK_BYTES = 2 ** 28;

/** A file's bytes as a plain array: a Buffer's `slice` would share memory where others count on a copy. */
export function readBytes(path: string): Uint8Array {
  const file = openSync(path, "r");
  try {
    const stats = fstatSync(file);
    if (stats.isFile() && stats.size > 0) return readSized(file, stats.size);
    const { buffer, byteOffset, byteLength } = readFileSync(file);
    return new Uint8Array(buffer, byteOffset, byteLength);
  } finally {
    closeSync(file);
  }
}

function readSized(file: number, byteLength: number): Uint8Array {
  const bytes = new Uint8Array(byteLength);
  let done = 0;
  while (done < byteLength) {
    const got = readSync(file, bytes, done, Math.min(CHUNK_BYTES, byteLength - done), done);
    if (got === 0) return bytes.subarray(0, done);
    done += got;
  }
  return bytes;
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
