// Random legal programs: the fast engine has the values of the others on all of them, and the cycles of the cycle engine, core by
// core, wherever nothing was contended. Prints how many that are, and how far off the rest is.
import { randomProgram } from "@waferc/testkit/programs";
import { expect, test } from "vitest";
import { simulateCycle } from "../cycle/engine.ts";
import { simulateUntimed } from "../untimed/engine.ts";
import { expectFastEquals } from "./comparison.ts";
import { FastSession } from "./session.ts";

const PROGRAMS = 60;

test(`${PROGRAMS} programs`, { timeout: 120_000 }, () => {
  const errors: number[] = [];
  for (let seed = 0; seed < PROGRAMS; seed++) {
    const { program, machine, weights, inputs, steps } = randomProgram(`fast ${seed}`);
    const options = { inputs, steps };
    const untimed = simulateUntimed(program, machine, weights, { ...options, seed });
    const cycle = simulateCycle(program, machine, weights, options);
    expect(cycle.memoryDigest(), `seed ${seed}`).toBe(untimed.memoryDigest());
    expectFastEquals(program, machine, weights, options, cycle);
    if (cycle.contentionEvents === 0) continue;
    const fast = new FastSession(program, machine, weights, { steps, criticalPath: false });
    // Waiting for a link, a ramp or a port makes nothing earlier.
    expect(fast.quiescentCycles).toBeLessThanOrEqual(cycle.quiescentCycles);
    errors.push(1 - fast.quiescentCycles / cycle.quiescentCycles);
  }
  errors.sort((a, b) => a - b);
  const quantile = (q: number) => `${(100 * errors[Math.floor(q * (errors.length - 1))]!).toFixed(1)} %`;
  const free = PROGRAMS - errors.length;
  console.log(
    `fast engine: ${free} of ${PROGRAMS} random programs without contention, all equal in cycles; the others are ` +
      `too early by ${quantile(0.5)} (median), ${quantile(0.9)} (nine tenths), ${quantile(1)} (worst)`,
  );
  expect(free).toBeGreaterThan(0.3 * PROGRAMS);
});
