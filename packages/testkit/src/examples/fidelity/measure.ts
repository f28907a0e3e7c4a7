// Cycles of the published cases in this model: programs of ../ on cuts of cs2 and cs3 that are as large as the case, on the cycle engine.
import { loadMachine } from "@waferc/machine";
import type { Machine } from "@waferc/machine";
import { simulateCycle } from "@waferc/sim";
import { chainReduce } from "../chain-reduce.ts";
import type { Example } from "../example.ts";
import { meshGemv } from "../mesh-gemv.ts";
import { multicast } from "../multicast.ts";
import { cannonGemm, meshGemm } from "../ring-gemm.ts";
import type { GemmBlock } from "../ring-gemm.ts";
import type { ExampleType } from "../program-text.ts";
import { summaGemm } from "../summa-gemm.ts";
import { summaStep } from "../summa-step.ts";
import { twoPhaseReduce } from "../two-phase-reduce.ts";
import { localGemm } from "./local-gemm.ts";
import { REDUCE } from "./published.ts";
import type { LocalGemmRow, MulticastRow, ReduceRow } from "./published.ts";

/** The wafer's cores, on a smaller grid that leaves `width` x `height` to the program. */
export function cutOf(name: "cs2" | "cs3", width: number, height: number): Machine {
  const { reservedCores } = loadMachine(name);
  const { north, east, south, west } = reservedCores;
  return loadMachine(name, [`width=${width + west + east}`, `height=${height + north + south}`]);
}

/** Quiescent cycles on the cycle engine, without values. */
export function measureCycles({ program, machine }: Example): number {
  const options = { inputs: new Map<string, Float32Array>(), timingOnly: true };
  return simulateCycle(program, machine, () => new Float32Array(0), options).quiescentCycles;
}

/** Queues are bound before the clock of the published program starts, so that the sender's `bind` does not count. */
function withoutBind({ machine }: Example, cycles: number): number {
  return cycles - machine.core.controlCycles;
}

export function reduceExample({ group }: ReduceRow): Example {
  const { cores, elements } = REDUCE;
  const options = { machine: cutOf("cs2", cores, 1), cores, elements, bare: true };
  return group === cores ? chainReduce(options) : twoPhaseReduce({ ...options, group });
}

export function reduceCycles(row: ReduceRow, measure = measureCycles): number {
  const example = reduceExample(row);
  return withoutBind(example, measure(example));
}

export function multicastExample({ bytes, receivers }: MulticastRow): Example {
  return multicast({ machine: cutOf("cs3", receivers + 1, 1), cores: receivers + 1, elements: bytes / 4, bare: true });
}

export function localGemmExample(row: LocalGemmRow): Example {
  return localGemm(cutOf("cs2", 1, 1), row);
}

/** Cycles of the same product by three algorithms. */
export interface GemmCycles {
  readonly side: number;
  readonly block: GemmBlock;
  readonly mesh: number;
  readonly cannon: number;
  readonly summa: number;
}

/** A whole product, alignment included; every core goes on as soon as it has what it needs. */
export function gemmCycles(side: number, size: number): GemmCycles {
  const edge = size / side;
  const block = { m: edge, k: edge, n: edge };
  const options = { machine: cutOf("cs2", side, side), side, block, bare: true };
  const [mesh, cannon, summa] = [meshGemm, cannonGemm, summaGemm].map((make) => measureCycles(make(options)));
  return { side, block, mesh: mesh!, cannon: cannon!, summa: summa! };
}

/**
 * One step from a barrier to the next, as if all cores waited for each other after each. For SUMMA the step whose root is a quarter from the
 * edge: what is farthest is then as far as on average over all steps.
 */
export function gemmStepCycles(side: number, edge: number): GemmCycles {
  const block = { m: edge, k: edge, n: edge };
  const options = { machine: cutOf("cs2", side, side), side, block, bare: true, aligned: true };
  const step = (make: typeof meshGemm) =>
    measureCycles(make({ ...options, shifts: 1 })) - measureCycles(make({ ...options, shifts: 0 }));
  const binds = 2 * options.machine.core.controlCycles;
  const summa = measureCycles(summaStep({ ...options, root: Math.floor(side / 4) })) - binds;
  return { side, block, mesh: step(meshGemm), cannon: step(cannonGemm), summa };
}

/** Cores along the axis of the sum, edge of a block, cores of a group of the tree. */
export interface GemvCase {
  readonly side: number;
  readonly edge: number;
  readonly group: number;
  readonly type: ExampleType;
}

export interface GemvCycles extends GemvCase {
  readonly tree: number;
  readonly chain: number;
}

/** Matrix times vector with blocks of edge x edge along `side` cores; rows are alike, so that one is enough. */
export function gemvCycles({ side, edge, group, type }: GemvCase): GemvCycles {
  const machine = cutOf("cs2", side, 1);
  const options = { machine, columns: side, rows: 1, inputs: edge, outputs: edge, type, bare: true };
  const [tree, chain] = [meshGemv({ ...options, group }), meshGemv(options)].map((example) => measureCycles(example));
  return { side, edge, group, type, tree: tree!, chain: chain! };
}
