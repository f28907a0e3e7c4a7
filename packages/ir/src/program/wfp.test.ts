import { CompileError } from "@waferc/base";
import { arbitraryProgram, Choices, randomProgram } from "@waferc/testkit/arbitrary";
import { Rng } from "@waferc/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseProgram } from "./parse.ts";
import { decodeProgram, DEFAULT_WFP_BUDGET, encodeProgram, isWfp } from "./wfp.ts";

const SMALL = parseProgram(`dfir 1 program @t for mesh4x4 grid 4x4
  kernel k0 = t "k"
  entry @main {
    code @body colors(c) {
      buffer a : f32[4] at 0 B
      kernel k0
      async 0 send c, a[0, 4:1]
      wait 0
    }
    class all = @body on (0,0)+4x4 colors(0)
  }
`).program;

function codesOf(decode: () => unknown): string[] {
  try {
    decode();
  } catch (error) {
    if (error instanceof CompileError) return error.diagnostics.map(({ code }) => code);
    throw error;
  }
  return [];
}

describe("program files", () => {
  test("round-trip arbitrary programs to equal bytes", () => {
    fc.assert(
      fc.property(arbitraryProgram, (program) => {
        const bytes = encodeProgram(program);
        const decoded = decodeProgram(bytes);
        expect(decoded).toStrictEqual(program);
        expect(encodeProgram(decoded)).toEqual(bytes);
      }),
      { seed: 6, numRuns: 300 },
    );
  });

  test("begin with the magic number and the version", () => {
    const bytes = encodeProgram(SMALL);
    expect([...bytes.subarray(0, 7)]).toEqual([0x0d, 0x77, 0x66, 0x70, 0x00, 0x10, 0x02]);
    expect(isWfp(bytes)).toBe(true);
    expect(isWfp(new TextEncoder().encode("dfir 1 program"))).toBe(false);
  });

  test("are refused if they are something else, too new or too big", () => {
    const bytes = encodeProgram(SMALL);
    expect(codesOf(() => decodeProgram(new Uint8Array(0)))).toEqual(["PRG-101"]);
    expect(codesOf(() => decodeProgram(bytes.subarray(0, 30)))).toEqual(["PRG-101"]);
    expect(codesOf(() => decodeProgram(Uint8Array.of(...bytes, 0x22, 0x00)))).toEqual(["PRG-101"]);
    expect(codesOf(() => decodeProgram(bytes.with(6, 3)))).toEqual(["PRG-103"]);
    const budget = { ...DEFAULT_WFP_BUDGET, maxBytes: bytes.length - 1 };
    expect(codesOf(() => decodeProgram(bytes, "f", budget))).toEqual(["PRG-102"]);
    expect(codesOf(() => decodeProgram(bytes, "f", { ...DEFAULT_WFP_BUDGET, maxMessages: 8 }))).toEqual(["PRG-102"]);
    expect(codesOf(() => decodeProgram(bytes, "f", { ...DEFAULT_WFP_BUDGET, maxCodesPerEntry: 0 }))).toEqual([
      "PRG-102",
    ]);
  });

  test("are verified after decoding", () => {
    const [entry] = SMALL.entries;
    if (!entry) throw new Error("the program has an entry");
    const broken = { ...SMALL, entries: [{ ...entry, name: "" }] };
    expect(() => encodeProgram(broken)).toThrow("only well-formed programs are encoded");
    const bytes = encodeProgram(SMALL);
    const at = bytes.findIndex((_, i) => new TextDecoder().decode(bytes.subarray(i, i + 4)) === "body");
    expect(codesOf(() => decodeProgram(bytes.with(at, 0x20)))).toEqual(["PRG-002"]);
  });

  test("never fail in another way, however damaged", () => {
    const rng = new Rng("damage");
    for (let i = 0; i < 3000; i++) {
      const numbers = Array.from({ length: 100 }, () => rng.below(2 ** 20));
      const bytes = encodeProgram(randomProgram(new Choices(numbers)));
      for (let hits = rng.between(1, 4); hits > 0; hits--) bytes[rng.between(7, bytes.length - 1)] = rng.below(256);
      codesOf(() => decodeProgram(bytes));
    }
  });
});
