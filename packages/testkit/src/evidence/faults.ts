// Evidence that no fault of a program passes silently: `count` random faults of each kind are put into tinyworld's program, each alone. Kinds
// without a place in it (it needs no epochs) are put into random programs, one in each.
import { Rng } from "@waferc/base";
import { MUTATORS } from "../programs/mutants/mutators.ts";
import type { Mutant, Mutator } from "../programs/mutants/mutator.ts";
import type { Evidence, EvidenceResult } from "./evidence.ts";
import { FaultJudge } from "./faults-judge.ts";
import type { Judgement, JudgeOptions } from "./faults-judge.ts";
import { modelSubject, randomSubject, TINYWORLD_8X8 } from "./faults-subjects.ts";
import type { FaultSubject } from "./faults-judge.ts";
import { describeCrossCheck, describeFaults, undocumentedKinds } from "./faults-table.ts";
import { crossCheckFaults } from "./faults-cross-check.ts";

export interface KindOfFault {
  readonly kind: string;
  readonly about: string;
  /** Whether random programs were used. */
  readonly isRandom: boolean;
  readonly judgements: readonly Judgement[];
}

export interface FaultSweepOptions extends JudgeOptions {
  /** Faults of each kind. */
  readonly count: number;
  readonly from?: number;
  readonly onProgress?: (text: string) => void;
}

/** Faults of every kind that the program has a place for. */
export function sweepFaults(subject: FaultSubject, options: FaultSweepOptions): readonly KindOfFault[] {
  const judge = new FaultJudge(subject, options);
  return MUTATORS.flatMap((mutator) => {
    const mutants = drawMutants(subject, mutator, options);
    const judgements = mutants.map((mutant, i) => {
      options.onProgress?.(`${mutator.kind}, ${i + 1} of ${mutants.length}`);
      return judge.judge(mutant);
    });
    return mutants.length === 0 ? [] : [{ kind: mutator.kind, about: mutator.about, isRandom: false, judgements }];
  });
}

const TRIES_PER_FAULT = 10;

/** Different ones, as far as there are so many. */
function drawMutants(
  subject: FaultSubject,
  { mutate, kind }: Mutator,
  { count, from = 0 }: FaultSweepOptions,
): Mutant[] {
  const mutants = new Map<string, Mutant>();
  for (let i = 0; i < count * TRIES_PER_FAULT && mutants.size < count; i++) {
    const mutant = mutate(subject.program, new Rng(`fault ${kind} ${from} ${i}`));
    if (mutant && !mutants.has(mutant.where)) mutants.set(mutant.where, mutant);
  }
  return [...mutants.values()];
}

const SEEDS_PER_FAULT = 60;

/** The same for kinds that need other programs: one fault in each random program that has a place for it. */
export function sweepRandomPrograms(mutators: readonly Mutator[], options: FaultSweepOptions): readonly KindOfFault[] {
  const { count, from = 0, onProgress } = options;
  const found = new Map(mutators.map(({ kind }) => [kind, [] as Judgement[]]));
  for (let seed = from; seed < from + count * SEEDS_PER_FAULT; seed++) {
    const wanted = mutators.filter(({ kind }) => found.get(kind)!.length < count);
    if (wanted.length === 0) break;
    onProgress?.(`random program ${seed}`);
    const subject = randomSubject(seed);
    const mutants = wanted.flatMap(
      ({ mutate, kind }) => mutate(subject.program, new Rng(`fault ${kind} ${seed}`)) ?? [],
    );
    if (mutants.length === 0) continue;
    const judge = new FaultJudge(subject, options);
    for (const mutant of mutants) {
      const judgement = judge.judge(mutant);
      found.get(mutant.kind)!.push({ ...judgement, mutant: { ...mutant, where: `seed ${seed}: ${mutant.where}` } });
    }
  }
  return mutators.map(({ kind, about }) => ({ kind, about, isRandom: true, judgements: found.get(kind)! }));
}

/** What contradicts the claim. */
export function failuresOf(kinds: readonly KindOfFault[]): string[] {
  return kinds.flatMap(({ kind, judgements }) =>
    judgements.flatMap(({ mutant, verdict, run }) => {
      if (verdict === "silent") return [`${kind} passes silently: ${mutant.where}`];
      const isNameless = run?.kind === "stopped" || (run?.kind === "fault" && !run.isPlaced);
      return isNameless ? [`${kind} is caught without a place: ${mutant.where}`] : [];
    }),
  );
}

/** Kinds that tinyworld's program has no place for. */
export function kindsBeside(kinds: readonly KindOfFault[]): readonly Mutator[] {
  return MUTATORS.filter(({ kind }) => !kinds.some((found) => found.kind === kind));
}

/** Random programs that all engines run with a fault of each kind, for each fault of a kind in tinyworld. */
const PROGRAMS_PER_FAULT = 3;

export const faultEvidence: Evidence = {
  name: "faults",
  claim: "No single fault in a program passes silently, but those that are shown to change nothing.",
  unit: "faults of each kind",
  defaultCount: 20,
  gather({ count, from = 0, root, onProgress }): EvidenceResult {
    const options = { count, from, runsRejected: true, ...(onProgress ? { onProgress } : {}) };
    const compiled = sweepFaults(modelSubject(TINYWORLD_8X8, root), options);
    const kinds = [...compiled, ...sweepRandomPrograms(kindsBeside(compiled), options)];
    const cross = crossCheckFaults({ ...options, count: count * PROGRAMS_PER_FAULT });
    return {
      lines: [...describeFaults(kinds), "", ...describeCrossCheck(cross, count * PROGRAMS_PER_FAULT)],
      failures: [...failuresOf(kinds), ...undocumentedKinds(kinds), ...cross.contradictions],
    };
  },
};
