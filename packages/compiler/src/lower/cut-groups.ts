/**
 * Cuts a schedule into several groups of consecutive ops, so that they run on regions of their own: at op boundaries outside of loops, into
 * parts of about equal cycles, and an area into vertical strips with widths in proportion.
 */
import type { Dataflow, Group, GroupId, KernelId } from "@waferc/ir/dataflow";
import type { RegionSize } from "./regions.ts";

export interface Cut {
  readonly groups: readonly Group[];
  readonly groupOf: (index: number) => GroupId;
}

/** Stretches of ops that stay together: a loop's, or one op. */
interface Stretch {
  /** Ops up to and without this one. */
  readonly end: number;
  readonly cycles: number;
}

export interface CutOptions {
  /** Ops of the schedule that each kernel was made for. */
  readonly opsOf: readonly (readonly number[])[];
  /** Estimated cycles by kernel. */
  readonly cyclesOf: readonly number[];
  readonly count: number;
  /** A rectangle of live cores that the strips share. */
  readonly area: RegionSize;
}

export function cutSchedule(dataflow: Dataflow, { opsOf, cyclesOf, count, area }: CutOptions): Cut {
  const stretches = stretchesOf(dataflow, opsOf, cyclesOf);
  const { width, height } = area;
  const parts = shareOut(stretches, Math.min(count, stretches.length, width));
  const widths = proportional(
    parts.map(({ cycles }) => cycles),
    width,
  );
  const groups = parts.map((_, i): Group => ({ name: `part${i}`, width: widths[i] ?? 1, height }));
  return {
    groups,
    groupOf: (index) =>
      Math.max(
        0,
        parts.findIndex(({ end }) => index < end),
      ),
  };
}

function stretchesOf(
  dataflow: Dataflow,
  opsOf: readonly (readonly number[])[],
  cyclesOf: readonly number[],
): Stretch[] {
  const stretches: Stretch[] = [];
  const add = (kernels: readonly KernelId[]) => {
    const last = Math.max(...kernels.flatMap((k) => opsOf[k] ?? []));
    const cycles = kernels.reduce((sum, k) => sum + (cyclesOf[k] ?? 0), 0);
    const previous = stretches.at(-1);
    if (previous !== undefined && last < previous.end) {
      stretches[stretches.length - 1] = { end: previous.end, cycles: previous.cycles + cycles };
    } else if (last >= 0) stretches.push({ end: last + 1, cycles });
  };
  for (const step of dataflow.steps) add(step.kind === "kernel" ? [step.kernel] : step.body);
  return stretches;
}

/** Consecutive parts, each closed as soon as it has its share of what is left. */
function shareOut(stretches: readonly Stretch[], count: number): Stretch[] {
  const parts: Stretch[] = [];
  let left = stretches.reduce((sum, { cycles }) => sum + cycles, 0);
  let cycles = 0;
  for (const [i, stretch] of stretches.entries()) {
    cycles += stretch.cycles;
    const isLast = i === stretches.length - 1;
    const mustClose = stretches.length - i === count - parts.length;
    const isFull = parts.length < count - 1 && cycles * (count - parts.length) >= left;
    if (!isLast && !mustClose && !isFull) continue;
    parts.push({ end: isLast ? Infinity : stretch.end, cycles });
    left -= cycles;
    cycles = 0;
  }
  return parts;
}

/** Whole widths of at least 1 that add up to `total`, or to the number of weights if that is more; largest remainders first. */
function proportional(weights: readonly number[], total: number): number[] {
  const sum = weights.reduce((a, b) => a + b, 0) || 1;
  const spare = Math.max(0, total - weights.length);
  const shares = weights.map((weight) => (spare * weight) / sum);
  const widths = shares.map((share) => 1 + Math.floor(share));
  const left = spare - shares.reduce((taken, share) => taken + Math.floor(share), 0);
  const byRemainder = [...shares.keys()].sort((a, b) => ((shares[b] ?? 0) % 1) - ((shares[a] ?? 0) % 1) || a - b);
  for (const index of byRemainder.slice(0, left)) widths[index] = (widths[index] ?? 1) + 1;
  return widths;
}
