// What a body of evidence is: a claim, how to gather facts for it, and lines to print. `npm run evidence -- NAME` gathers one.
import type { EngineComparison, TimingComparison } from "./compare-engines.ts";

export interface Evidence {
  readonly name: string;
  /** The sentence that the facts support. */
  readonly claim: string;
  /** What is counted, and how many of it the command takes by default. */
  readonly unit: string;
  readonly defaultCount: number;
  gather(options: GatherOptions): EvidenceResult;
}

export interface GatherOptions {
  readonly count: number;
  /** First seed; 0 by default. */
  readonly from?: number;
  /** Path of the repository, for models. */
  readonly root: string;
  /** The folder of data that is not in the repository; undefined if there is none. */
  readonly data?: string | undefined;
  readonly onProgress?: (text: string) => void;
}

export interface EvidenceResult {
  /** Markdown, without a heading. */
  readonly lines: readonly string[];
  /** What contradicts the claim. */
  readonly failures: readonly string[];
}

export function percent(part: number, whole: number): string {
  return whole === 0 ? "0 %" : `${((100 * part) / whole).toFixed(1)} %`;
}

export function bulletsOf(facts: readonly (readonly [what: string, value: string | number])[]): string[] {
  return facts.map(([what, value]) => `- ${what}: ${value}`);
}

/** How the fast engine's cycles compare with the cycle engine's, where they must be equal and elsewhere. */
export function timingFacts(comparisons: readonly EngineComparison[]): (readonly [string, string])[] {
  const own = comparisons.flatMap(({ timings }) => timings.slice(0, 1));
  const all = comparisons.flatMap(({ timings }) => timings);
  const isFree = ({ contentionEvents }: TimingComparison) => contentionEvents === 0;
  const contended = all.filter((timing) => !isFree(timing));
  const errors = contended.map(errorOf);
  const magnitudes = errors.map(Math.abs).sort((a, b) => a - b);
  const equal = errors.filter((error) => error === 0).length;
  return [
    ["without contention on the program's own machine", shareOf(own.filter(isFree).length, own.length)],
    ["without contention, perturbed machines included", shareOf(all.length - contended.length, all.length)],
    ["with contention, and equal quiescentCycles all the same", shareOf(equal, contended.length)],
    [
      "error of `fast` in quiescentCycles with contention (median, 90 %, 99 %, largest)",
      [0.5, 0.9, 0.99, 1].map((q) => `${(100 * quantile(magnitudes, q)).toFixed(2)} %`).join(", "),
    ],
    ["`fast` below `cycle` with contention", shareOf(errors.filter((error) => error < 0).length, contended.length)],
  ];
}

function shareOf(part: number, whole: number): string {
  return `${part} of ${whole} (${percent(part, whole)})`;
}

function errorOf({ quiescentCycles, fastQuiescentCycles }: TimingComparison): number {
  return (fastQuiescentCycles - quiescentCycles) / Math.max(1, quiescentCycles);
}

/** Of ascending values; 0 if there are none. */
export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
}
