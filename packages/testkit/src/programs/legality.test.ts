// The checker and the generator judge each other: nothing that is legal by construction is refused.
import { checkProgram } from "@waferc/check";
import { describe, expect, test } from "vitest";
import { randomProgram } from "./random-program.ts";

const PROGRAMS = 300;

describe("checkProgram", () => {
  test(`accepts ${PROGRAMS} random legal programs`, { timeout: 240_000 }, () => {
    for (let seed = 0; seed < PROGRAMS; seed++) {
      // Two thirds on small meshes: there the checker takes a tenth of the time.
      const { program, machine } = randomProgram(seed, seed % 3 === 0 ? {} : { maxExtent: 4 });
      const { verdict, findings } = checkProgram(program, machine);
      expect(findings, `seed ${seed}`).toEqual([]);
      expect(verdict, `seed ${seed}`).toBe("legal");
    }
  });
});
