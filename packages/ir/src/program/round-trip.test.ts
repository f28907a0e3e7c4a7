// The text form of programs: parse(print(p)) is p, and print(parse(t)) is t.
import { arbitraryFrom, arbitraryProgram, Choices, randomExpr, randomProgram } from "@waferc/testkit/arbitrary";
import { Rng, TextReader, DiagnosticSink } from "@waferc/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { printExpr, readExpr } from "./expr-text.ts";
import { parseProgram } from "./parse.ts";
import { printProgram } from "./print.ts";
import { verifyProgram } from "./verify.ts";

const MANY = 10_000;

describe("text form of programs", () => {
  test("round-trips arbitrary programs, which verify", () => {
    fc.assert(
      fc.property(arbitraryProgram, (program) => {
        expect(verifyProgram(program)).toEqual([]);
        const text = printProgram(program);
        const { program: parsed } = parseProgram(text);
        expect(parsed).toStrictEqual(program);
        expect(printProgram(parsed)).toBe(text);
      }),
      { seed: 4, numRuns: 500 },
    );
  });

  test("round-trips ten thousand programs", { timeout: 60_000 }, () => {
    const rng = new Rng("programs");
    for (let i = 0; i < MANY; i++) {
      const numbers = Array.from({ length: 20 + rng.below(150) }, () => rng.below(2 ** 20));
      const program = randomProgram(new Choices(numbers));
      const text = printProgram(program);
      if (printProgram(parseProgram(text).program) !== text) expect.fail(`program ${i} changes when read:\n${text}`);
    }
  });
});

describe("text form of expressions", () => {
  const scope = { variables: ["x", "y", "i.0", "mod", "inf"], params: ["p", "min"] };
  const arbitraryExpr = arbitraryFrom((choices) => randomExpr(choices, scope, 5), 60);
  const parse = (text: string): unknown => {
    const diag = new DiagnosticSink();
    const reader = new TextReader(text, { file: "expr", diag });
    const expr = reader.section(() => readExpr(reader));
    expect(diag.diagnostics, text).toEqual([]);
    expect(reader.isAtKind("end"), text).toBe(true);
    return expr;
  };

  test("round-trips arbitrary expressions", () => {
    fc.assert(
      fc.property(arbitraryExpr, (expr) => {
        expect(parse(printExpr(expr))).toStrictEqual(expr);
      }),
      { seed: 5, numRuns: 5000 },
    );
  });

  test("reads what is not canonical", () => {
    const canonical = (text: string): string => printExpr(parse(text) as Parameters<typeof printExpr>[0]);
    expect(canonical("x*3 -1")).toBe("3*x - 1");
    expect(canonical("((x)) - -2*y")).toBe("x + 2*y");
    expect(canonical("x mod 4 floordiv 2")).toBe("(x mod 4) floordiv 2");
    expect(canonical("x - p*y - (3*y)")).toBe("x - p*y - (3*y)");
  });
});
