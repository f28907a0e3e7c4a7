// For tests: requires that the fast engine finds what the cycle engine found.
import type { Machine } from "@waferc/machine";
import type { Program, TensorSource } from "@waferc/ir/program";
import type { CycleResult } from "../cycle/engine.ts";
import { FastSession } from "../fast/session.ts";
import type { Ledger } from "../ledger.ts";
import type { RunOptions } from "../run.ts";
import { requireEqual } from "./require-equal.ts";

interface Subject {
  readonly program: Program;
  readonly machine: Machine;
  readonly weights: TensorSource;
}

/**
 * Compares values always, in a first and a second run; cycles and the account of every core where nothing was contended; and the
 * critical path with the cycles.
 */
export function requireFastEquals(
  { program, machine, weights }: Subject,
  options: RunOptions,
  cycle: CycleResult,
): FastSession {
  const session = new FastSession(program, machine, weights, options);
  for (const fast of [session.run(options.inputs), session.run(options.inputs)]) {
    requireEqual("fast outputs", fast.outputs, cycle.outputs);
    requireEqual("fast memory", fast.memoryDigest(), cycle.memoryDigest());
    requireEqual("fast wavelet-hops", fast.waveletHops, cycle.waveletHops);
  }
  if (cycle.contentionEvents === 0) requireEqual("fast timing", timesOf(session), timesOf(cycle));
  let end = 0;
  for (const { from, to } of session.ledger.criticalPath) {
    requireEqual("begin of a stretch of the fast critical path", from, end);
    end = to;
  }
  requireEqual("end of the fast critical path", end, session.cycles);
  return session;
}

function timesOf(run: { readonly cycles: number; readonly quiescentCycles: number; readonly ledger: Ledger }): unknown {
  const { cycles, quiescentCycles, ledger } = run;
  return { cycles, quiescentCycles, ledger: { ...ledger, criticalPath: [] } };
}
