import { describe, expect, test } from "vitest";
import { verifyProgram } from "@waferc/ir/program";
import { randomProgram } from "./random-program.ts";
import type { ProgramFeatures } from "./plan.ts";

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);

/** Features that engines must be fuzzed with. */
const WANTED: readonly (keyof ProgramFeatures)[] = [
  "multicast",
  "switches",
  "epochs",
  "async",
  "fullQueues",
  "sharedLinks",
  "loops",
];

describe("randomProgram", () => {
  test("is well-formed and the same for the same seed", () => {
    for (const seed of SEEDS) {
      const { program } = randomProgram(seed);
      expect(verifyProgram(program), `seed ${seed}`).toEqual([]);
      if (seed % 50 === 0) expect(randomProgram(seed).program).toEqual(program);
    }
  });

  test("uses each feature in at least a tenth of the programs", () => {
    const uses = new Map<string, number>();
    for (const seed of SEEDS) {
      for (const [feature, count] of Object.entries(randomProgram(seed).features)) {
        if (count > 0) uses.set(feature, (uses.get(feature) ?? 0) + 1);
      }
    }
    const shares = [...uses].map(([feature, count]) => `${feature} ${((100 * count) / SEEDS.length).toFixed(0)} %`);
    console.log(`features of ${SEEDS.length} random programs: ${shares.join(", ")}`);
    for (const feature of WANTED) expect(uses.get(feature), feature).toBeGreaterThanOrEqual(SEEDS.length / 10);
  });
});
