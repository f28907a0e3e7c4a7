// What is kept of a failure that is our own bug: the command, the versions, the stack, and copies of the files that it named.
import { copyFileSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { makeDiagnostic, sha256, type Diagnostic } from "@waferc/base";
import { CODES } from "../codes.ts";
import { TOOL_VERSION } from "../version.ts";
import { printJson } from "../artefacts/json.ts";

const LARGEST_COPY_BYTES = 64 * 1024 * 1024;

/** Writes the reproducer and says where it is. */
export function writeReproducer(argv: readonly string[], error: unknown): Diagnostic {
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? message) : message;
  const name = `waferc-reproducer-${sha256(new TextEncoder().encode(`${argv.join("\0")}\0${message}`)).slice(0, 12)}`;
  const path = join(tmpdir(), name);
  let where = path;
  try {
    mkdirSync(path, { recursive: true });
    const files = copyNamedFiles(argv, path);
    const facts = {
      tool: TOOL_VERSION,
      node: process.version,
      platform: process.platform,
      argv,
      files,
      message,
      stack,
    };
    writeFileSync(join(path, "reproducer.json"), printJson(facts));
  } catch (failure) {
    where = `nowhere, because it cannot be written: ${failure instanceof Error ? failure.message : String(failure)}`;
  }
  return makeDiagnostic(CODES["CLI-070"], {
    message: `Internal error: ${message}`,
    at: { kind: "argument", name: argv[0] ?? "" },
    notes: [
      {
        message: stack
          .split("\n")
          .slice(1, 4)
          .map((line) => line.trim())
          .join(", "),
      },
    ],
    help: [`this is a bug of waferc; what it needs to be found is in ${where}`],
  });
}

/** Copies every argument that is a file of moderate size; their names in the reproducer. */
function copyNamedFiles(argv: readonly string[], to: string): string[] {
  const copied: string[] = [];
  for (const argument of argv) {
    const path = argument.includes("=") ? argument.slice(argument.indexOf("=") + 1) : argument;
    const status = statSync(path, { throwIfNoEntry: false });
    if (!status?.isFile() || status.size > LARGEST_COPY_BYTES) continue;
    copyFileSync(path, join(to, basename(path)));
    copied.push(basename(path));
  }
  return copied;
}
