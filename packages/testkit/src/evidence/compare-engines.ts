// Runs one program on all engines and on perturbed machines, and says what differs: values (outputs and final memory, bit by bit) must never, and
// the fast engine's cycles must not where the cycle engine finds no contention (docs/program.md sections 7.4 and 10). Needs no test framework.
import type { Machine } from "@waferc/machine";
import type { Program, TensorData, TensorSource } from "@waferc/ir/program";
import { FastSession, simulateCycle, simulateUntimed } from "@waferc/sim";
import type { CycleResult, FastResult, RunResult } from "@waferc/sim";
import { perturbMachine } from "./perturbations.ts";

export interface EngineSubject {
  readonly program: Program;
  readonly machine: Machine;
  readonly weights: TensorSource;
  readonly inputs: ReadonlyMap<string, TensorData>;
  readonly steps?: ReadonlyMap<string, number>;
}

export interface EngineComparisonOptions {
  /** Random schedules of the untimed engine. */
  readonly schedules: number;
  /** Perturbed machines beside the given one. */
  readonly perturbations: number;
  /** Number of the first of them, so that sweeps with few go through all. */
  readonly firstPerturbation?: number;
  /** Called before each run. */
  readonly onRun?: (name: string) => void;
}

/** Both timed engines on one machine. */
export interface TimingComparison {
  readonly machine: string;
  readonly contentionEvents: number;
  readonly cycles: number;
  readonly quiescentCycles: number;
  readonly fastCycles: number;
  readonly fastQuiescentCycles: number;
  /** Cycles in which a main thread waited for a free slot, over all cores. */
  readonly sendStalls: number;
}

export interface EngineComparison {
  /** One line for each difference; empty when everything agrees. */
  readonly differences: readonly string[];
  /** The program's own machine first. */
  readonly timings: readonly TimingComparison[];
  readonly runs: number;
}

export function compareEngines(subject: EngineSubject, options: EngineComparisonOptions): EngineComparison {
  return new Comparer(subject, options.onRun).compare(options);
}

/** What must not depend on time. */
interface Values {
  readonly outputs: RunResult["outputs"];
  readonly memory: string;
  readonly waveletHops: number;
}

class Comparer {
  readonly #subject: EngineSubject;
  readonly #onRun: ((name: string) => void) | undefined;
  readonly #differences: string[] = [];
  readonly #timings: TimingComparison[] = [];
  #values: Values | undefined;
  #runs = 0;

  constructor(subject: EngineSubject, onRun: EngineComparisonOptions["onRun"]) {
    this.#subject = subject;
    this.#onRun = onRun;
  }

  compare({ schedules, perturbations: count, firstPerturbation = 0 }: EngineComparisonOptions): EngineComparison {
    const { program, machine, weights, inputs, steps } = this.#subject;
    const options = { inputs, ...(steps ? { steps } : {}) };
    this.#run("untimed", () => simulateUntimed(program, machine, weights, options));
    for (let seed = 0; seed < schedules; seed++) {
      this.#run(`untimed, schedule ${seed}`, () => simulateUntimed(program, machine, weights, { ...options, seed }));
    }
    this.#timed("base", machine);
    for (let i = firstPerturbation; i < firstPerturbation + count; i++) {
      const { name, machine: other } = perturbMachine(machine, i);
      this.#timed(name, other);
    }
    return { differences: this.#differences, timings: this.#timings, runs: this.#runs };
  }

  /** Values on the program's own machine come from the fast engine too; elsewhere it only times. */
  #timed(name: string, machine: Machine): void {
    const { program, weights, inputs, steps } = this.#subject;
    const options = { inputs, ...(steps ? { steps } : {}) };
    const isBase = machine === this.#subject.machine;
    const cycle = this.#run(`cycle, ${name}`, () => simulateCycle(program, machine, weights, options));
    const fastOptions = { ...(steps ? { steps } : {}), criticalPath: false, timingOnly: !isBase };
    const fast = this.#run(
      `fast, ${name}`,
      () => new FastSession(program, machine, weights, fastOptions).run(inputs),
      isBase,
    );
    if (cycle && fast) this.#compareTiming(name, cycle, fast);
  }

  #run<R extends RunResult>(name: string, run: () => R, hasValues = true): R | undefined {
    this.#runs++;
    this.#onRun?.(name);
    try {
      const result = run();
      if (hasValues) this.#compareValues(name, result);
      return result;
    } catch (error) {
      this.#differences.push(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      return undefined;
    }
  }

  #compareValues(name: string, result: RunResult): void {
    const values = { outputs: result.outputs, memory: result.memoryDigest(), waveletHops: result.waveletHops };
    const expected = (this.#values ??= values);
    if (values === expected) return;
    for (const [tensor, data] of expected.outputs) {
      const place = firstDifference(data, values.outputs.get(tensor));
      if (place !== undefined) this.#differences.push(`${name}: output "${tensor}" differs at ${place}`);
    }
    if (values.memory !== expected.memory) this.#differences.push(`${name}: final memory differs`);
    if (values.waveletHops !== expected.waveletHops) {
      this.#differences.push(`${name}: ${values.waveletHops} hops, not ${expected.waveletHops}`);
    }
  }

  #compareTiming(name: string, cycle: CycleResult, fast: FastResult): void {
    this.#timings.push({
      machine: name,
      contentionEvents: cycle.contentionEvents,
      cycles: cycle.cycles,
      quiescentCycles: cycle.quiescentCycles,
      fastCycles: fast.cycles,
      fastQuiescentCycles: fast.quiescentCycles,
      sendStalls: cycle.ledger.cores.stalls.send.reduce((sum, cycles) => sum + cycles, 0),
    });
    if (fast.waveletHops !== cycle.waveletHops) this.#differences.push(`fast, ${name}: hops differ`);
    if (cycle.contentionEvents > 0) return;
    for (const key of ["cycles", "quiescentCycles"] as const) {
      if (fast[key] !== cycle[key]) this.#differences.push(`fast, ${name}: ${key} ${fast[key]}, not ${cycle[key]}`);
    }
    const place = ledgerDifference(cycle.ledger, fast.ledger);
    if (place !== undefined) this.#differences.push(`fast, ${name}: ledger differs in ${place}`);
  }
}

/** Index of the first element whose bits differ. */
export function firstDifference(a: TensorData, b: TensorData | undefined): string | undefined {
  if (b === undefined || a.length !== b.length || a.constructor !== b.constructor) return "its length";
  const [bitsA, bitsB] = [bitsOf(a), bitsOf(b)];
  const index = bitsA.findIndex((bits, i) => bits !== bitsB[i]);
  return index < 0 ? undefined : `[${index}]: ${b[index]}, not ${a[index]}`;
}

/** The bits of each element. */
export function bitsOf(data: TensorData): Int32Array | Uint16Array {
  return data instanceof Float32Array ? new Int32Array(data.buffer, data.byteOffset, data.length) : data;
}

/** Path of the first field that differs, the critical path left out: only one engine may have followed it. */
function ledgerDifference(a: CycleResult["ledger"], b: FastResult["ledger"]): string | undefined {
  return difference({ ...a, criticalPath: [] }, { ...b, criticalPath: [] });
}

function difference(a: unknown, b: unknown): string | undefined {
  if (Object.is(a, b)) return undefined;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null)
    return `: ${String(b)}, not ${String(a)}`;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) {
    const inner = difference((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]);
    if (inner !== undefined) return `${key}${inner.startsWith(":") ? "" : "."}${inner}`;
  }
  return undefined;
}
