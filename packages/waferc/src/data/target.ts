// What a path on the command line stands for: a model, a compiled directory, or a program file.
import { existsSync } from "node:fs";
import { extname } from "node:path";
import { CompileError, makeDiagnostic } from "@waferc/base";
import { CODES } from "../codes.ts";
import { isDirectory } from "./files.ts";

export interface Target {
  readonly kind: "model" | "directory" | "program";
  readonly path: string;
}

/** @throws CompileError CLI-001 if there is nothing at the path */
export function resolveTarget(path: string): Target {
  if (!existsSync(path)) {
    throw new CompileError([
      makeDiagnostic(CODES["CLI-001"], {
        message: `Cannot read "${path}": there is no such file or directory`,
        at: { kind: "argument", name: "MODEL|DIR" },
      }),
    ]);
  }
  if (isDirectory(path)) return { kind: "directory", path };
  return { kind: [".wfp", ".dfir"].includes(extname(path)) ? "program" : "model", path };
}
