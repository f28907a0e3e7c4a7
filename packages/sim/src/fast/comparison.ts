// For tests: requires that the fast engine finds what the cycle engine found.
import type { Machine } from "@waferc/machine";
import type { Program, TensorSource } from "@waferc/ir/program";
import { expect } from "vitest";
import type { CycleResult } from "../cycle/engine.ts";
import type { Ledger } from "../ledger.ts";
import type { RunOptions } from "../run.ts";
import { FastSession } from "./session.ts";

/** Values always; cycles and the account of every core where nothing was contended; a whole critical path. */
export function expectFastEquals(
  program: Program,
  machine: Machine,
  weights: TensorSource,
  options: RunOptions,
  cycle: CycleResult,
): void {
  const session = new FastSession(program, machine, weights, options);
  for (const fast of [session.run(options.inputs), session.run(options.inputs)]) {
    expect(fast.outputs).toEqual(cycle.outputs);
    expect(fast.memoryDigest()).toBe(cycle.memoryDigest());
    expect(fast.waveletHops).toBe(cycle.waveletHops);
  }
  if (cycle.contentionEvents === 0) expect(timesOf(session)).toEqual(timesOf(cycle));
  let end = 0;
  for (const { from, to } of session.ledger.criticalPath) {
    expect(from).toBe(end);
    end = to;
  }
  expect(end).toBe(session.cycles);
}

function timesOf(run: { readonly cycles: number; readonly quiescentCycles: number; readonly ledger: Ledger }): unknown {
  const { cycles, quiescentCycles, ledger } = run;
  return { cycles, quiescentCycles, ledger: { ...ledger, criticalPath: [] } };
}
