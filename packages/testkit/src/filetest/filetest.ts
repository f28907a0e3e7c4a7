// A filetest: one `.dfir` text with commands and expectations in its comments. This file reads the comments; what the
// commands do is in `commands.ts` and with whoever registers more. Headers stand above the first line that is no comment:
//
//   ; test: verify                 a command with its arguments; several may be given and run in order
//   ; machine: mesh4x4             any other `key: value`, for the commands that ask for it
//   %0 = f %x   ; error: GRA-002 not visible     expected at this line; the text is part of the message
//   ; precise:                     the exact output, one line each behind `;|`; BLESS=1 rewrites it
//   ;| first line

export interface ExpectedError {
  /** From 1. */
  readonly line: number;
  readonly code: string;
  /** What the message must contain; may be empty. */
  readonly text: string;
}

export interface FiletestInvocation {
  readonly command: string;
  /** Words behind the command: `algorithm=anneal`, `machine=mesh4x4`, or plain. */
  readonly args: readonly string[];
}

export interface Filetest {
  /** Path as it is reported. */
  readonly file: string;
  /** The whole text, comments included; readers of `.dfir` skip them. */
  readonly text: string;
  readonly invocations: readonly FiletestInvocation[];
  /** Values of the other headers, in the order of their lines. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly errors: readonly ExpectedError[];
  /** Lines of the `precise` block; undefined if there is none. */
  readonly precise: readonly string[] | undefined;
}

const HEADER = /^;\s*([a-z][a-z-]*):\s*(.*?)\s*$/;
const PRECISE_LINE = /^;\| ?(.*)$/;
const ERROR = /;\s*error:\s*([A-Z]{3}-\d{3})\s*([^;]*)/g;

/** @throws Error if the file asks for nothing */
export function parseFiletest(text: string, file: string): Filetest {
  const invocations: FiletestInvocation[] = [];
  const headers = new Map<string, string[]>();
  const errors: ExpectedError[] = [];
  let precise: string[] | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const [, key, value = ""] = HEADER.exec(line) ?? [];
    const preciseLine = PRECISE_LINE.exec(line);
    if (preciseLine) (precise ??= []).push(preciseLine[1] ?? "");
    else if (key === "precise") precise ??= [];
    else if (key === "test") invocations.push(parseInvocation(value));
    else if (key === "error" || key === undefined) errors.push(...parseErrors(line, index + 1));
    else headers.set(key, [...(headers.get(key) ?? []), value]);
  }
  if (invocations.length === 0) throw new Error(`${file} has no "; test:" line`);
  return { file, text, invocations, headers, errors, precise };
}

function parseInvocation(value: string): FiletestInvocation {
  const [command = "", ...args] = value.split(/\s+/);
  return { command, args };
}

function parseErrors(line: string, number: number): ExpectedError[] {
  return [...line.matchAll(ERROR)].map(([, code = "", text = ""]) => ({ line: number, code, text: text.trim() }));
}

/** The argument `name=value`, or undefined. */
export function argumentOf(invocation: FiletestInvocation, name: string): string | undefined {
  const prefix = `${name}=`;
  return invocation.args.find((arg) => arg.startsWith(prefix))?.slice(prefix.length);
}

/** The text without comments, without the blanks that they leave behind, and without empty lines. */
export function stripComments(text: string): string {
  const lines = text.split("\n").map((line) => line.replace(/^((?:[^";]|"(?:[^"\\]|\\.)*")*?)\s*(?:;.*)?$/, "$1"));
  return lines
    .filter((line) => line.trim() !== "")
    .map((line) => `${line}\n`)
    .join("");
}

/** The text with its precise block replaced. */
export function withPrecise(text: string, lines: readonly string[]): string {
  const kept = text.split("\n").filter((line) => !PRECISE_LINE.test(line));
  const at = kept.findIndex((line) => HEADER.exec(line)?.[1] === "precise");
  return [...kept.slice(0, at + 1), ...lines.map((line) => `;| ${line}`.trimEnd()), ...kept.slice(at + 1)].join("\n");
}
