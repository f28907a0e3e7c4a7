// The entries of a random program one after the other on one state, on every engine: outputs, final memory and state must be the same
// after each run.
import { FastProgram, ProgramState, simulateCycle, simulateUntimed } from "@waferc/sim";
import type { RunOptions, RunResult } from "@waferc/sim";
import type { RandomProgram } from "../programs/index.ts";
import { firstDifference } from "./compare-engines.ts";

/** One line for each difference; none for a program that runs once. */
export function compareStates({ program, machine, weights, runs }: RandomProgram): string[] {
  if (runs.length === 1) return [];
  const fast = new FastProgram(program, machine, weights, { criticalPath: false });
  const engines: Readonly<Record<string, (options: RunOptions) => RunResult>> = {
    untimed: (options) => simulateUntimed(program, machine, weights, options),
    cycle: (options) => simulateCycle(program, machine, weights, options),
    fast: ({ inputs, ...options }) => fast.run(options, inputs, options),
  };
  const states = new Map(Object.keys(engines).map((name) => [name, new ProgramState(program)]));
  const differences: string[] = [];
  for (const [i, options] of runs.entries()) {
    const found = Object.entries(engines).map(([name, run]) => {
      const state = states.get(name)!;
      const { outputs, memoryDigest } = run({ ...options, state });
      return { name, outputs, memory: memoryDigest(), state: state.digest() };
    });
    const [expected, ...others] = found;
    for (const other of others) {
      const place = `${other.name}, run ${i} of "${options.entry}"`;
      for (const [tensor, data] of expected!.outputs) {
        const at = firstDifference(data, other.outputs.get(tensor));
        if (at !== undefined) differences.push(`${place}: output "${tensor}" differs at ${at}`);
      }
      if (other.memory !== expected!.memory) differences.push(`${place}: final memory differs`);
      if (other.state !== expected!.state) differences.push(`${place}: the state differs`);
    }
  }
  return differences;
}
