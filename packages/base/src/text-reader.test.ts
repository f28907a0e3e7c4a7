import { describe, expect, it } from "vitest";
import { DiagnosticSink, printDiagnostic } from "./diagnostics.ts";
import { TextReader } from "./text-reader.ts";
import { TextWriter } from "./text-writer.ts";

/** A toy grammar: `let NAME = INTEGER` and `group NAME { statements }`. */
function parseToy(text: string) {
  const diag = new DiagnosticSink();
  const reader = new TextReader(text, { file: "toy", diag });
  const found: string[] = [];
  const statement = () => {
    if (reader.word(["let", "group"]) === "group") {
      found.push(`group ${reader.name()}`);
      reader.block(statement);
      return;
    }
    const name = reader.name();
    reader.expect("=");
    const value = reader.integer({ max: 99 });
    reader.define(name);
    found.push(`${name}=${value}`);
  };
  reader.section(() => {
    reader.header(["toy"]);
    reader.endStatement();
    reader.statements(statement);
  });
  return { found, errors: diag.diagnostics.map(printDiagnostic), reader };
}

describe("TextReader", () => {
  it("parses statements and nested blocks and maps entities to lines", () => {
    const { found, errors, reader } = parseToy(
      "\ndfir 1 toy\n  let a = 1\n\n  group g {\n    let b = 2\n  }\n  let c = 3\n",
    );
    expect(errors).toEqual([]);
    expect(found).toEqual(["a=1", "group g", "b=2", "c=3"]);
    expect([...reader.sourceMap]).toEqual([
      ["a", 3],
      ["b", 6],
      ["c", 8],
    ]);
  });

  it("reports the first error of each statement and reads the others", () => {
    const text =
      "dfir 1 toy\nlet a 1\nlet = =\nlet b = 100\ngroup g {\n  let c = x\n  let d = 4\n}\nlet e = 5 6\nlet f = 6";
    const { found, errors } = parseToy(text);
    expect(found).toEqual(["group g", "d=4", "e=5", "f=6"]);
    expect(errors.join("\n")).toMatchInlineSnapshot(`
      "error[TXT-001] Expected "=", but found "1"
        at toy:2
      error[TXT-001] Expected a name, but found "="
        at toy:3
      error[TXT-001] Expected an integer up to 99, but found 100
        at toy:4
      error[TXT-001] Expected an integer, but found "x"
        at toy:6
      error[TXT-001] Expected the end of the line, but found "6"
        at toy:9"
    `);
  });

  it("skips the block of a statement whose head is wrong", () => {
    const { found, errors } = parseToy("dfir 1 toy\ngroup 7 {\n  group h {\n    let a = 1\n  }\n}\nlet b = 2\n");
    expect(found).toEqual(["b=2"]);
    expect(errors).toHaveLength(1);
  });

  it("reports a missing and a stray closing brace", () => {
    expect(parseToy("dfir 1 toy\ngroup g {\nlet a = 1\n").errors).toEqual([
      'error[TXT-001] Expected "}", but found the end of the text\n  at toy:4',
    ]);
    const stray = parseToy("dfir 1 toy\n}\nlet a = 1\n");
    expect(stray.found).toEqual(["a=1"]);
    expect(stray.errors).toEqual(['error[TXT-001] Expected a statement, but found "}"\n  at toy:2']);
  });

  it("stops at the header of the next section, also when a block was left open", () => {
    const { found, errors, reader } = parseToy("dfir 1 toy\ngroup g {\nlet a = 1\ndfir 1 other\nlet b = 2\n");
    expect(found).toEqual(["group g", "a=1"]);
    expect(errors).toHaveLength(1);
    expect(reader.isAtHeader()).toBe(true);
  });

  it("refuses another version or level", () => {
    expect(parseToy("dfir 2 toy\nlet a = 1\n").errors).toEqual([
      'error[TXT-002] Expected "dfir 1 toy", but found "dfir 2 toy"\n  at toy:1',
    ]);
    expect(parseToy("dfir 1 graph @x\n").errors[0]).toContain('found "dfir 1 graph"');
    expect(parseToy("let a = 1\n").errors[0]).toContain('Expected "dfir 1 toy"');
  });

  it("reads lists, quantities, extents, floats and digests", () => {
    const diag = new DiagnosticSink();
    const reader = new TextReader("[1, 2] [] 512 B 2x3 -0.0 nan 0.1 -1 sha256:00ff", { file: "t", diag });
    expect(reader.list("[", "]", () => reader.integer())).toEqual([1, 2]);
    expect(reader.list("[", "]", () => reader.integer())).toEqual([]);
    expect(reader.quantity("B")).toBe(512);
    expect(reader.extents(2)).toEqual([2, 3]);
    expect(reader.float()).toBe(-0);
    expect(reader.float()).toBe(NaN);
    expect(reader.float(Math.fround)).toBe(Math.fround(0.1));
    expect(reader.float()).toBe(-1);
    expect(reader.digest()).toBe("00ff");
  });
});

describe("TextWriter", () => {
  it("indents blocks by two spaces and ends every line", () => {
    const writer = new TextWriter();
    writer.line("dfir 1 toy");
    writer.indented(() => writer.block("group g", () => writer.line("let a = 1")));
    expect(writer.toString()).toBe("dfir 1 toy\n  group g {\n    let a = 1\n  }\n");
    expect(new TextWriter().toString()).toBe("");
  });
});
