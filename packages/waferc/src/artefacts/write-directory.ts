// Writes a whole directory or nothing: files go to a sibling with a temporary name, which is renamed into place when all are
// there. What an interrupted process leaves is that sibling and, for an instant, the old directory under another name;
// `recoverDirectory` undoes both, whoever calls it: the command line's signal handler, or the next write.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { CompileError, makeDiagnostic } from "@waferc/base";
import { CODES } from "../codes.ts";

/** Name inside the directory (may contain folders) and content. */
export interface OutputFile {
  readonly name: string;
  readonly content: Uint8Array | string;
}

/** A write that has begun. */
export interface PendingDirectory {
  readonly target: string;
  readonly temporary: string;
  readonly previous: string;
}

export type PendingListener = (pending: PendingDirectory, isPending: boolean) => void;

let listener: PendingListener = () => undefined;

/** Tells somebody outside of this thread which directories are half written, so that a signal handler can clean up. */
export function onPendingDirectory(next: PendingListener): void {
  listener = next;
}

/** Undoes an unfinished write: the target is what it was before, and no sibling is left. */
export function recoverDirectory({ target, temporary, previous }: PendingDirectory): void {
  if (existsSync(previous) && !existsSync(target)) renameSync(previous, target);
  rmSync(previous, { recursive: true, force: true });
  rmSync(temporary, { recursive: true, force: true });
}

/**
 * @param marker a file that says that a directory is waferc's; others are not replaced
 * @throws CompileError CLI-004
 */
export function writeDirectory(path: string, files: Iterable<OutputFile>, marker: string): void {
  const target = resolve(path);
  recoverAfterCrash(target);
  refuseForeign(target, path, marker);
  const temporary = siblingOf(target, process.pid);
  const pending: PendingDirectory = { target, temporary, previous: `${temporary}.old` };
  listener(pending, true);
  try {
    mkdirSync(dirname(target), { recursive: true });
    recoverDirectory(pending);
    mkdirSync(temporary);
    for (const file of files) {
      const to = join(temporary, file.name);
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, file.content);
    }
    if (existsSync(target)) renameSync(target, pending.previous);
    renameSync(temporary, target);
    rmSync(pending.previous, { recursive: true, force: true });
  } catch (error) {
    if (error instanceof CompileError) throw error;
    throw cannotWrite(path, error instanceof Error ? error.message : String(error));
  } finally {
    recoverDirectory(pending);
    listener(pending, false);
  }
}

const siblingOf = (target: string, pid: number | string): string =>
  join(dirname(target), `.${basename(target)}.${pid}.tmp`);

/** Undoes what processes that are gone left beside the target. */
function recoverAfterCrash(target: string): void {
  const folder = dirname(target);
  if (!existsSync(folder)) return;
  const [before = "", after = ""] = basename(siblingOf(target, "PID")).split("PID");
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(before)) continue;
    const pid = name.slice(before.length).split(after)[0] ?? "";
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid || isAlive(Number(pid))) continue;
    const temporary = siblingOf(target, pid);
    recoverDirectory({ target, temporary, previous: `${temporary}.old` });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}

/** Replaces only what waferc wrote, an empty directory, or nothing. @throws CompileError CLI-004 */
function refuseForeign(target: string, path: string, marker: string): void {
  const status = statSync(target, { throwIfNoEntry: false });
  if (status === undefined) return;
  if (!status.isDirectory()) throw cannotWrite(path, "it is a file");
  if (!existsSync(join(target, marker)) && readdirSync(target).length > 0) {
    throw cannotWrite(path, `it has files but no ${marker}, so waferc did not write it`);
  }
}

/** Says early, before hours of work, that a directory will not be written. @throws CompileError CLI-004 */
export function checkDirectoryWritable(path: string, marker: string): void {
  refuseForeign(resolve(path), path, marker);
}

function cannotWrite(path: string, why: string): CompileError {
  return new CompileError([
    makeDiagnostic(CODES["CLI-004"], {
      message: `Cannot write directory "${path}": ${why}`,
      at: { kind: "argument", name: "-o" },
      help: ["give another directory with -o"],
    }),
  ]);
}
