/**
 * Proof that something holds for an instruction on every core of a class, in every iteration of the loops around it and for every step
 * scalar: by ranges over the class, by ranges on each group of cores that differ in what matters, by visiting every instance.
 */
import { boundsOf } from "./compile-expr.ts";
import type { SlotRanges } from "./compile-expr.ts";
import type { ClassModel, Loop, Site } from "./class-model.ts";
import type { Budget } from "./findings.ts";

/** Values of all variables, by slot. */
export type Frame = Int32Array;

export interface Claim {
  /** Slots that the claim depends on, besides what the counts of the loops read. */
  readonly reads: readonly number[];
  /** True if it holds for all values in the ranges. */
  holdsWithin(ranges: SlotRanges): boolean;
  /** What is wrong in one instance; undefined if it holds. */
  problemAt(frame: Frame): string | undefined;
}

/** The first instance found in which a claim does not hold. */
export interface Refutation {
  readonly problem: string;
  readonly x: number;
  readonly y: number;
  readonly frame: Frame;
}

export function prove(
  model: ClassModel,
  site: Site,
  claim: Claim,
  budget: Budget,
): Refutation | "undecided" | undefined {
  if (claim.holdsWithin(model.ranges)) return undefined;
  const reads = readsWithLoops(site.loops, claim.reads);
  const { representatives } = model.groups([...reads]);
  for (const core of representatives) {
    const frame = frameOf(model, core);
    if (claim.holdsWithin(rangesOnCore(model, site.loops, frame))) continue;
    let problem: string | undefined;
    const isComplete = forEachInstance(model, site.loops, reads, frame, budget, () => {
      problem = claim.problemAt(frame);
      return problem !== undefined;
    });
    if (problem !== undefined) return { problem, x: model.xs[core]!, y: model.ys[core]!, frame };
    if (!isComplete) return "undecided";
  }
  return undefined;
}

/** A copy of a core's frame. */
export function frameOf(model: ClassModel, core: number): Frame {
  return model.frames.slice(core * model.slotCount, (core + 1) * model.slotCount);
}

/** Slots that decide whether and with which values an instruction is executed. */
export function readsWithLoops(loops: readonly Loop[], reads: Iterable<number>): ReadonlySet<number> {
  const all = new Set(reads);
  for (const { count } of loops) for (const slot of count.reads) all.add(slot);
  return all;
}

/** Ranges in which x, y and parameters have a core's values. */
export function rangesOnCore(model: ClassModel, loops: readonly Loop[], frame: Frame): SlotRanges {
  const low = Float64Array.from(model.ranges.low);
  const high = Float64Array.from(model.ranges.high);
  for (let slot = 0; slot < model.firstStepSlot; slot++) low[slot] = high[slot] = frame[slot]!;
  const ranges = { low, high };
  for (const { slot, count } of loops) {
    high[slot] = Math.max(0, boundsOf(count.source, model.slots, ranges).max - 1);
  }
  return ranges;
}

/**
 * Visits every combination of step scalars and loop variables with which the instruction is executed, as far as they are in `reads`; of
 * others only the first. False if the budget does not suffice. Stops when `visit` returns true.
 */
export function forEachInstance(
  model: ClassModel,
  loops: readonly Loop[],
  reads: ReadonlySet<number>,
  frame: Frame,
  budget: Budget,
  visit: () => boolean,
): boolean {
  const { firstStepSlot, firstLoopSlot, ranges } = model;
  let isStopped = false;
  const enterLoop = (depth: number): boolean => {
    const loop = loops[depth];
    if (!budget.spend(1)) return false;
    if (!loop) {
      isStopped = visit();
      return true;
    }
    const count = loop.count.evaluate(frame, 0);
    const iterations = reads.has(loop.slot) ? count : Math.min(count, 1);
    for (let i = 0; i < iterations && !isStopped; i++) {
      frame[loop.slot] = i;
      if (!enterLoop(depth + 1)) return false;
    }
    return true;
  };
  const enterStep = (slot: number): boolean => {
    if (slot === firstLoopSlot) return enterLoop(0);
    const first = ranges.low[slot]!;
    const last = reads.has(slot) ? ranges.high[slot]! : first;
    for (let value = first; value <= last && !isStopped; value++) {
      frame[slot] = value;
      if (!enterStep(slot + 1)) return false;
    }
    return true;
  };
  return enterStep(firstStepSlot);
}

/** By core: 1 where the instruction is executed at all, in some iteration and for some step scalars. A spent budget counts as executed. */
export function executedOn(model: ClassModel, { loops }: Site, budget: Budget): Uint8Array {
  const executed = new Uint8Array(model.xs.length).fill(1);
  if (loops.every(({ count }) => boundsOf(count.source, model.slots, model.ranges).min > 0)) return executed;
  const reads = readsWithLoops(loops, []);
  const { of, representatives } = model.groups([...reads]);
  const byGroup = representatives.map((core) => {
    let isExecuted = false;
    const isComplete = forEachInstance(model, loops, reads, frameOf(model, core), budget, () => (isExecuted = true));
    return isExecuted || !isComplete;
  });
  for (const [i, group] of of.entries()) if (!byGroup[group]) executed[i] = 0;
  return executed;
}
