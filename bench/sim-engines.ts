// How many wavelet-hops a second does each way of running the cycle engine move, on loads that are dense, sparse and real, and what is the ratio? All ways
// run in turn in one process, and what counts is processor time, so that the ratios hold on a machine that is busy with other things.
import type { Machine } from "@waferc/machine";
import type { CycleOptions } from "@waferc/sim";
import type { Program, TensorData, TensorSource } from "@waferc/ir/program";
import { denseLoad, sparseLoad } from "./sim-loads.ts";
import type { SimLoad } from "./sim-loads.ts";

const ROUNDS = 3;
/** A way that has taken this long on a load is not run again on it. */
const LONG_SECONDS = 6;

const WAYS: readonly (readonly [name: string, options: Partial<CycleOptions>])[] = [
  ["plain", { loops: "plain" }],
  ["wasm", {}],
];

const LOADS: readonly (() => SimLoad)[] = [
  () => denseLoad({ side: 64, rows: 8192, columns: 0 }),
  () => denseLoad({ side: 64, rows: 0, columns: 8192 }),
  () => denseLoad({ side: 64, rows: 8192, columns: 8192 }),
  () => denseLoad({ side: 256, rows: 512, columns: 512 }),
  () => sparseLoad({ side: 64, elements: 32, tokens: 24 }),
];

interface Subject {
  readonly name: string;
  readonly program: Program;
  readonly machine: Machine;
  readonly weights: TensorSource;
  readonly inputs: ReadonlyMap<string, TensorData>;
  /** Undefined where no formula tells. */
  readonly hops: number | undefined;
}

/** Runs the loads whose name contains `filter`; the packages must be built. */
export async function benchSim(filter: string): Promise<void> {
  const { simulateCycle } = await import("@waferc/sim");
  for (const makeSubject of await subjects(filter)) {
    const subject = makeSubject();
    const { name, program, machine, weights, inputs, hops } = subject;
    const times = new Map<string, number[]>(WAYS.map(([way]) => [way, []]));
    let moved = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (const [way, options] of WAYS) {
        const spent = times.get(way)!;
        if (spent.some((seconds) => seconds > LONG_SECONDS)) continue;
        const before = process.cpuUsage();
        const result = simulateCycle(program, machine, weights, { inputs, ...options });
        const { user, system } = process.cpuUsage(before);
        spent.push((user + system) / 1e6);
        moved = result.waveletHops;
        if (hops !== undefined && moved !== hops) throw new Error(`${name}: ${moved} wavelet-hops, must be ${hops}`);
      }
    }
    print(name, moved, times);
  }
}

async function subjects(filter: string): Promise<(() => Subject)[]> {
  const { loadMachine } = await import("@waferc/machine");
  const { parseProgram } = await import("@waferc/ir/program");
  const { compileModel, meshInputs, TINYWORLD_128 } = await import("@waferc/testkit/evidence");
  const ofLoad = (load: SimLoad): Subject => {
    const { name, width, height, text, hops, inputs } = load;
    const { program } = parseProgram(text);
    return {
      name,
      program,
      machine: { ...loadMachine("mesh4x4"), name: `mesh${width}x${height}`, width, height },
      weights: () => new Float32Array(0),
      inputs,
      hops,
    };
  };
  const tinyworld = (): Subject => {
    const { compiled, inputs } = compileModel(TINYWORLD_128, process.cwd());
    const { program, machine, weights } = compiled;
    return {
      name: "tinyworld 1x128 on mesh32x32",
      program,
      machine,
      weights,
      inputs: meshInputs(compiled, inputs),
      hops: undefined,
    };
  };
  const loads = LOADS.map((load) => load()).filter(({ name }) => name.includes(filter));
  return [...loads.map((load) => () => ofLoad(load)), ...("tinyworld".includes(filter) ? [tinyworld] : [])];
}

function print(name: string, hops: number, times: ReadonlyMap<string, readonly number[]>): void {
  console.log(`${name}: ${(hops / 1e6).toFixed(1)} M wavelet-hops`);
  let first: number | undefined;
  for (const [way, seconds] of times) {
    const best = Math.min(...seconds);
    first ??= best;
    const rate = `${(hops / best / 1e6).toFixed(1).padStart(7)} M/s`;
    console.log(`  ${way.padEnd(16)} ${rate}  ${best.toFixed(3)} s  ${(first / best).toFixed(2)}x`);
  }
}
