/**
 * Lowering: the mesh part of a graph to a dataflow on a machine. One group on the region with the least estimated cycles whose cores have room
 * for code, weights and activations, or, if asked for, several groups that split the schedule. Deterministic; costs are the kernels' own
 * estimates.
 */
import { CompileError, invariant, makeDiagnostic } from "@waferc/base";
import type { Diagnostic } from "@waferc/base";
import { estimateGroup } from "@waferc/kernels";
import type { Dataflow, Group } from "@waferc/ir/dataflow";
import type { Graph } from "@waferc/ir/graph";
import type { Machine } from "@waferc/machine";
import { CODES } from "../codes.ts";
import type { CodeMemory } from "../memory-report.ts";
import { cutSchedule } from "./cut-groups.ts";
import { finishDataflow } from "./finish-dataflow.ts";
import type { FinishedDataflow } from "./finish-dataflow.ts";
import { bytesOf, fullestOf, measureMemory } from "./fit.ts";
import { lowerGraph } from "./lower-graph.ts";
import type { LowerGraphOptions } from "./lower-graph.ts";
import { candidateSizes } from "./regions.ts";
import type { RegionSize } from "./regions.ts";
import { WeightStore } from "./weight-store.ts";
import type { WeightData } from "./weight-store.ts";

export interface LowerOptions {
  /** Groups to split the schedule into; fewer if there is no place to cut. 1 unless given. */
  readonly groups?: number | undefined;
  /** Sizes to choose from; by default the grid and its halves and quarters. */
  readonly sizes?: readonly RegionSize[] | undefined;
}

export interface Lowered {
  readonly dataflow: Dataflow;
  /** Data of the weights, by digest. */
  readonly weights: ReadonlyMap<string, WeightData>;
  readonly estimatedCycles: number;
  readonly cyclesByKernel: readonly number[];
  readonly memory: readonly CodeMemory[];
}

/** How a lowering to one choice of groups comes out. */
interface Attempt extends FinishedDataflow {
  readonly cycles: number;
  readonly cyclesByKernel: readonly number[];
  readonly memory: readonly CodeMemory[];
}

/** A size this much slower than the best so far is not shrunk further. */
const EXPLORE_SLACK = 1.25;

/** @throws CompileError LOW-001 if no region is large enough, LOW-002 if there is none */
export function lowerToDataflow(mesh: Graph, machine: Machine, options: LowerOptions = {}): Lowered {
  const store = new WeightStore();
  const sizes = options.sizes ?? candidateSizes(machine);
  const [area] = sizes;
  if (area === undefined) throw new CompileError([noRegion(machine)]);
  const tryGroups = (choice: LowerGraphOptions) => attempt(mesh, machine, store, choice);
  const attempts = explore(sizes, (size) => tryGroups({ groups: [{ name: "main", ...size }], groupOf: () => 0 }));
  const count = options.groups ?? 1;
  const best = chooseBest(attempts, machine);
  if (count > 1 && best !== undefined) {
    const { dataflow, opsOf, cyclesByKernel } = best;
    const cut = cutSchedule(dataflow, { opsOf, cyclesOf: cyclesByKernel, count, area });
    if (cut.groups.length > 1) return finish([tryGroups(cut)], machine);
  }
  return finish(attempts, machine);
}

/**
 * Tries the largest sizes, and smaller ones for as long as they do not cost much more: less communication can outweigh less parallelism, but
 * not again after it has lost clearly.
 */
function explore(sizes: readonly RegionSize[], tryOne: (size: RegionSize) => Attempt): Attempt[] {
  const attempts: Attempt[] = [];
  const promising = new Set<RegionSize>();
  let best = Infinity;
  for (const size of sizes) {
    const larger = nextLarger(size, sizes);
    if (larger.length > 0 && !larger.some((other) => promising.has(other))) continue;
    const tried = tryOne(size);
    attempts.push(tried);
    best = Math.min(best, tried.cycles);
    if (tried.cycles <= best * EXPLORE_SLACK) promising.add(size);
  }
  return attempts;
}

/** The sizes from which this one is one step down. */
function nextLarger(size: RegionSize, sizes: readonly RegionSize[]): RegionSize[] {
  const larger = sizes.filter((other) => isInside(size, other));
  return larger.filter((other) => !larger.some((between) => isInside(between, other)));
}

/** Whether one size is smaller than the other in one direction, and equal in the other. */
function isInside(size: RegionSize, other: RegionSize): boolean {
  return (
    (size.width === other.width && size.height < other.height) ||
    (size.height === other.height && size.width < other.width)
  );
}

/** The quickest products, or where they do not fit, the smallest. */
function attempt(mesh: Graph, machine: Machine, store: WeightStore, choice: LowerGraphOptions): Attempt {
  const flat = lowerGraph(mesh, store, choice);
  const quickest = measure(finishDataflow(mesh.name, flat, machine, "quickest"), machine);
  return fits(quickest, machine) ? quickest : measure(finishDataflow(mesh.name, flat, machine, "smallest"), machine);
}

function measure(finished: FinishedDataflow, machine: Machine): Attempt {
  const { dataflow } = finished;
  const estimates = dataflow.groups.map((_, group) => estimateGroup(dataflow, group, machine));
  const cyclesByKernel = dataflow.kernels.map(({ group }, k) => estimates[group]?.byKernel[k] ?? 0);
  const cycles = estimates.reduce((sum, estimate) => sum + estimate.cycles, 0);
  return { ...finished, cycles, cyclesByKernel, memory: measureMemory(dataflow, machine) };
}

function fits({ memory }: Attempt, machine: Machine): boolean {
  return memory.every((code) => bytesOf(code) <= machine.core.sramBytes);
}

/** The quickest that fits; ties go to the earlier, larger region. */
function chooseBest(attempts: readonly Attempt[], machine: Machine): Attempt | undefined {
  return attempts
    .filter((candidate) => fits(candidate, machine))
    .reduce<Attempt | undefined>(
      (best, next) => (best === undefined || next.cycles < best.cycles ? next : best),
      undefined,
    );
}

function finish(attempts: readonly Attempt[], machine: Machine): Lowered {
  const best = chooseBest(attempts, machine);
  if (best === undefined) throw new CompileError([doesNotFit(attempts, machine)]);
  const { dataflow, cycles, cyclesByKernel, memory } = best;
  const weights = new Map(best.weights.map((weight) => [weight.sha256, weight]));
  return { dataflow, weights, estimatedCycles: cycles, cyclesByKernel, memory };
}

function doesNotFit(attempts: readonly Attempt[], machine: Machine): Diagnostic {
  const bound = machine.core.sramBytes;
  const [closest] = attempts
    .map((tried) => ({ tried, code: fullestOf(tried.memory) }))
    .sort((a, b) => bytesOf(a.code) - bytesOf(b.code));
  invariant(closest !== undefined, "lowering has tried a region");
  const { tried, code } = closest;
  const demand = bytesOf(code);
  const users = code.users.slice(0, 8).map(({ what, bytes }) => ({ name: what, amount: bytes }));
  const terms = [{ name: "instructions", amount: code.codeBytes }, ...users];
  return makeDiagnostic(CODES["LOW-001"], {
    message: `Cannot fit "${tried.dataflow.name}" on ${machine.name}: a core needs ${demand} B on ${printSizes(tried)} cores, core memory is ${bound} B`,
    at: { kind: "entity", id: "dataflow" },
    notes: [
      { message: `buffers of ${code.dataBytes} B at their peak, ${code.weightBytes} B of them weights` },
      ...terms.map(({ name, amount }) => ({ message: `${amount} B ${name}` })),
      ...attempts.map((other) => ({ message: `${printSizes(other)} needs ${bytesOf(fullestOf(other.memory))} B` })),
    ],
    help: [tokenLever(code, bound), machineLever(demand, bound)],
    facts: { demand, bound, unit: "B", terms },
  });
}

/** Activations shrink in proportion to the tokens at best; weights and instructions do not shrink, gathered weights neither. */
function tokenLever({ codeBytes, dataBytes, weightBytes }: CodeMemory, bound: number): string {
  const room = bound - codeBytes - weightBytes;
  if (room <= 0) return `fewer tokens do not help: weights and instructions alone need ${codeBytes + weightBytes} B`;
  const percent = Math.floor((100 * room) / (dataBytes - weightBytes));
  return `bind fewer tokens (--dim): only activations shrink, so at most ${percent} % of the tokens fit`;
}

function machineLever(demand: number, bound: number): string {
  const factor = Math.ceil((10 * demand) / bound) / 10;
  return `compile for a machine with about ${factor} times as many cores, or with core memory of ${demand} B (--set core.sramBytes=${demand})`;
}

function printSizes({ dataflow }: Attempt): string {
  return dataflow.groups.map(printSize).join(" + ");
}

function printSize({ width, height }: Group): string {
  return `${width}x${height}`;
}

function noRegion(machine: Machine): Diagnostic {
  const { width, height, defects } = machine;
  return makeDiagnostic(CODES["LOW-002"], {
    message: `Cannot find a region on ${machine.name}: ${defects.cores.length} of ${width * height} cores and ${defects.links.length} links are dead`,
    at: { kind: "argument", name: "machine" },
    facts: { demand: 1, bound: 0, unit: "regions" },
  });
}
