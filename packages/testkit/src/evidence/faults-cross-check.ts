// Faults in random programs, judged by everybody: verifier and checker, all three engines, a run on terms. They must not contradict each other: a
// program that the checker calls legal runs without a fault; a fault is one on every engine; equal terms mean equal values.
import { Rng } from "@waferc/base";
import { checkProgram } from "@waferc/check";
import { verifyProgram } from "@waferc/ir/program";
import { ProgramFault, simulateCycle, simulateFast, simulateUntimed } from "@waferc/sim";
import { mutantWeights } from "../programs/mutants/mutator.ts";
import type { Mutant } from "../programs/mutants/mutator.ts";
import { MUTATORS } from "../programs/mutants/mutators.ts";
import { bitsOf } from "./compare-engines.ts";
import { randomProgram } from "../programs/random-program.ts";
import type { RandomProgram } from "../programs/random-program.ts";
import { computeTheSame, runSymbolically } from "../programs/symbolic/symbolic-run.ts";
import type { SymbolicResult } from "../programs/symbolic/symbolic-run.ts";

/** What checker and engines say of one mutant. */
export type CrossVerdict =
  "malformed" | `${"legal" | "illegal" | "undecided"}, ${"fault" | "other values" | "same values"}`;

export interface CrossCheck {
  readonly verdicts: ReadonlyMap<CrossVerdict, number>;
  readonly contradictions: readonly string[];
}

export interface CrossCheckOptions {
  /** Random programs; each gets one fault of each kind that it has a place for. */
  readonly count: number;
  readonly from?: number;
  /** Largest width and height of their meshes; 8 by default. */
  readonly maxExtent?: number;
  readonly onProgress?: (text: string) => void;
}

export function crossCheckFaults({ count, from = 0, maxExtent = 8, onProgress }: CrossCheckOptions): CrossCheck {
  const verdicts = new Map<CrossVerdict, number>();
  const contradictions: string[] = [];
  for (let seed = from; seed < from + count; seed++) {
    onProgress?.(`random program ${seed}, faults on all engines`);
    const subject = new CrossSubject(seed, maxExtent);
    for (const { kind, mutate } of MUTATORS) {
      const mutant = mutate(subject.program, new Rng(`cross ${kind} ${seed}`));
      if (!mutant) continue;
      const { verdict, problems } = subject.judge(mutant);
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
      contradictions.push(...problems.map((problem) => `seed ${seed}, ${kind}, ${mutant.where}: ${problem}`));
    }
  }
  return { verdicts, contradictions };
}

const ENGINES = { untimed: simulateUntimed, cycle: simulateCycle, fast: simulateFast } as const;
const MAX_MILLISECONDS = 10_000;

class CrossSubject {
  readonly #origin: RandomProgram;
  readonly #values: string;
  readonly #terms: SymbolicResult;

  constructor(seed: number, maxExtent: number) {
    this.#origin = randomProgram(seed, { maxExtent, mayKeepState: false });
    const { weights } = this.#origin;
    this.#values = this.#run("untimed", { ...this.#origin, kind: "", where: "" });
    this.#terms = runSymbolically({ ...this.#origin, weights });
  }

  get program() {
    return this.#origin.program;
  }

  judge(mutant: Mutant): { readonly verdict: CrossVerdict; readonly problems: readonly string[] } {
    if (verifyProgram(mutant.program).length > 0) return { verdict: "malformed", problems: [] };
    const { verdict } = checkProgram(mutant.program, this.#origin.machine);
    const runs = (["untimed", "cycle", "fast"] as const).map((engine) => this.#run(engine, mutant));
    const [first = ""] = runs;
    const isFault = first === FAULT;
    const problems: string[] = [];
    if (runs.some((run) => run !== first)) problems.push(`engines differ: ${runs.map(summaryOf).join(", ")}`);
    if (verdict === "legal" && isFault) problems.push("the checker calls it legal, an engine finds a fault");
    if (!isFault && this.#areTermsEqual(mutant) && first !== this.#values) problems.push("equal terms, other values");
    const outcome = isFault ? "fault" : first === this.#values ? "same values" : "other values";
    return { verdict: `${verdict}, ${outcome}`, problems };
  }

  #areTermsEqual(mutant: Mutant): boolean {
    const { steps, weights } = this.#origin;
    const terms = runSymbolically({ program: mutant.program, weights: mutantWeights(weights, mutant), steps });
    return computeTheSame(this.#terms, terms, { memory: true });
  }

  /** Outputs and memory as a text. Which fault an engine meets first depends on its order of work, so all faults are alike. */
  #run(engine: keyof typeof ENGINES, mutant: Mutant): string {
    const { machine, weights, inputs, steps } = this.#origin;
    const end = Date.now() + MAX_MILLISECONDS;
    const options = { inputs, steps, shouldStop: () => Date.now() > end };
    try {
      const result = ENGINES[engine](mutant.program, machine, mutantWeights(weights, mutant), options);
      const outputs = [...result.outputs].map(([tensor, data]) => `${tensor} ${bitsOf(data).join(" ")}`);
      return `${outputs.join()} ${result.memoryDigest()}`;
    } catch (error) {
      if (error instanceof ProgramFault) return FAULT;
      throw error;
    }
  }
}

const FAULT = "fault";

function summaryOf(run: string): string {
  return run === FAULT ? FAULT : `values ${run.slice(-8)}`;
}
