// What becomes of a fault: rejected by the verifier or the checker, caught by an engine, visible in the outputs, shown to change nothing, lost in
// rounding, or silent. "Changes nothing" is a proof for all inputs: the outputs of both programs are the same terms (programs/symbolic). Values are
// those of the fast engine; what it says of a program that the checker rejects is kept apart, as evidence on the engine.
import { checkProgram } from "@waferc/check";
import type { Program, TensorData, TensorSource } from "@waferc/ir/program";
import { bitsOf } from "./compare-engines.ts";
import { verifyProgram } from "@waferc/ir/program";
import type { Machine } from "@waferc/machine";
import { DeadlockError, FastSession, ProgramFault, RunStopped } from "@waferc/sim";
import { mutantWeights } from "../programs/mutants/mutator.ts";
import type { Mutant } from "../programs/mutants/mutator.ts";
import { computeTheSame, runSymbolically } from "../programs/symbolic/symbolic-run.ts";
import type { SymbolicResult } from "../programs/symbolic/symbolic-run.ts";

export interface FaultSubject {
  readonly program: Program;
  readonly machine: Machine;
  readonly weights: TensorSource;
  readonly steps?: ReadonlyMap<string, number>;
  /** Inputs on which a fault may become visible, one after the other; few faults need more than the first. */
  readonly inputCount: number;
  readonly input: (index: number) => ReadonlyMap<string, TensorData>;
  /** Whether all values are finite. */
  readonly isFinite: boolean;
  /** Whether final memory counts as an output. */
  readonly observesMemory: boolean;
}

/** What an engine makes of a mutant. */
export type RunOutcome =
  | { readonly kind: "fault"; readonly code: string; readonly isPlaced: boolean; readonly message: string }
  /** Still running when its time was over. */
  | { readonly kind: "stopped" }
  /** `input` is the first on which outputs differ. */
  | { readonly kind: "differs"; readonly input: number }
  /** Outputs are the same terms. */
  | { readonly kind: "equal" }
  /** Outputs are equal on all inputs, yet not proved to be. */
  | { readonly kind: "same" };

/** `rounded`: outputs are the same on every input, and the fault is no greater than the rounding error of the sums that it enters. */
export type Verdict = "rejected" | "caught" | "visible" | "equal" | "rounded" | "silent";

const VERDICTS = { fault: "caught", stopped: "caught", differs: "visible", equal: "equal", same: "silent" } as const;

export interface Judgement {
  readonly mutant: Mutant;
  readonly verdict: Verdict;
  /** Codes of the errors by which it was rejected. */
  readonly codes: readonly string[];
  readonly isUndecided: boolean;
  /** Absent if the verifier rejected the program, or if it was not asked for. */
  readonly run?: RunOutcome;
}

export interface JudgeOptions {
  /** Whether rejected programs are run all the same. */
  readonly runsRejected: boolean;
  /** For one run. */
  readonly maxMilliseconds?: number;
}

const MAX_MILLISECONDS = 60_000;

export class FaultJudge {
  readonly #subject: FaultSubject;
  readonly #options: JudgeOptions;
  /** What is observed of the unharmed program, input by input. */
  readonly #observe: (input: number) => string;
  readonly #expected: string[] = [];
  #terms: SymbolicResult | undefined;

  /** @throws unless the unharmed program is legal and runs */
  constructor(subject: FaultSubject, options: JudgeOptions) {
    this.#subject = subject;
    this.#options = options;
    const { verdict } = checkProgram(subject.program, subject.machine);
    if (verdict !== "legal") throw new Error(`the unharmed program is ${verdict}`);
    this.#observe = this.#session(subject.program, subject.weights);
  }

  judge(mutant: Mutant): Judgement {
    const malformed = verifyProgram(mutant.program);
    if (malformed.length > 0) {
      const codes = [...new Set(malformed.map(({ code }) => code))];
      return { mutant, verdict: "rejected", codes, isUndecided: false };
    }
    const check = checkProgram(mutant.program, this.#subject.machine);
    const errors = check.findings.filter(({ severity }) => severity === "error");
    const shared = {
      mutant,
      codes: [...new Set(errors.map(({ code }) => code))],
      isUndecided: check.verdict === "undecided",
    };
    const isRejected = check.verdict === "illegal";
    if (isRejected && !this.#options.runsRejected) return { ...shared, verdict: "rejected" };
    const run = this.#run(mutant);
    return { ...shared, verdict: isRejected ? "rejected" : this.#verdictOf(mutant, run), run };
  }

  #verdictOf(mutant: Mutant, { kind }: RunOutcome): Verdict {
    const verdict = VERDICTS[kind];
    return verdict === "silent" && isBelowRounding(this.#subject.weights, mutant) ? "rounded" : verdict;
  }

  #areTermsEqual(mutant: Mutant): boolean {
    const { steps, program, weights, observesMemory, isFinite } = this.#subject;
    const shared = { isFinite, ...(steps ? { steps } : {}) };
    this.#terms ??= runSymbolically({ program, weights, ...shared });
    const terms = runSymbolically({ program: mutant.program, weights: mutantWeights(weights, mutant), ...shared });
    return computeTheSame(this.#terms, terms, { memory: observesMemory });
  }

  #run(mutant: Mutant): RunOutcome {
    try {
      const observe = this.#session(mutant.program, mutantWeights(this.#subject.weights, mutant));
      for (let input = 0; input < this.#subject.inputCount; input++) {
        this.#expected[input] ??= this.#observe(input);
        if (observe(input) !== this.#expected[input]) return { kind: "differs", input };
        // The proof is dearer than one run, cheaper than many.
        if (input === 0 && this.#areTermsEqual(mutant)) return { kind: "equal" };
      }
      return { kind: "same" };
    } catch (error) {
      if (error instanceof RunStopped) return { kind: "stopped" };
      if (error instanceof ProgramFault) return faultOutcome(error);
      throw error;
    }
  }

  /** Loads a program. What is observed of its run on an input is a text. */
  #session(program: Program, weights: TensorSource): (input: number) => string {
    const { machine, steps, observesMemory } = this.#subject;
    let end = 0;
    const start = () => (end = Date.now() + (this.#options.maxMilliseconds ?? MAX_MILLISECONDS));
    const shouldStop = (): boolean => Date.now() > end;
    start();
    const options = { criticalPath: false, shouldStop, ...(steps ? { steps } : {}) };
    const session = new FastSession(program, machine, weights, options);
    return (input) => {
      start();
      const result = session.run(this.#subject.input(input), { shouldStop });
      const outputs = [...result.outputs].map(([tensor, values]) => `${tensor} ${bitsOf(values).join(" ")}`);
      return observesMemory ? `${outputs.join()} ${result.memoryDigest()}` : outputs.join();
    };
  }
}

/** Relative rounding error of a sum of 256 products in f32, each product and sum rounded: the longest sums of tinyworld. */
const SUM_ERROR = 256 * 2 ** -24;

function isBelowRounding(weights: TensorSource, mutant: Mutant): boolean {
  const { weight } = mutant;
  if (!weight) return false;
  const [old, changed] = [weights, mutantWeights(weights, mutant)].map(
    (source) => source(weight.tensor)[weight.element]!,
  );
  return Math.abs(changed! - old!) <= SUM_ERROR * Math.abs(old!);
}

/** A place is a core with an instruction or a colour, a buffer, or a stream. */
function faultOutcome(fault: ProgramFault): RunOutcome {
  const isPlaced =
    fault.core !== undefined ||
    (fault instanceof DeadlockError && fault.queues.length + fault.streams.length > 0) ||
    /colour \d+|input "|tensor "/.test(fault.message);
  return { kind: "fault", code: fault.code, isPlaced, message: fault.message };
}
