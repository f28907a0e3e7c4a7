// Random legal programs: values are the same in all engines, in any order and on perturbed machines; the cycle engine's timing is
// that of the plain model, whatever the order in which it visits cores and routers.
import type { Machine } from "@waferc/machine";
import { randomProgram, type RandomProgram } from "@waferc/testkit/programs";
import { describe, expect, test } from "vitest";
import { simulateCycle } from "./cycle/engine.ts";
import { FastProgram } from "./fast/program.ts";
import type { RunOptions } from "./run.ts";
import { ProgramState } from "./state.ts";
import { requireEqual } from "./testing/require-equal.ts";
import { runEverywhere } from "./testing/run-text.ts";
import { simulateUntimed } from "./untimed/engine.ts";

const PROGRAMS = 30;
const PERTURBATIONS = 2;
const SEQUENCES = 15;

/** Runs the entries of a program one after the other, on a state of its own for each engine. */
function runSequence({ program, machine, weights, runs }: RandomProgram): void {
  const fast = new FastProgram(program, machine, weights, { criticalPath: false });
  const engines = [
    (options: RunOptions) => simulateUntimed(program, machine, weights, options),
    (options: RunOptions) => simulateUntimed(program, machine, weights, { ...options, seed: 1 }),
    (options: RunOptions) => simulateCycle(program, machine, weights, options),
    (options: RunOptions) => simulateCycle(program, machine, weights, { ...options, loops: "plain" }),
    ({ inputs, ...options }: RunOptions) => fast.run(options, inputs, options),
  ].map((run) => ({ run, state: new ProgramState(program) }));
  for (const [i, options] of runs.entries()) {
    const found = engines.map(({ run, state }) => {
      const { outputs, waveletHops, memoryDigest } = run({ ...options, state });
      return { outputs, waveletHops, memory: memoryDigest(), state: state.digest() };
    });
    for (const other of found) requireEqual(`run ${i} of ${program.name}`, other, found[0]);
  }
}

/** Other latencies and costs, and queues at least as deep, so that nothing deadlocks that did not. */
function perturb({ core, fabric, ...rest }: Machine, seed: number): Machine {
  return {
    ...rest,
    core: {
      ...core,
      vectorStartCycles: 1 + (seed % 9),
      fabricStartCycles: 1 + (seed % 5),
      controlCycles: 1 + (seed % 3),
      emitCycles: seed % 3,
      sendPauseEvery: seed % 4,
    },
    fabric: {
      ...fabric,
      hopCycles: 1 + (seed % 4),
      rampCycles: 1 + ((seed >> 1) % 5),
      linkQueueDepth: fabric.linkQueueDepth + (seed % 3),
      inputQueueDepth: fabric.inputQueueDepth + (seed % 2),
      outputQueueDepth: fabric.outputQueueDepth + ((seed >> 1) % 4),
    },
  };
}

describe("random programs", () => {
  test(`${SEQUENCES} with state, from run to run`, { timeout: 120_000 }, () => {
    let tested = 0;
    for (let seed = 0; tested < SEQUENCES; seed++) {
      const subject = randomProgram(`state ${seed}`, { maxExtent: 5 });
      if (subject.runs.length === 1) continue;
      runSequence(subject);
      tested++;
    }
  });

  test(`${PROGRAMS} on all engines`, { timeout: 120_000 }, () => {
    for (let seed = 0; seed < PROGRAMS; seed++) {
      const { program, machine, weights, inputs, steps } = randomProgram(`engines ${seed}`, { maxExtent: 5 });
      const options = { inputs, steps };
      const cycle = runEverywhere({ program, machine, weights }, options);
      for (let i = 0; i < PERTURBATIONS; i++) {
        const perturbed = simulateCycle(program, perturb(machine, PERTURBATIONS * seed + i), weights, options);
        expect(perturbed.memoryDigest(), program.name).toBe(cycle.memoryDigest());
        expect(perturbed.outputs, program.name).toEqual(cycle.outputs);
      }
      const timed = simulateCycle(program, machine, weights, { ...options, timingOnly: true });
      expect(timed.ledger.cores, program.name).toEqual(cycle.ledger.cores);
    }
  });
});
