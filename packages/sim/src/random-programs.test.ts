// Random legal programs: values are the same in all engines, in any order and on perturbed machines; the cycle engine's timing is
// that of the plain model, whatever the order in which it visits cores and routers.
import type { Machine } from "@waferc/machine";
import { randomProgram } from "@waferc/testkit/programs";
import { describe, expect, test } from "vitest";
import { simulateCycle } from "./cycle/engine.ts";
import { runEverywhere } from "./testing/run-text.ts";

const PROGRAMS = 30;
const PERTURBATIONS = 2;

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
