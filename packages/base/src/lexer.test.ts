import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isBareName, Lexer } from "./lexer.ts";
import { printSymbolName, printValueName, quote } from "./text-writer.ts";

function lex(text: string): string[] {
  const lexer = new Lexer(text);
  const found: string[] = [];
  for (let token = lexer.next(); token.kind !== "end"; token = lexer.next()) found.push(`${token.kind} ${token.text}`);
  return found;
}

describe("Lexer", () => {
  it("reads every kind of token", () => {
    expect(
      lex(String.raw`%0 = matmul.tile-a %"a b", @main : f32[4,8] {axis = -1} 1.5 -inf 2x3 sha256:9e2 "q\"" k0.out->k1`),
    ).toMatchInlineSnapshot(`
      [
        "value 0",
        "punctuation =",
        "name matmul.tile-a",
        "value a b",
        "punctuation ,",
        "symbol main",
        "punctuation :",
        "name f32",
        "punctuation [",
        "integer 4",
        "punctuation ,",
        "integer 8",
        "punctuation ]",
        "punctuation {",
        "name axis",
        "punctuation =",
        "integer -1",
        "punctuation }",
        "float 1.5",
        "float -inf",
        "extents 2x3",
        "digest 9e2",
        "string q"",
        "name k0.out",
        "punctuation ->",
        "name k1",
      ]
    `);
  });

  it("takes a dash or dot into a name only between name characters", () => {
    expect(lex("a->b")).toEqual(["name a", "punctuation ->", "name b"]);
    expect(lex("x - 1")).toEqual(["name x", "punctuation -", "integer 1"]);
    expect(lex("x-1")).toEqual(["name x-1"]);
    expect(lex("0..5")).toEqual(["integer 0", "punctuation ..", "integer 5"]);
  });

  it("ends lines with tokens, leaves comments out and counts lines", () => {
    const lexer = new Lexer('a ; comment "\r\n\n b');
    const tokens = [lexer.next(), lexer.next(), lexer.next(), lexer.next(), lexer.next()];
    expect(tokens.map((token) => [token.kind, token.line])).toEqual([
      ["name", 1],
      ["newline", 1],
      ["newline", 2],
      ["name", 3],
      ["end", 3],
    ]);
  });

  it("makes tokens of what it cannot read, and goes on", () => {
    expect(lex('a \u00b5 "open\nb')).toEqual([
      "name a",
      'invalid character "\u00b5"',
      "invalid string has no closing quote",
      "newline \n",
      "name b",
    ]);
    expect(lex(String.raw`"\q" x`)).toEqual([String.raw`invalid string "\q" has a bad escape`, "name x"]);
  });

  it("reads back any name and string that the writer prints", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(lex(quote(text))).toEqual([`string ${text}`]);
        expect(lex(printValueName(text))).toEqual([`value ${text}`]);
        expect(lex(printSymbolName(text))).toEqual([`symbol ${text}`]);
        if (isBareName(text)) expect(lex(text)).toEqual([`name ${text}`]);
      }),
    );
  });
});
