// Evidence that values do not depend on time, from random legal programs: every engine, random schedules, perturbed machines.
import { randomProgram } from "../programs/index.ts";
import type { ProgramFeatures } from "../programs/index.ts";
import { compareEngines } from "./compare-engines.ts";
import { compareStates } from "./compare-states.ts";
import type { EngineComparison, EngineComparisonOptions } from "./compare-engines.ts";
import { bulletsOf, percent, timingFacts } from "./evidence.ts";
import type { Evidence, EvidenceResult, GatherOptions } from "./evidence.ts";

/** Each must be in a tenth of the programs. */
const WANTED = {
  multicast: "multicast",
  switches: "switches",
  epochs: "epochs",
  async: "async operations",
  fullQueues: "sends longer than all queues on their way (full queues)",
  sharedLinks: "colours that share a link at the same time",
  halves: "arithmetic on 16-bit types",
  halfStreams: "16-bit elements on the fabric",
  widened: "sums in f32 of 16-bit factors or terms",
  rows: "gather or scatter",
  state: "two entries that share state",
} as const satisfies Partial<Record<keyof ProgramFeatures, string>>;
const WANTED_SHARE = 0.1;
const MAX_EXTENT = 8;

export interface ProgramSweepOptions extends Pick<GatherOptions, "count" | "from" | "onProgress"> {
  readonly engines: EngineComparisonOptions;
}

export interface ProgramSweep {
  readonly comparisons: readonly EngineComparison[];
  /** Programs that use each feature. */
  readonly uses: ReadonlyMap<keyof ProgramFeatures, number>;
  /** `seed N: difference`. */
  readonly differences: readonly string[];
}

export function sweepPrograms({ count, from = 0, engines, onProgress }: ProgramSweepOptions): ProgramSweep {
  const comparisons: EngineComparison[] = [];
  const uses = new Map<keyof ProgramFeatures, number>();
  const differences: string[] = [];
  for (let seed = from; seed < from + count; seed++) {
    const subject = randomProgram(seed, { maxExtent: MAX_EXTENT });
    const comparison = compareEngines(subject, { ...engines, firstPerturbation: seed * engines.perturbations });
    comparisons.push(comparison);
    const found = [...comparison.differences, ...compareStates(subject)];
    differences.push(...found.map((difference) => `seed ${seed}: ${difference}`));
    for (const [feature, times] of Object.entries(subject.features) as [keyof ProgramFeatures, number][]) {
      if (times > 0) uses.set(feature, (uses.get(feature) ?? 0) + 1);
    }
    onProgress?.(`${seed + 1 - from} of ${count} programs`);
  }
  return { comparisons, uses, differences };
}

/** Features that too few programs use. */
export function rareFeatures({ comparisons, uses }: ProgramSweep): string[] {
  return (Object.keys(WANTED) as (keyof typeof WANTED)[])
    .filter((feature) => (uses.get(feature) ?? 0) < WANTED_SHARE * comparisons.length)
    .map((feature) => `${feature} is in ${uses.get(feature) ?? 0} of ${comparisons.length} programs`);
}

function describe(sweep: ProgramSweep, engines: EngineComparisonOptions): EvidenceResult {
  const { comparisons, uses, differences } = sweep;
  const count = comparisons.length;
  const runs = comparisons.reduce((sum, comparison) => sum + comparison.runs, 0);
  const having = (test: (comparison: EngineComparison) => boolean) => percent(comparisons.filter(test).length, count);
  const lines = [
    `${count} programs on meshes to ${MAX_EXTENT}x${MAX_EXTENT}; each once by \`untimed\` in order, ${engines.schedules} times in random order, by`,
    `\`cycle\` and \`fast\` on its own machine and ${engines.perturbations} perturbed ones; ${runs} runs. Outputs, final memory and hops are compared bit by bit. Where two entries share`,
    "state, four runs of them follow one another on each engine, and the state is compared after each.",
    "",
    ...bulletsOf([
      ["differences", differences.length],
      ...Object.entries(WANTED).map(
        ([feature, what]) =>
          [`programs with ${what}`, percent(uses.get(feature as keyof ProgramFeatures) ?? 0, count)] as const,
      ),
      [
        "programs whose main threads waited for a free slot",
        having(({ timings }) => (timings[0]?.sendStalls ?? 0) > 0),
      ],
      ["programs with contention", having(({ timings }) => (timings[0]?.contentionEvents ?? 0) > 0)],
      ...timingFacts(comparisons),
    ]),
  ];
  return { lines, failures: [...differences, ...rareFeatures(sweep)] };
}

export const programEvidence: Evidence = {
  name: "programs",
  claim:
    "Values of random legal programs do not depend on time, and `fast` counts the cycles of `cycle` wherever nothing is contended.",
  unit: "programs",
  defaultCount: 300,
  gather(options) {
    const engines = { schedules: 3, perturbations: 20 };
    return describe(sweepPrograms({ ...options, engines }), engines);
  },
};
