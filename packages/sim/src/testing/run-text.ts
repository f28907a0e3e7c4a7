// Runs the body of an entry written in the text form on the untimed engine (in order and at random), the cycle engine (in order
// and shuffled), the fast engine and the plain timing model, and requires that they agree wherever they must.
import { parseProgram, verifyProgram } from "@waferc/ir/program";
import type { Program, TensorData, TensorSource } from "@waferc/ir/program";
import type { Machine } from "@waferc/machine";
import { type CycleResult, simulateCycle } from "../cycle/engine.ts";
import { requireFastEquals } from "./fast-equals.ts";
import { loadImage } from "../image.ts";
import type { PathStretch } from "../ledger.ts";
import type { RunOptions } from "../run.ts";
import { simulateUntimed } from "../untimed/engine.ts";
import { TEST_MACHINE } from "./machine.ts";
import { timePlainly } from "./plain-timing.ts";
import { requireEqual } from "./require-equal.ts";

const HEAD = `dfir 1 program @t for test8x8 grid 8x8
  kernel k0 = t "first"
  kernel k1 = t "second"
  entry @main {
`;

/** The program whose only entry has this body; two kernels, k0 and k1, are declared. */
export function programOf(body: string): Program {
  const { program } = parseProgram(`${HEAD}${body}\n  }\n`);
  requireEqual("the verifier's verdict", verifyProgram(program), []);
  return program;
}

export const noWeights = (): Float32Array => new Float32Array(0);

export type Inputs = Readonly<Record<string, TensorData>>;

/** Runs the body on all engines and returns what the cycle engine found. */
export function runText(body: string, inputs: Inputs = {}, machine: Machine = TEST_MACHINE): CycleResult {
  return runEverywhere(
    { program: programOf(body), machine, weights: noWeights },
    { inputs: new Map(Object.entries(inputs)) },
  );
}

/** What is run: a program with its machine and its weights. */
export interface Subject {
  readonly program: Program;
  readonly machine: Machine;
  readonly weights: TensorSource;
}

/** Runs a program on all engines and returns what the cycle engine found, its critical path included. */
export function runEverywhere({ program, machine, weights }: Subject, options: RunOptions): CycleResult {
  const untimed = simulateUntimed(program, machine, weights, options);
  const random = simulateUntimed(program, machine, weights, { ...options, seed: 1 });
  const cycle = simulateCycle(program, machine, weights, options);
  const shuffled = simulateCycle(program, machine, weights, { ...options, visitSeed: 1 });
  const traced = simulateCycle(program, machine, weights, { ...options, criticalPath: true });
  for (const other of [random, cycle, shuffled, traced]) {
    requireEqual("outputs", other.outputs, untimed.outputs);
    requireEqual("memory", other.memoryDigest(), untimed.memoryDigest());
    requireEqual("wavelet-hops", other.waveletHops, untimed.waveletHops);
  }
  requireEqual("shuffled timing", shuffled, cycle);
  requireEqual("traced timing", { ...traced, ledger: { ...traced.ledger, criticalPath: [] } }, cycle);
  requirePlainTiming({ program, machine, weights }, options, cycle);
  requireFastEquals({ program, machine, weights }, options, cycle);
  requireGapless(traced.ledger.criticalPath, cycle.cycles);
  return traced;
}

/** The stretches follow one another from cycle 0 to the last output. */
function requireGapless(path: readonly PathStretch[], cycles: number): void {
  let reached = 0;
  for (const { from, to } of path) {
    if (from !== reached || to <= from) throw new Error(`a stretch from ${from} to ${to} follows ${reached}`);
    reached = to;
  }
  requireEqual("end of the critical path", reached, cycles);
}

function requirePlainTiming({ program, machine, weights }: Subject, options: RunOptions, cycle: CycleResult): void {
  const { entry, steps } = options;
  const image = loadImage(program, machine, weights, {
    ...(entry === undefined ? {} : { entry }),
    ...(steps ? { steps } : {}),
  });
  const plain = timePlainly(image);
  const { cores } = cycle.ledger;
  const found = {
    cycles: cycle.cycles,
    quiescentCycles: cycle.quiescentCycles,
    waveletHops: cycle.waveletHops,
    contentionEvents: cycle.contentionEvents,
    busy: [...cores.busy],
    stalls: [...cores.busy.keys()].map((k) => ({
      recv: cores.stalls.recv[k]!,
      send: cores.stalls.send[k]!,
      ramp: cores.stalls.ramp[k]!,
      wait: cores.stalls.wait[k]!,
      control: cores.stalls.control[k]!,
    })),
    isStuck: false,
  };
  requireEqual("plain timing", found, plain);
}
