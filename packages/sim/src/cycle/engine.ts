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
import { Network } from "./network.ts";
import { PathRecorder } from "./path-recorder.ts";
import { Routers } from "./routers.ts";
import { groupByPort, HostFeeds } from "./streams.ts";
import { LAYOUT } from "./layout.ts";

const { CAPACITY, COUNT, NEVER, POSITION, RULES } = LAYOUT;

/** `available << 2` must stay below 2^31. */
const LONGEST_RUN = 2 ** 29;
const CYCLES_BETWEEN_REPORTS = 1 << 12;

export interface CycleOptions extends RunOptions {
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
  const { entry, steps, timingOnly } = options;
  const image = loadImage(program, machine, weights, {
    ...(entry === undefined ? {} : { entry }),
    ...(steps ? { steps } : {}),
    ...(timingOnly === undefined ? {} : { timingOnly }),
  });
  const streams = openStreams(image, options.inputs);
  const run = new CycleRun(image, streams, options);
  run.toEnd();
  const { network, accounts } = run;
  const quiescentCycles = accounts.end.reduce((latest, end) => Math.max(latest, end), network.lastMove + 1);
  return {
    engine: "cycle",
    outputs: collectOutputs(image, streams),
    cycles: network.lastOutput + 1,
    quiescentCycles,
    waveletHops: network.waveletHops,
    contentionEvents: network.contentionEvents,
    ledger: accounts.ledger(
      quiescentCycles,
      network.paths ? network.paths.segments(network.lastOutput + 1).map((segment) => stretchOf(image, segment)) : [],
    ),
    ...(network.linkWavelets ? { linkWavelets: network.linkWavelets } : {}),
    memoryDigest: () => digestMemory(image),
  };
}

class CycleRun {
  readonly network: Network;
  readonly accounts: Accounts;
  readonly #image: Image;
  readonly #options: CycleOptions;
  readonly #cores: Cores;
  readonly #routers: Routers;
  readonly #feeds: HostFeeds;
  readonly #order: Rng | undefined;

  constructor(image: Image, streams: readonly Int32Array[], options: CycleOptions) {
    this.#image = image;
    this.#options = options;
    const ports = groupByPort(image);
    this.network = new Network(image, ports.length);
    this.accounts = new Accounts(image);
    this.#cores = new Cores(this.network, this.accounts, options.shouldStop);
    if (options.linkWavelets) this.network.linkWavelets = new Uint32Array(image.fabric.width * image.fabric.height * 4);
    if (options.criticalPath) {
      const { first } = this.#cores.units;
      this.network.paths = new PathRecorder(image, this.network.pool.length, first[first.length - 1]!);
    }
    this.#routers = new Routers(this.network, streams);
    this.#feeds = new HostFeeds(this.network, ports, streams);
    if (options.visitSeed === undefined) return;
    const order = new Rng(options.visitSeed).fork("visit");
    const shuffle = (members: Int32Array, count: number) => {
      for (let i = count - 1; i > 0; i--) {
        const j = order.below(i + 1);
        [members[i], members[j]] = [members[j]!, members[i]!];
      }
    };
    this.#order = order;
    for (const part of [this.#cores, this.#cores.units, this.#routers, this.#feeds]) part.shuffle = shuffle;
  }

  toEnd(): void {
    let toReport = CYCLES_BETWEEN_REPORTS;
    for (let cycle = 0; cycle >= 0; cycle = this.#nextCycle()) {
      if (cycle >= LONGEST_RUN) throw new ProgramFault("SIM-016", `Cannot count beyond cycle ${LONGEST_RUN}`);
      this.network.setNow(cycle);
      this.#cores.step();
      if (this.#order) {
        for (const part of this.#order.shuffle([this.#cores.units, this.#routers, this.#feeds])) part.step();
      } else {
        this.#cores.units.step();
        this.#routers.step();
        this.#feeds.step();
      }
      this.network.paths?.tidy();
      if (--toReport === 0) {
        toReport = CYCLES_BETWEEN_REPORTS;
        this.#report();
      }
    }
    this.#checkEnd();
  }

  /** The next cycle in which something is due, or -1. */
  #nextCycle(): number {
    const { network } = this;
    const { now, ring, readyLanes, readyUnits, readyStreams } = network;
    const { timers } = this.#cores;
    const timed = timers.count > 0 ? timers.nextAfter(now) : -1;
    for (let delay = 1; delay < ring; delay++) {
      if (timed === now + delay) return timed;
      const slot = network.slotIn(delay);
      if (!readyLanes.isEmpty(slot) || !readyUnits.isEmpty(slot) || !readyStreams.isEmpty(slot)) return now + delay;
    }
    return timed;
  }

  #report(): void {
    if (this.#options.shouldStop?.()) throw new RunStopped(this.network.now);
    this.#options.onProgress?.({
      cycles: this.network.now,
      coresEnded: this.#cores.ended,
      cores: this.#image.cores.count,
      waveletHops: this.network.waveletHops,
    });
  }

  #checkEnd(): void {
    const { network } = this;
    const stalemate = describeStalemate(this.#image, {
      threads: this.#cores.blockedThreads(),
      queueLength: (queue) => network.pool[network.queueAt[queue]! + COUNT]!,
      queueCapacity: (queue) => network.pool[network.queueAt[queue]! + CAPACITY]!,
      isClosed: (lane) => network.closedFrom[lane] !== NEVER,
      ruleList: (lane) => network.pool[network.laneAt[lane]! + RULES]!,
      rulePosition: (lane) => network.pool[network.laneAt[lane]! + POSITION]!,
      isBoundIn: (lane) => network.isBoundIn[lane] === 1,
      streamMoved: (stream) => network.streamMoved[stream]!,
    });
    const { threads, queues, streams } = stalemate;
    if (threads.length + queues.length + streams.length > 0) throw new DeadlockError(stalemate, network.lastMove + 1);
  }
}
