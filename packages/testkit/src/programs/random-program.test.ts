import { verifyProgram } from "@waferc/ir/program";
import { describe, expect, test } from "vitest";
import type { ProgramFeatures } from "./features.ts";
import { randomProgram } from "./random-program.ts";

const PROGRAMS = 300;

/** Features that engines must be fuzzed with. */
const WANTED: readonly (keyof ProgramFeatures)[] = [
  "multicast",
  "switches",
  "epochs",
  "async",
  "fullQueues",
  "sharedLinks",
  "loops",
  "halves",
  "halfStreams",
  "widened",
  "rows",
  "state",
];

describe("randomProgram", () => {
  test("is well-formed, and uses each feature in at least a tenth of the programs", { timeout: 60_000 }, () => {
    const uses = new Map<string, number>();
    for (let seed = 0; seed < PROGRAMS; seed++) {
      const { program, features } = randomProgram(seed);
      expect(verifyProgram(program), `seed ${seed}`).toEqual([]);
      for (const [feature, count] of Object.entries(features)) {
        if (count > 0) uses.set(feature, (uses.get(feature) ?? 0) + 1);
      }
    }
    const shares = [...uses].map(([feature, count]) => `${feature} ${((100 * count) / PROGRAMS).toFixed(0)} %`);
    console.log(`features of ${PROGRAMS} random programs: ${shares.join(", ")}`);
    for (const feature of WANTED) expect(uses.get(feature), feature).toBeGreaterThanOrEqual(PROGRAMS / 10);
  });

  test("is the same for the same seed", () => {
    for (const seed of [1, 2, "three"]) {
      const { program, inputs, steps } = randomProgram(seed);
      const again = randomProgram(seed);
      expect(again.program).toEqual(program);
      expect(again.inputs).toEqual(inputs);
      expect(again.steps).toEqual(steps);
    }
  });
});
