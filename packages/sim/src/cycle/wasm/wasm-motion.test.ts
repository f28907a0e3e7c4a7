// The loops in WebAssembly against their twin in TypeScript: whatever a program does, both find the same, be it results with all counts, a fault, or a deadlock.
import { Rng } from "@waferc/base";
import type { Program, TensorSource } from "@waferc/ir/program";
import type { Machine } from "@waferc/machine";
import { BERT, compileModel, meshInputs } from "@waferc/testkit/evidence";
import { MUTATORS, mutantWeights, randomProgram } from "@waferc/testkit/programs";
import { describe, expect, test } from "vitest";
import { DeadlockError, ProgramFault } from "../../fault.ts";
import { machineWith } from "../../testing/machine.ts";
import { noWeights, programOf } from "../../testing/run-text.ts";
import { type CycleOptions, simulateCycle } from "../engine.ts";

const PROGRAMS = 25;
const FAULTY_PROGRAMS = 10;

interface Subject {
  readonly program: Program;
  readonly machine: Machine;
  readonly weights: TensorSource;
}

/** What a run ends with: results, or the error's kind and message. */
function outcome({ program, machine, weights }: Subject, options: CycleOptions): Readonly<Record<string, unknown>> {
  try {
    const { memoryDigest, ...counts } = simulateCycle(program, machine, weights, { linkWavelets: true, ...options });
    return { ...counts, memory: memoryDigest() };
  } catch (error) {
    if (!(error instanceof ProgramFault || error instanceof DeadlockError)) throw error;
    return { fault: error.name, message: error.message };
  }
}

/** Requires equal outcomes and returns that of the loops in WebAssembly. */
function requireSame(subject: Subject, options: CycleOptions, name: string): Readonly<Record<string, unknown>> {
  const found = outcome(subject, { ...options, loops: "wasm" });
  expect(found, name).toEqual(outcome(subject, { ...options, loops: "plain" }));
  return found;
}

describe("both loops", () => {
  test(`find the same in ${PROGRAMS} random programs`, { timeout: 60_000 }, () => {
    for (let seed = 0; seed < PROGRAMS; seed++) {
      const subject = randomProgram(`loops ${seed}`);
      const { inputs, steps } = subject;
      const found = requireSame(subject, { inputs, steps }, `seed ${seed}`);
      expect(found["fault"]).toBeUndefined();
      const timed = requireSame(subject, { inputs, steps, timingOnly: true }, `seed ${seed}, timing only`);
      expect(timed["quiescentCycles"]).toBe(found["quiescentCycles"]);
    }
  });

  test("fail in the same way on random programs with a fault", { timeout: 120_000 }, () => {
    const failures = new Map<unknown, number>();
    for (let seed = 0; seed < FAULTY_PROGRAMS; seed++) {
      const { program, machine, weights, inputs, steps } = randomProgram(`faulty loops ${seed}`, { maxExtent: 4 });
      for (const { kind, mutate } of MUTATORS) {
        const mutant = mutate(program, new Rng(`loops ${kind} ${seed}`));
        if (!mutant) continue;
        const subject = { program: mutant.program, machine, weights: mutantWeights(weights, mutant) };
        const { fault } = requireSame(subject, { inputs, steps }, `seed ${seed}, ${kind}: ${mutant.where}`);
        failures.set(fault, (failures.get(fault) ?? 0) + 1);
      }
    }
    expect(failures.get("DeadlockError")).toBeGreaterThan(10);
    expect(failures.get("ProgramFault")).toBeGreaterThan(10);
  });

  test("find the same in a compiled model", { timeout: 120_000 }, () => {
    const { compiled, inputs } = compileModel(BERT, ".");
    const found = requireSame(compiled, { inputs: meshInputs(compiled, inputs) }, BERT.name);
    expect(found["waveletHops"]).toBeGreaterThan(100_000);
  });
});

const TWO_CORES = programOf(`
    code @tx colors(c) {
      buffer a : f32[8] at 0 B
      kernel k0
      iota a[0, 8:1], 1, 1
      bind out 0 c
      send c, a[0, 8:1]
    }
    code @rx colors(c) {
      buffer a : f32[8] at 0 B
      kernel k1
      bind in 0 c
      recv c, a[7, 8:-1]
    }
    class k0 = @tx on (0,0)+1x1 colors(0)
    class k1 = @rx on (1,0)+1x1 colors(0)
    route color 0 on (0,0)+1x1 : ramp -> east
    route color 0 on (1,0)+1x1 : west -> ramp`);

test.each([
  ["queues deeper than the loops hold", machineWith({ fabric: { linkQueueDepth: 100 } })],
  ["latencies longer than the loops hold", machineWith({ fabric: { hopCycles: 10_000 } })],
  [
    "queues of any depth up to that",
    machineWith({ fabric: { linkQueueDepth: 31, inputQueueDepth: 1, outputQueueDepth: 3 } }),
  ],
])("%s", (name, machine) => {
  const found = requireSame({ program: TWO_CORES, machine, weights: noWeights }, { inputs: new Map() }, name);
  expect(found["waveletHops"]).toBe(8);
});

test("the digest of a view that walks down memory", () => {
  const subject = { program: TWO_CORES, machine: machineWith({}), weights: noWeights };
  const { memoryDigest } = simulateCycle(TWO_CORES, subject.machine, noWeights, { inputs: new Map() });
  expect(memoryDigest()).toBe(outcome(subject, { inputs: new Map(), visitSeed: 1 })["memory"]);
});
