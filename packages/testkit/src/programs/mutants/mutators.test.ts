import { describe, expect, test } from "vitest";
import { Rng } from "@waferc/base";
import { randomProgram } from "../random-program.ts";
import { MUTATORS } from "./mutators.ts";

const SEEDS = Array.from({ length: 16 }, (_, seed) => seed);

describe("MUTATORS", () => {
  test("have kinds of their own", () => {
    expect(new Set(MUTATORS.map(({ kind }) => kind)).size).toBe(MUTATORS.length);
  });

  test("change the program or a weight, the same for the same seed, and leave the origin alone", () => {
    const found = new Map(MUTATORS.map(({ kind }) => [kind, 0]));
    for (const seed of SEEDS) {
      const { program } = randomProgram(seed);
      const text = JSON.stringify(program);
      for (const { kind, mutate } of MUTATORS) {
        const mutant = mutate(program, new Rng(seed));
        if (!mutant) continue;
        found.set(kind, (found.get(kind) ?? 0) + 1);
        const changed = JSON.stringify(mutant.program);
        expect(changed, `${kind}: ${mutant.where}`).not.toBe(text);
        if (seed % 4 === 0) expect(mutate(program, new Rng(seed))).toEqual(mutant);
      }
      expect(JSON.stringify(program)).toBe(text);
    }
    const missing = [...found].filter(([, count]) => count === 0).map(([kind]) => kind);
    expect(missing).toEqual([]);
  });
});
