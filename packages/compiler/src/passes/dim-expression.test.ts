import { describe, expect, it } from "vitest";
import { evaluateDim, namesOf, parseDim, solveDim } from "./dim-expression.ts";

const bound = (entries: Record<string, number>): ReadonlyMap<string, number> => new Map(Object.entries(entries));

describe("parseDim and evaluateDim", () => {
  it.each([
    ["batch", { batch: 3 }, 3],
    ["past_sequence_length + sequence_length", { past_sequence_length: 5, sequence_length: 2 }, 7],
    ["s70 + s89 - 1", { s70: 4, s89: 2 }, 5],
    ["2*s0", { s0: 4 }, 8],
    ["Min(64, s50)", { s50: 100 }, 64],
    ["Max(1, s50)", { s50: 0 }, 1],
    ["floor(s0/2)", { s0: 7 }, 3],
    ["(s0 + 1)//2", { s0: 7 }, 4],
  ])("%s", (text, bindings, expected) => {
    expect(evaluateDim(parseDim(text), bound(bindings))).toBe(expected);
  });

  it("takes a text that is no expression as one name", () => {
    for (const text of ["batch size", "a +", "unk__604:0", "f(x)", ""]) expect(namesOf(parseDim(text))).toEqual([text]);
  });
});

describe("solveDim", () => {
  it("finds the one unbound name", () => {
    expect(solveDim(parseDim("past + seq"), 10, bound({ seq: 4 }))).toEqual({ name: "past", value: 6 });
    expect(solveDim(parseDim("2*s0"), 10, bound({}))).toEqual({ name: "s0", value: 5 });
  });

  it("finds nothing where the total does not decide", () => {
    expect(solveDim(parseDim("2*s0"), 9, bound({}))).toBeUndefined();
    expect(solveDim(parseDim("a + b"), 9, bound({}))).toBeUndefined();
    expect(solveDim(parseDim("floor(a/2)"), 4, bound({}))).toBeUndefined();
  });
});
