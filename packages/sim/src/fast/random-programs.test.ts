// Random legal programs: the fast engine has the values of the others on all of them, and the cycles of the cycle engine, core by
// core, wherever nothing was contended. Annotates how many that are, and how far off the rest is.
import { randomProgram } from "@waferc/testkit/programs";
import { expect, test } from "vitest";
import { simulateCycle } from "../cycle/engine.ts";
import { requireFastEquals } from "../testing/fast-equals.ts";

const PROGRAMS = 25;

test(`${PROGRAMS} programs`, { timeout: 120_000 }, async ({ annotate }) => {
  const errors: number[] = [];
  for (let seed = 0; seed < PROGRAMS; seed++) {
    const subject = randomProgram(`fast ${seed}`);
    const { program, machine, weights, inputs, steps } = subject;
    const cycle = simulateCycle(program, machine, weights, { inputs, steps });
    const fast = requireFastEquals(subject, { inputs, steps }, cycle);
    if (cycle.contentionEvents === 0) continue;
    // Waiting for a link, a ramp or a port makes nothing earlier.
    expect(fast.quiescentCycles).toBeLessThanOrEqual(cycle.quiescentCycles);
    errors.push(1 - fast.quiescentCycles / cycle.quiescentCycles);
  }
  errors.sort((a, b) => a - b);
  const quantile = (q: number) => `${(100 * errors[Math.floor(q * (errors.length - 1))]!).toFixed(1)} %`;
  const free = PROGRAMS - errors.length;
  await annotate(
    `fast engine: ${free} of ${PROGRAMS} random programs without contention, all equal in cycles; the others are ` +
      `too early by ${quantile(0.5)} (median), ${quantile(0.9)} (nine tenths), ${quantile(1)} (worst)`,
  );
  expect(free).toBeGreaterThan(0.3 * PROGRAMS);
});
