// Runs the filetests of a folder under vitest, one test for each file and command.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, test } from "vitest";
import { catCommand, verifyCommand } from "./commands.ts";
import type { FiletestCommand, FiletestLevel } from "./commands.ts";
import { parseFiletest } from "./filetest.ts";

export interface RunFiletestsOptions {
  /** The levels that the folder's files are of. */
  readonly levels: readonly FiletestLevel<unknown>[];
  /** Commands besides `cat` and `verify`. */
  readonly commands?: readonly FiletestCommand[];
}

/**
 * Declares the tests of every `.dfir` file in a folder and the folders in it.
 * @param folder the URL of the folder: `new URL("program/", import.meta.url)`
 */
export function runFiletests(folder: URL, options: RunFiletestsOptions): void {
  const root = fileURLToPath(folder);
  for (const name of filetestNames(root)) describe(name, () => declareTests(join(root, name), name, options));
}

/**
 * Declares the tests of the examples in a markdown page: fenced blocks marked `dfir`, each a filetest.
 * @param page the URL of the page: `new URL("../../../docs/dfir.md", import.meta.url)`
 */
export function runExamples(page: URL, options: RunFiletestsOptions): void {
  const name = basename(fileURLToPath(page));
  const blocks = [...readFileSync(page, "utf8").matchAll(/^```dfir\n(.*?)^```$/gms)];
  for (const [index, [, text = ""]] of blocks.entries()) {
    const label = `${name} example ${index + 1}`;
    describe(label, () => declareCommands(text, label, options));
  }
}

function filetestNames(root: string): string[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(".dfir"));
  const names = files.map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
  return names.sort((a, b) => (a < b ? -1 : 1));
}

function declareTests(path: string, name: string, options: RunFiletestsOptions): void {
  // CI is where blessing would hide a change.
  const isBlessing = process.env["BLESS"] === "1" && process.env["CI"] === undefined;
  declareCommands(
    readFileSync(path, "utf8"),
    name,
    options,
    isBlessing ? (changed) => writeFileSync(path, changed) : undefined,
  );
}

function declareCommands(
  text: string,
  name: string,
  options: RunFiletestsOptions,
  rewrite?: (text: string) => void,
): void {
  const filetest = parseFiletest(text, name);
  const commands = [catCommand, verifyCommand, ...(options.commands ?? [])];
  for (const [index, invocation] of filetest.invocations.entries()) {
    test(`${index + 1} ${[invocation.command, ...invocation.args].join(" ")}`, async () => {
      const command = commands.find((candidate) => candidate.name === invocation.command);
      if (!command) throw new Error(`${name} asks for an unknown command "${invocation.command}"`);
      const level = levelOf(text, name, options.levels);
      await command.run({ test: filetest, invocation, level, rewrite });
    });
  }
}

function levelOf(text: string, name: string, levels: readonly FiletestLevel<unknown>[]): FiletestLevel<unknown> {
  const word = /^\s*dfir\s+\d+\s+([a-z]+)/m.exec(text)?.[1];
  const found = levels.find(({ level }) => level === word);
  if (!found) throw new Error(`${name} is of level "${word ?? "none"}", which is not registered`);
  return found;
}
