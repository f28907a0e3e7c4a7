// The fast engine: timing and values apart. Timing is computed once per program, entry and step scalars; values are then computed
// as often as there are inputs. Values are those of the untimed engine bit for bit; cycles are those of the cycle engine
// wherever nothing contends for a link, a ramp or a host port (docs/program.md section 7.4), an estimate elsewhere.
import type { Machine } from "@waferc/machine";
import type { Program, TensorSource } from "@waferc/ir/program";
import { type Image, loadImage } from "../image.ts";
import type { Ledger } from "../ledger.ts";
import { collectOutputs, digestMemory, openStreams, type RunOptions, type RunResult } from "../run.ts";
import { traceDeliveries } from "./delivery.ts";
import { ledgerOf } from "./report.ts";
import { buildRows } from "./rows.ts";
import { computeTiming, type Timing } from "./timing.ts";
import { buildTimingTape } from "./timing-tape.ts";
import { ValueEngine } from "./values.ts";
import { allocatePool, type Matmul } from "./wasm-matmul.ts";

export interface FastOptions extends Omit<RunOptions, "inputs" | "seed" | "state"> {
  /** Whether the ledger gets its critical path; true by default. */
  readonly criticalPath?: boolean;
}

export interface FastResult extends RunResult {
  readonly cycles: number;
  readonly quiescentCycles: number;
  readonly ledger: Ledger;
}

export type FastRunOptions = Pick<RunOptions, "state" | "onProgress" | "shouldStop">;

/** Memory of an entry, which does not depend on step scalars: as it is loaded, and where it runs. */
export interface EntryMemory {
  initial: Int32Array | undefined;
  pool: { readonly buffer: ArrayBuffer; readonly matmul: Matmul | undefined } | undefined;
}

interface Values {
  readonly engine: ValueEngine;
  /** The memory it works on. */
  readonly words: Int32Array;
}

/** An entry with its step scalars, loaded and timed once, executed on any number of inputs. */
export class FastSession {
  readonly image: Image;
  readonly cycles: number;
  readonly quiescentCycles: number;
  readonly waveletHops: number;
  readonly ledger: Ledger;
  readonly #timingOnly: boolean;
  #values: Values | undefined;

  readonly #memory: EntryMemory;

  /**
   * @param memory shared by the sessions of one entry of one program
   * @throws ProgramFault, DeadlockError, RunStopped
   */
  constructor(
    program: Program,
    machine: Machine,
    weights: TensorSource,
    options: FastOptions = {},
    memory: EntryMemory = { initial: undefined, pool: undefined },
  ) {
    const { entry, steps, timingOnly, criticalPath, onProgress, shouldStop } = options;
    this.image = loadImage(program, machine, weights, {
      ...(entry === undefined ? {} : { entry }),
      ...(steps ? { steps } : {}),
      ...(timingOnly === undefined ? {} : { timingOnly }),
      ...(memory.initial === undefined ? {} : { preloaded: memory.initial }),
    });
    if (!this.image.isTimingOnly) memory.initial = this.image.words;
    this.#memory = memory;
    this.#timingOnly = timingOnly ?? false;
    const timing: Timing = computeTiming(this.image, {
      withPath: criticalPath ?? true,
      ...(onProgress ? { onProgress } : {}),
      ...(shouldStop ? { shouldStop } : {}),
    });
    this.cycles = timing.cycles;
    this.quiescentCycles = timing.quiescentCycles;
    this.waveletHops = timing.waveletHops;
    this.ledger = ledgerOf(this.image, timing);
  }

  /**
   * Executes the entry from its start: memory holds the bindings and zeros, and what the state has kept.
   * @throws ProgramFault, RunStopped
   */
  run(inputs: RunOptions["inputs"], options: FastRunOptions = {}): FastResult {
    const { image } = this;
    const streams = openStreams(image, inputs);
    if (!this.#timingOnly) this.#execute(streams, options);
    const memory = this.#values?.words ?? image.words;
    return {
      engine: "fast",
      outputs: collectOutputs(image, streams),
      cycles: this.cycles,
      quiescentCycles: this.quiescentCycles,
      waveletHops: this.waveletHops,
      ledger: this.ledger,
      memoryDigest: () => digestMemory({ ...image, words: memory }),
    };
  }

  #execute(streams: readonly Int32Array[], { state, ...callbacks }: FastRunOptions): void {
    const { engine, words } = this.#valuesFromStart();
    state?.restore(this.image, words);
    engine.run(streams, callbacks);
    state?.keep(this.image, words);
  }

  /** The engine with memory as the entry finds it; made at the first run. */
  #valuesFromStart(): Values {
    const { image } = this;
    if (this.#values) {
      this.#values.words.set(image.words);
      return this.#values;
    }
    const { length } = image.words;
    const { buffer, matmul } = (this.#memory.pool ??= allocatePool(length) ?? {
      buffer: new ArrayBuffer(length * 4),
      matmul: undefined,
    });
    const words = new Int32Array(buffer, 0, length);
    words.set(image.words);
    const tapes = image.codes.map((code) => buildTimingTape(code, image.machine.core));
    const cells = tapes.map((tape) => tape.cells);
    const deliveries = traceDeliveries(
      image,
      tapes,
      buildRows(image, cells, () => undefined),
    );
    const [floats, halves] = [new Float32Array(buffer, 0, length), new Uint16Array(buffer, 0, 2 * length)];
    const memory = { words, floats, halves, matmul };
    const engine = new ValueEngine(image, memory, deliveries);
    this.#values = { engine, words };
    return this.#values;
  }
}

/**
 * Executes an entry once.
 * @throws ProgramFault, DeadlockError, RunStopped
 */
export function simulateFast(
  program: Program,
  machine: Machine,
  weights: TensorSource,
  options: RunOptions & FastOptions,
): FastResult {
  return new FastSession(program, machine, weights, options).run(options.inputs, options);
}
