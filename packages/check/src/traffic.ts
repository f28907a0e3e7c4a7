// How many wavelets every core sends and takes on every colour in a whole entry: sums over loops, without an order of events.
import { colorUses, viewUses } from "@waferc/ir/program";
import type { Entry, Instruction, StepScalar } from "@waferc/ir/program";
import { coreIndex } from "@waferc/machine";
import type { Grid } from "@waferc/machine";
import type { ClassModel, Site } from "./class-model.ts";
import type { Budget } from "./findings.ts";
import { frameOf, readsWithLoops } from "./prove.ts";
import { countOf, isFabricOrControl } from "./token-code.ts";

/** A value of each step scalar. */
export type StepValues = ReadonlyMap<string, number>;

/** Wavelets by actual colour and router. */
export interface Traffic {
  /** Data wavelets that the router's core emits and takes. */
  readonly sent: ReadonlyMap<number, Float64Array>;
  readonly taken: ReadonlyMap<number, Float64Array>;
  /** Control wavelets that it emits. */
  readonly controls: ReadonlyMap<number, Float64Array>;
}

/** Undefined if the budget does not suffice. */
export function measureTraffic(
  models: readonly ClassModel[],
  grid: Grid,
  steps: StepValues,
  budget: Budget,
): Traffic | undefined {
  const traffic = {
    sent: new Map<number, Float64Array>(),
    taken: new Map<number, Float64Array>(),
    controls: new Map<number, Float64Array>(),
  };
  for (const model of models) {
    const routers = Int32Array.from(model.xs, (x, i) => coreIndex(grid, x, model.ys[i]!));
    for (const site of model.sites) {
      const uses = colorUses(site.instruction);
      if (uses.length === 0) continue;
      const sums = sumsOf(model, site, steps, budget);
      if (!sums) return undefined;
      const isControl = site.instruction.op === "advance" || site.instruction.op === "close";
      for (const { color, direction } of uses) {
        const table = isControl ? traffic.controls : direction === "in" ? traffic.taken : traffic.sent;
        const totals = totalsOf(table, model.coreClass.colors[color]!, grid.width * grid.height);
        for (const [i, router] of routers.entries()) totals[router]! += sums.values[sums.of[i]!]!;
      }
    }
  }
  return traffic;
}

function totalsOf(table: Map<number, Float64Array>, color: number, routers: number): Float64Array {
  let totals = table.get(color);
  if (!totals) table.set(color, (totals = new Float64Array(routers)));
  return totals;
}

/** Wavelets that an instruction moves in all, by group of cores. */
function sumsOf(
  model: ClassModel,
  { instruction, loops }: Site,
  steps: StepValues,
  budget: Budget,
): { readonly of: Int32Array; readonly values: readonly number[] } | undefined {
  const { constant, count } = countOf(model, instruction);
  const reads = readsWithLoops(loops, countReads(model, instruction));
  const groups = model.groups([...reads]);
  let hasBudget = true;
  const values = groups.representatives.map((core) => {
    const frame = frameOf(model, core);
    setSteps(model, frame, steps);
    const sum = (depth: number): number => {
      if (!budget.spend(1)) hasBudget = false;
      const loop = loops[depth];
      if (!loop) return Math.max(0, count ? count(frame, 0) : constant);
      const iterations = loop.count.evaluate(frame, 0);
      if (iterations <= 0 || !hasBudget) return 0;
      frame[loop.slot] = 0;
      if (!reads.has(loop.slot)) return iterations * sum(depth + 1);
      let total = 0;
      for (let i = 0; i < iterations && hasBudget; i++) {
        frame[loop.slot] = i;
        total += sum(depth + 1);
      }
      return total;
    };
    return sum(0);
  });
  return hasBudget ? { of: groups.of, values } : undefined;
}

export function setSteps(model: ClassModel, frame: Int32Array, steps: StepValues): void {
  for (const [s, { name, min }] of model.entry.steps.entries()) frame[model.firstStepSlot + s] = steps.get(name) ?? min;
}

/** Slots that decide how many wavelets an instruction moves. */
export function countReads(model: ClassModel, instruction: Instruction): readonly number[] {
  const counts = viewUses(instruction).flatMap(({ view }) => view.dims.map(({ count }) => count));
  if ("count" in instruction && instruction.count !== undefined) counts.push(instruction.count);
  return counts.flatMap((count) => model.compile(count).reads);
}

/** Combinations of step scalars to judge. */
export interface StepCombinations {
  /** All that can differ. */
  readonly count: number;
  readonly all: () => Iterable<StepValues>;
  /** Those with every scalar at one of its bounds. */
  readonly extremes: readonly StepValues[];
}

const MAX_EXTREMES = 16;

/** Of the scalars that some number of wavelets or iterations depends on; the others do not matter here. */
export function stepCombinations(entry: Entry, models: readonly ClassModel[]): StepCombinations {
  const relevant = new Set<string>();
  for (const model of models) {
    for (const { instruction, loops } of model.sites) {
      if (!isFabricOrControl(instruction)) continue;
      const reads = readsWithLoops(loops, countReads(model, instruction));
      for (const [s, { name }] of entry.steps.entries()) if (reads.has(model.firstStepSlot + s)) relevant.add(name);
    }
  }
  const steps = entry.steps.filter(({ name }) => relevant.has(name));
  let extremes: Map<string, number>[] = [new Map()];
  for (const { name, min, max } of steps) {
    const values = min === max ? [min] : [min, max];
    extremes = extremes.flatMap((known) => values.map((value) => new Map([...known, [name, value]])));
    extremes.splice(MAX_EXTREMES);
  }
  const count = steps.reduce((product, { min, max }) => product * (max - min + 1), 1);
  return { count, all: () => combine(steps), extremes };
}

function* combine([first, ...others]: readonly StepScalar[]): Generator<StepValues, void, undefined> {
  if (!first) return yield new Map();
  for (let value = first.min; value <= first.max; value++) {
    for (const rest of combine(others)) yield new Map([[first.name, value], ...rest]);
  }
}
