// Timing of an entry, exact but for contention (docs/program.md section 7 without 7.4), stream by stream instead of cycle by
// cycle. Cores, lanes (colours at routers) and host streams are sequential processes joined by bounded queues, and each time
// depends only on earlier ones: a pop on availability, on the pop before it, and on the pop `depth` places earlier in the next
// queue. So every process runs as far as its queues allow, in any order, and leaves the same times (program.md section 10).
import { DeadlockError, RunStopped } from "../fault.ts";
import type { Image } from "../image.ts";
import { PORT } from "../image/fabric.ts";
import type { RunProgress } from "../run.ts";
import { describeStalemate } from "../stalemate.ts";
import { Agenda } from "./agenda.ts";
import { endState } from "./blocked.ts";
import { Lanes } from "./lanes.ts";
import * as N from "./network.ts";
import { buildNetwork, type Network } from "./network.ts";
import { Operations } from "./operations.ts";
import { type PathSegment, PathTree } from "../path-tree.ts";
import { type Account, Threads } from "./threads.ts";
import { buildTimingTape, type TimingTape } from "./timing-tape.ts";

export interface TimingOptions {
  /** Whether to follow the critical path; costs time and some memory. */
  readonly withPath?: boolean;
  readonly onProgress?: (progress: RunProgress) => void;
  readonly shouldStop?: () => boolean;
}

export interface Timing {
  /** One more than the cycle of the last departure through an `out` stream; 0 if there is none. */
  readonly cycles: number;
  readonly quiescentCycles: number;
  readonly waveletHops: number;
  readonly account: Account;
  /** Kernels of each code, in the order of `Account.busy`. */
  readonly kernelsOf: readonly (readonly number[])[];
  /** From cycle 0 to `cycles`; empty if it was not asked for. */
  readonly path: readonly PathSegment[];
}

const TURNS_BETWEEN_REPORTS = 1 << 20;

/**
 * Computes when everything happens.
 * @throws ProgramFault, DeadlockError, RunStopped
 */
export function computeTiming(image: Image, options: TimingOptions = {}): Timing {
  return new TimingRun(image, options).run();
}

class TimingRun {
  readonly #image: Image;
  readonly #options: TimingOptions;
  readonly #net: Network;
  readonly #agenda: Agenda;
  readonly #tree: PathTree | undefined;
  readonly #tapes: readonly TimingTape[];
  readonly #lanes: Lanes;
  readonly #operations: Operations;
  readonly #threads: Threads;

  constructor(image: Image, options: TimingOptions) {
    this.#image = image;
    this.#options = options;
    this.#tree = options.withPath ? new PathTree() : undefined;
    this.#tapes = image.codes.map((code) => buildTimingTape(code, image.machine.core));
    const net = buildNetwork(image, this.#tree !== undefined);
    this.#net = net;
    const actors = net.lanes.length + net.cores.length + net.operationCount + net.feeds.length;
    this.#agenda = new Agenda(net.words, actors);
    this.#lanes = new Lanes(net, this.#agenda, this.#tree);
    this.#operations = new Operations(net, this.#agenda, this.#tree);
    this.#threads = new Threads({
      net,
      agenda: this.#agenda,
      lanes: this.#lanes,
      operations: this.#operations,
      tree: this.#tree,
      tapes: this.#tapes,
    });
  }

  run(): Timing {
    this.#lanes.start(this.#controlColors());
    this.#threads.start();
    let turns = 0;
    for (let actor = this.#agenda.take(); actor !== 0; actor = this.#agenda.take()) {
      this.#turn(actor);
      if (++turns % TURNS_BETWEEN_REPORTS === 0) this.#report();
      if (this.#tree?.needsCollection) this.#collect(this.#tree);
    }
    this.#checkEnd();
    const cycles = this.#lanes.lastOutput + 1;
    return {
      cycles,
      quiescentCycles: this.#quiescentCycles(),
      waveletHops: this.#lanes.waveletHops,
      account: this.#threads.account,
      kernelsOf: this.#tapes.map(({ kernels }) => kernels),
      path: this.#tree ? this.#tree.segments(this.#lanes.outputPath, cycles) : [],
    };
  }

  #turn(actor: number): void {
    const words = this.#net.words;
    switch (words[actor + N.A_TYPE]) {
      case N.LANE:
        this.#lanes.advance(actor);
        break;
      case N.OPERATION: {
        const core = words[actor + N.O_CORE]!;
        if (this.#operations.advance(actor) && words[core + N.C_STATE] !== N.RUNNING) this.#agenda.add(core);
        break;
      }
      case N.CORE:
        this.#threads.run(actor);
        break;
      case N.FEED:
        this.#lanes.feed(actor);
        break;
    }
  }

  /** Colours on which some core emits control wavelets. */
  #controlColors(): Set<number> {
    const { entry } = this.#image;
    const colors = new Set<number>();
    this.#image.codes.forEach((code, c) => {
      for (const step of code.steps) {
        if (step.op !== "advance" && step.op !== "close") continue;
        for (const coreClass of entry.classes) if (coreClass.code === c) colors.add(coreClass.colors[step.color]!);
      }
    });
    return colors;
  }

  #report(): void {
    if (this.#options.shouldStop?.()) throw new RunStopped();
    this.#options.onProgress?.({
      coresEnded: this.#threads.ended,
      cores: this.#image.cores.count,
      waveletHops: this.#lanes.waveletHops,
    });
  }

  #checkEnd(): void {
    const stalemate = describeStalemate(this.#image, endState(this.#net, this.#threads, this.#lanes));
    const { threads, queues, streams } = stalemate;
    if (threads.length + queues.length + streams.length > 0) throw new DeadlockError(stalemate, this.#lastMove() + 1);
  }

  /** Cycle of the last push or pop; -1 if there was none. */
  #lastMove(): number {
    const { words, queues, feeds } = this.#net;
    const { hopCycles, rampCycles } = this.#image.machine.fabric;
    const { emitCycles } = this.#image.machine.core;
    let last = -1;
    queues.forEach((queue, q) => {
      const time = (wavelet: number) => words[queue + N.Q_RING + (wavelet & words[queue + N.Q_MASK]!)]!;
      const [pushed, popped] = [words[queue + N.Q_PUSHED]!, words[queue + N.Q_POPPED]!];
      // In a full ring the newest wavelet, which came after the last pop, has that one's slot.
      if (popped > 0 && pushed - popped <= words[queue + N.Q_MASK]!) last = Math.max(last, time(popped - 1));
      if (pushed === popped) return;
      const port = this.#image.fabric.queuePort[q]!;
      const latency = port < PORT.ramp ? hopCycles : port === PORT.ramp ? emitCycles + rampCycles : rampCycles;
      last = Math.max(last, time(pushed - 1) - latency);
    });
    feeds.forEach((feed) => {
      if (feed !== 0) last = Math.max(last, words[feed + N.F_NEXT]! - 1);
    });
    return this.#lanes.lastMove.reduce((latest, cycle) => Math.max(latest, cycle), last);
  }

  /** The end of everything that moved, and of every main thread. */
  #quiescentCycles(): number {
    return this.#threads.account.end.reduce((latest, end) => Math.max(latest, end), this.#lastMove() + 1);
  }

  #collect(tree: PathTree): void {
    const { words, queues, lanes, cores, feeds, image } = this.#net;
    tree.collect((move) => {
      const visit = (field: number) => (words[field] = move(words[field]!));
      queues.forEach((queue) => {
        visit(queue + N.Q_BOUND_PATH);
        const length = words[queue + N.Q_MASK]! + 1;
        for (let i = 0; i < length; i++) visit(queue + N.Q_RING + 2 * length + i);
      });
      lanes.forEach((lane) => visit(lane + N.L_PATH));
      feeds.forEach((feed) => {
        if (feed !== 0) visit(feed + N.F_PATH);
      });
      cores.forEach((core, k) => {
        visit(core + N.C_PATH);
        const operations = 1 + image.codes[image.cores.codeOf[k]!]!.threads;
        for (let o = 0; o < operations; o++) visit(words[core + N.C_OPERATIONS]! + o * N.O_WORDS + N.O_PATH);
      });
      this.#lanes.outputPath = move(this.#lanes.outputPath);
    });
  }
}
