import { makeDiagnostic } from "@waferc/base";
import { describe, expect, test } from "vitest";
import { catCommand, FiletestMismatch, verifyCommand } from "./commands.ts";
import type { FiletestContext, FiletestLevel } from "./commands.ts";
import { argumentOf, parseFiletest, stripComments, withPrecise } from "./filetest.ts";

/** Words, upper-cased when printed; a word "bad" breaks rule TST-001 where it stands. */
const words: FiletestLevel<readonly string[]> = {
  level: "words",
  parse: (text) => {
    const lines = text.split("\n").map((line) => line.replace(/;.*/, "").trim());
    return { noun: lines.filter((line) => line !== ""), sourceMap: new Map(lines.map((word, i) => [word, i + 1])) };
  },
  print: (noun) => noun.map((word) => `${word.toUpperCase()}\n`).join(""),
  verify: (noun) => noun.filter((word) => word === "bad").map((id) => makeDiagnostic(RULE, details(id))),
};
const RULE = { code: "TST-001", title: "Bad word", severity: "error", about: "" } as const;
const details = (id: string) => ({ message: `Cannot use "${id}"`, at: { kind: "entity", id } as const });

function contextOf(text: string, rewrite?: (text: string) => void): FiletestContext {
  const filetest = parseFiletest(text, "words.dfir");
  const [invocation] = filetest.invocations;
  if (!invocation) throw new Error("the text has a command");
  return { test: filetest, invocation, level: words, rewrite };
}

describe("parseFiletest", () => {
  test("reads commands, headers, errors and the precise block", () => {
    const text =
      "; test: place seed=1 fast\n; machine: mesh4x4\nx ; error: TST-001 no ; error: TST-002\n; precise:\n;| a\n";
    const filetest = parseFiletest(text, "f");
    const [invocation] = filetest.invocations;
    expect(invocation).toEqual({ command: "place", args: ["seed=1", "fast"] });
    expect(invocation && argumentOf(invocation, "seed")).toBe("1");
    expect(filetest.headers.get("machine")).toEqual(["mesh4x4"]);
    expect(filetest.errors).toEqual([
      { line: 3, code: "TST-001", text: "no" },
      { line: 3, code: "TST-002", text: "" },
    ]);
    expect(filetest.precise).toEqual(["a"]);
    expect(() => parseFiletest("x", "f")).toThrow('no "; test:" line');
  });

  test("strips comments but no strings", () => {
    expect(stripComments('; a\n  x "a;b" ; c\n\ny;z\n')).toBe('  x "a;b"\ny\n');
  });
});

describe("cat", () => {
  test("accepts canonical text and a precise block, and refuses others", () => {
    expect(() => catCommand.run(contextOf("; test: cat\nA\nB\n"))).not.toThrow();
    expect(() => catCommand.run(contextOf("; test: cat\na\n"))).toThrow(FiletestMismatch);
    expect(() => catCommand.run(contextOf("; test: cat\n; precise:\n;| A\na\n"))).not.toThrow();
  });

  test("rewrites the precise block when blessed", () => {
    let text = "; test: cat\n; precise:\n;| OLD\na\n";
    void catCommand.run(contextOf(text, (changed) => (text = changed)));
    expect(text).toBe("; test: cat\n; precise:\n;| A\na\n");
    expect(withPrecise(text, ["x", "", "y"])).toBe("; test: cat\n; precise:\n;| x\n;|\n;| y\na\n");
  });
});

describe("verify", () => {
  test("wants the errors at their lines, and no others", () => {
    const run = (text: string) => () => verifyCommand.run(contextOf(text));
    expect(run('; test: verify\ngood\nbad ; error: TST-001 Cannot use "bad"\n')).not.toThrow();
    expect(run("; test: verify\nbad\n")).toThrow(FiletestMismatch);
    expect(run("; test: verify\ngood ; error: TST-001\nbad\n")).toThrow(FiletestMismatch);
    expect(run("; test: verify\nbad ; error: TST-001 other\n")).toThrow(FiletestMismatch);
  });
});
