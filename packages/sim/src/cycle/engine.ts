// The cycle engine: every wavelet, queue and stall, as docs/program.md sections 5 to 7 define them. Within a cycle main threads
// issue first (what they bind or open holds from this cycle on); then units, routers and host streams move, in any order, since
// each sees the state at the start of the cycle. Cycles in which nothing is due are skipped.
import type { Machine } from "@waferc/machine";
import type { Program, TensorSource } from "@waferc/ir/program";
import { Rng } from "@waferc/base";
import { stretchOf } from "../critical-path.ts";
import { DeadlockError, ProgramFault, RunStopped } from "../fault.ts";
import { type Image, loadImage } from "../image.ts";
import type { Ledger } from "../ledger.ts";
import { collectOutputs, digestMemory, openStreams, type RunOptions, type RunResult } from "../run.ts";
import { describeStalemate } from "../stalemate.ts";
import { Accounts } from "./accounts.ts";
import { Cores } from "./cores.ts";
import type { Motion } from "./motion.ts";
import { PlainMotion, shuffleBy } from "./plain-motion.ts";
import { groupByPort } from "./streams.ts";
import { WasmMemory } from "./wasm/wasm-memory.ts";
import { WasmMotion } from "./wasm/wasm-motion.ts";

/** `available << 2` must stay below 2^31. */
const LONGEST_RUN = 2 ** 29;
const CYCLES_BETWEEN_REPORTS = 1 << 12;
/** Cycles that the compiled loops run at most before they return; their first call runs as yet unoptimised. */
const LONGEST_BATCH = 256;

/** `wasm` by default. */
export type CycleLoops = "wasm" | "plain";

export interface CycleOptions extends RunOptions {
  /**
   * What moves wavelets: WebAssembly, or its twin in TypeScript. The twin is taken in any case for `visitSeed` and `criticalPath`, and for a machine or program that
   * exceeds what the compiled loops hold (wasm/limits.ts).
   */
  readonly loops?: CycleLoops;
  /** Visits cores, routers and ports in a random order within each cycle; for tests, since nothing may depend on it. */
  readonly visitSeed?: number | string;
  /** Whether the ledger gets its critical path, which costs time and memory; false by default. */
  readonly criticalPath?: boolean;
  /** Whether wavelets are counted for each link; false by default. */
  readonly linkWavelets?: boolean;
}

export interface CycleResult extends RunResult {
  readonly cycles: number;
  readonly quiescentCycles: number;
  readonly contentionEvents: number;
  readonly ledger: Ledger;
  /** Wavelets that left router y * width + x over its link to the north, east, south, west: entry router * 4 + 0 .. 3. */
  readonly linkWavelets?: Uint32Array;
}

/**
 * Executes an entry cycle by cycle.
 * @throws ProgramFault, DeadlockError, RunStopped
 */
export function simulateCycle(
  program: Program,
  machine: Machine,
  weights: TensorSource,
  options: CycleOptions,
): CycleResult {
  const { entry, steps, timingOnly, criticalPath, visitSeed, loops } = options;
  const isPlain = loops === "plain" || criticalPath === true || visitSeed !== undefined;
  const linkWavelets = options.linkWavelets ?? false;
  let memory: WasmMemory | undefined;
  const image = loadImage(program, machine, weights, {
    ...(entry === undefined ? {} : { entry }),
    ...(steps ? { steps } : {}),
    ...(timingOnly === undefined ? {} : { timingOnly }),
    allocate: (parts) => {
      if (isPlain) return undefined;
      const ports = groupByPort(parts.fabric).length;
      memory = WasmMemory.allocate(parts, { linkWavelets, timingOnly: timingOnly ?? false, ports });
      return memory?.words;
    },
  });
  const streams = openStreams(image, options.inputs);
  const accounts = new Accounts(image, memory?.rows);
  const order = visitSeed === undefined ? undefined : new Rng(visitSeed).fork("visit");
  const motion: Motion = memory
    ? new WasmMotion(image, memory, streams)
    : new PlainMotion(image, streams, accounts, { order, criticalPath: criticalPath ?? false, linkWavelets });
  const run = new CycleRun(image, motion, accounts, options);
  if (order) run.shuffleBy(order);
  const state = image.isTimingOnly ? undefined : options.state;
  state?.restore(image);
  run.toEnd();
  state?.keep(image);
  return resultOf(image, motion, accounts, streams);
}

function resultOf(image: Image, motion: Motion, accounts: Accounts, streams: readonly Int32Array[]): CycleResult {
  const { lastMove, lastOutput, waveletHops, contentionEvents, linkWavelets } = motion.counts();
  const { paths } = motion;
  motion.collectOutputs(streams);
  const quiescentCycles = accounts.end.reduce((latest, end) => Math.max(latest, end), lastMove + 1);
  return {
    engine: "cycle",
    outputs: collectOutputs(image, streams),
    cycles: lastOutput + 1,
    quiescentCycles,
    waveletHops,
    contentionEvents,
    ledger: accounts.ledger(
      quiescentCycles,
      paths ? paths.segments(lastOutput + 1).map((segment) => stretchOf(image, segment)) : [],
    ),
    ...(linkWavelets ? { linkWavelets: linkWavelets.slice() } : {}),
    memoryDigest: () => digestMemory(image),
  };
}

class CycleRun {
  readonly #image: Image;
  readonly #motion: Motion;
  readonly #cores: Cores;
  readonly #options: CycleOptions;

  constructor(image: Image, motion: Motion, accounts: Accounts, options: CycleOptions) {
    this.#image = image;
    this.#motion = motion;
    this.#options = options;
    this.#cores = new Cores(image, motion, accounts, options.shouldStop);
  }

  shuffleBy(order: Rng): void {
    this.#cores.shuffle = shuffleBy(order);
  }

  toEnd(): void {
    const motion = this.#motion;
    const cores = this.#cores;
    let toReport = CYCLES_BETWEEN_REPORTS;
    for (let cycle = 0; cycle >= 0;) {
      if (cycle >= LONGEST_RUN) throw new ProgramFault("SIM-016", `Cannot count beyond cycle ${LONGEST_RUN}`);
      motion.setNow(cycle);
      cores.step();
      const limit = Math.min(cycle + LONGEST_BATCH, cores.nextIssue() ?? Infinity, LONGEST_RUN);
      const moving = motion.advance(limit, cores);
      toReport -= motion.now - cycle + 1;
      const issuing = cores.nextIssue();
      cycle = issuing === undefined ? moving : moving < 0 ? issuing : Math.min(moving, issuing);
      if (toReport > 0) continue;
      toReport = CYCLES_BETWEEN_REPORTS;
      this.#report();
    }
    this.#checkEnd();
  }

  #report(): void {
    const { now } = this.#motion;
    if (this.#options.shouldStop?.()) throw new RunStopped(now);
    this.#options.onProgress?.({
      cycles: now,
      coresEnded: this.#cores.ended,
      cores: this.#image.cores.count,
      waveletHops: this.#motion.counts().waveletHops,
    });
  }

  #checkEnd(): void {
    const threads = this.#cores.blockedThreads();
    const stalemate = describeStalemate(this.#image, { threads, ...this.#motion.endState() });
    const { queues, streams } = stalemate;
    if (threads.length + queues.length + streams.length > 0) {
      throw new DeadlockError(stalemate, this.#motion.counts().lastMove + 1);
    }
  }
}
