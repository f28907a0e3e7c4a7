// The commands that every level has: `cat` and `verify`. A level is handed in, so nothing here knows one.
import { CompileError } from "@waferc/base";
import type { Diagnostic, SourceMap } from "@waferc/base";
import type { Filetest, FiletestInvocation } from "./filetest.ts";
import { stripComments, withPrecise } from "./filetest.ts";

/**
 * What the runner needs to know of one level of the text form. `print` and `verify` are methods, so that any level is one of
 * unknown nouns: they only ever see what the level's own `parse` returned.
 */
export interface FiletestLevel<Noun> {
  /** The word of the `dfir 1 LEVEL` header. */
  readonly level: string;
  /** @throws CompileError with what is wrong in the text */
  parse(text: string, file: string): { readonly noun: Noun; readonly sourceMap: SourceMap };
  print(noun: Noun): string;
  verify(noun: Noun): readonly Diagnostic[];
}

export interface FiletestContext {
  readonly test: Filetest;
  readonly invocation: FiletestInvocation;
  /** The level of the file's first section. */
  readonly level: FiletestLevel<unknown>;
  /** Replaces the file, for BLESS=1 only. */
  readonly rewrite: ((text: string) => void) | undefined;
}

/** A command of the `; test:` header. It throws if an expectation does not hold. */
export interface FiletestCommand {
  readonly name: string;
  run(context: FiletestContext): void | Promise<void>;
}

/** What a file expects and what was found differ. Test runners show the two as a diff. */
export class FiletestMismatch extends Error {
  readonly expected: string;
  readonly actual: string;

  constructor(message: string, expected: string, actual: string) {
    super(message);
    this.name = "FiletestMismatch";
    this.expected = expected;
    this.actual = actual;
  }
}

/** Compares an output with the file's precise block, or rewrites the block. Does nothing if there is none. */
export function comparePrecise({ test, rewrite }: FiletestContext, actual: string): void {
  if (test.precise === undefined) return;
  const lines = actual.replace(/\n$/, "").split("\n");
  const expected = test.precise.join("\n");
  if (expected === lines.join("\n")) return;
  if (!rewrite) throw new FiletestMismatch("the precise block holds the output", expected, lines.join("\n"));
  rewrite(withPrecise(test.text, lines));
}

/** Prints what it read: equal to the file without its comments, or to the precise block if the file is not canonical. */
export const catCommand: FiletestCommand = {
  name: "cat",
  run(context) {
    const { test, level } = context;
    const printed = level.print(level.parse(test.text, test.file).noun);
    const again = level.print(level.parse(printed, "printed text").noun);
    if (again !== printed) throw new FiletestMismatch("printing what was printed changes nothing", printed, again);
    if (test.precise !== undefined) return comparePrecise(context, printed);
    const expected = stripComments(test.text);
    if (printed !== expected) throw new FiletestMismatch("the file is in canonical form", expected, printed);
  },
};

/** Reads and verifies: exactly the errors that the file expects, at their lines. */
export const verifyCommand: FiletestCommand = {
  name: "verify",
  run({ test, level }) {
    compareErrors(test, findErrors(test, level));
  },
};

/** A diagnostic with the line of the file that it is about; 0 if it is about none. */
export interface LocatedDiagnostic {
  readonly line: number;
  readonly diagnostic: Diagnostic;
}

export function findErrors<Noun>(test: Filetest, level: FiletestLevel<Noun>): readonly LocatedDiagnostic[] {
  try {
    const { noun, sourceMap } = level.parse(test.text, test.file);
    return locateDiagnostics(level.verify(noun), sourceMap);
  } catch (error) {
    if (error instanceof CompileError) return locateDiagnostics(error.diagnostics, new Map());
    throw error;
  }
}

export function locateDiagnostics(diagnostics: readonly Diagnostic[], sourceMap: SourceMap): LocatedDiagnostic[] {
  return diagnostics.map((diagnostic) => {
    const { at } = diagnostic;
    const line = at.kind === "line" ? at.line : at.kind === "entity" ? (sourceMap.get(at.id) ?? 0) : 0;
    return { line, diagnostic };
  });
}

/** @throws FiletestMismatch unless the found errors are the expected ones, line by line */
export function compareErrors(test: Filetest, found: readonly LocatedDiagnostic[]): void {
  const unmatched = [...test.errors];
  const expected = test.errors.map(({ line, code, text }) => `${line}: ${code} ${text}`);
  const actual = found.map(({ line, diagnostic: { code, message } }) => {
    const match = unmatched.findIndex((e) => e.line === line && e.code === code && message.includes(e.text));
    const text = match < 0 ? message : (unmatched.splice(match, 1)[0]?.text ?? "");
    return `${line}: ${code} ${text}`;
  });
  if (unmatched.length === 0 && actual.length === expected.length) return;
  const sorted = (lines: readonly string[]): string => [...lines].sort(compareLines).join("\n");
  throw new FiletestMismatch(`${test.file} has the errors it expects`, sorted(expected), sorted(actual));
}

function compareLines(a: string, b: string): number {
  return parseInt(a, 10) - parseInt(b, 10) || (a < b ? -1 : a > b ? 1 : 0);
}
