// A program on the fast engine whose entries run again and again, in any order, with other step scalars each time: timing is
// computed once for each entry and its step scalars, weights are loaded once for each entry.
import type { Program, TensorSource } from "@waferc/ir/program";
import type { Machine } from "@waferc/machine";
import type { RunOptions } from "../run.ts";
import { type EntryMemory, FastSession, type FastOptions, type FastResult, type FastRunOptions } from "./session.ts";

export type FastProgramOptions = Pick<FastOptions, "criticalPath">;

/** Which entry to run, and its step scalars. */
export type EntryChoice = Pick<FastOptions, "entry" | "steps">;

export class FastProgram {
  readonly #program: Program;
  readonly #machine: Machine;
  readonly #weights: TensorSource;
  readonly #options: FastProgramOptions;
  readonly #memories = new Map<string, EntryMemory>();
  readonly #sessions = new Map<string, FastSession>();

  constructor(program: Program, machine: Machine, weights: TensorSource, options: FastProgramOptions = {}) {
    this.#program = program;
    this.#machine = machine;
    this.#weights = weights;
    this.#options = options;
  }

  /**
   * The entry, loaded and timed when it is asked for first with these step scalars. The memory digest of a run holds until the
   * next run of the same entry.
   * @throws ProgramFault, DeadlockError, RunStopped
   */
  session({ entry, steps }: EntryChoice, callbacks: FastRunOptions = {}): FastSession {
    const name = entry ?? this.#program.entries[0]?.name ?? "";
    const key = JSON.stringify([name, ...[...(steps ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))]);
    let session = this.#sessions.get(key);
    if (session) return session;
    let memory = this.#memories.get(name);
    if (!memory) this.#memories.set(name, (memory = { initial: undefined, pool: undefined }));
    const { state: _, ...progress } = callbacks;
    const options = { ...this.#options, ...progress, entry: name, ...(steps ? { steps } : {}) };
    session = new FastSession(this.#program, this.#machine, this.#weights, options, memory);
    this.#sessions.set(key, session);
    return session;
  }

  /** @throws ProgramFault, DeadlockError, RunStopped */
  run(choice: EntryChoice, inputs: RunOptions["inputs"], options: FastRunOptions = {}): FastResult {
    return this.session(choice, options).run(inputs, options);
  }
}
