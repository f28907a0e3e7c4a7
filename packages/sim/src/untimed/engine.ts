// The untimed engine: the definition of values. Every thread of a core, lane of a router and host stream is an actor; the
// scheduler picks any that may be able to move, until none is. Bounded queues with the machine's capacities, so that it
// deadlocks exactly where the machine does.
import type { Machine } from "@waferc/machine";
import type { Program, TensorSource } from "@waferc/ir/program";
import { DeadlockError, RunStopped } from "../fault.ts";
import { type Image, loadImage } from "../image.ts";
import { neighborRouter, PORT } from "../image/fabric.ts";
import { collectOutputs, digestMemory, openStreams, type RunOptions, type RunResult } from "../run.ts";
import { describeStalemate } from "../stalemate.ts";
import { Cores } from "./cores.ts";
import { Queues } from "./queues.ts";
import { Routers } from "./routers.ts";
import { Scheduler } from "./scheduler.ts";

const TURNS_BETWEEN_REPORTS = 1 << 12;

/**
 * Executes an entry without time.
 * @throws ProgramFault, DeadlockError, RunStopped
 */
export function simulateUntimed(
  program: Program,
  machine: Machine,
  weights: TensorSource,
  options: RunOptions,
): RunResult {
  const { entry, steps } = options;
  const image = loadImage(program, machine, weights, {
    ...(entry === undefined ? {} : { entry }),
    ...(steps ? { steps } : {}),
  });
  const streams = openStreams(image, options.inputs);
  options.state?.restore(image);
  const run = new UntimedRun(image, streams, options);
  run.toEnd();
  options.state?.keep(image);
  return {
    engine: "untimed",
    outputs: collectOutputs(image, streams),
    waveletHops: run.waveletHops,
    memoryDigest: () => digestMemory(image),
  };
}

class UntimedRun {
  readonly #image: Image;
  readonly #options: RunOptions;
  readonly #queues: Queues;
  readonly #routers: Routers;
  readonly #cores: Cores;
  readonly #scheduler: Scheduler;
  /** Actors: threads of cores (main, then microthreads), then lanes, then streams. */
  readonly #threads: number;
  readonly #firstLane: number;
  readonly #firstStream: number;
  /** Process that feeds a queue, or -1 - core for a core's threads. */
  readonly #feeder: Int32Array;

  constructor(image: Image, streams: readonly Int32Array[], options: RunOptions) {
    const { fabric, cores, machine } = image;
    this.#image = image;
    this.#options = options;
    this.#threads = machine.core.microthreads + 1;
    this.#firstLane = cores.count * this.#threads;
    this.#firstStream = this.#firstLane + fabric.laneCount;
    this.#scheduler = new Scheduler(this.#firstStream + fabric.streams.length, options.seed);
    this.#queues = new Queues(image);
    const events = {
      pushed: (queue: number) => this.#wakeConsumer(queue),
      popped: (queue: number) => this.#wakeFeeder(queue),
      laneChanged: (lane: number) => {
        this.#scheduler.wake(this.#firstLane + lane);
        this.#wakeCore(cores.ofRouter[fabric.laneRouter[lane]!]!);
      },
      started: (core: number, thread: number) => this.#scheduler.wake(core * this.#threads + thread + 1),
      finished: (core: number) => this.#scheduler.wake(core * this.#threads),
    };
    this.#routers = new Routers(image, this.#queues, streams, events);
    this.#cores = new Cores(image, this.#queues, this.#routers, events);
    this.#feeder = this.#findFeeders();
  }

  get waveletHops(): number {
    return this.#routers.waveletHops;
  }

  toEnd(): void {
    const { cores, fabric } = this.#image;
    for (let core = 0; core < cores.count; core++) this.#scheduler.wake(core * this.#threads);
    for (let stream = 0; stream < fabric.streams.length; stream++) this.#scheduler.wake(this.#firstStream + stream);
    let turns = 0;
    for (let actor = this.#scheduler.take(); actor !== undefined; actor = this.#scheduler.take()) {
      const burst = this.#scheduler.burst();
      let moves = 0;
      while (moves < burst && this.#move(actor)) moves++;
      if (moves === burst) this.#scheduler.wake(actor);
      if (++turns % TURNS_BETWEEN_REPORTS === 0) this.#report();
    }
    this.#checkEnd();
  }

  #move(actor: number): boolean {
    if (actor >= this.#firstStream) return this.#routers.moveStream(actor - this.#firstStream);
    if (actor >= this.#firstLane) return this.#routers.moveLane(actor - this.#firstLane);
    const core = Math.floor(actor / this.#threads);
    const thread = actor - core * this.#threads - 1;
    return thread < 0 ? this.#cores.moveMain(core) : this.#cores.moveMicrothread(core, thread);
  }

  #report(): void {
    if (this.#options.shouldStop?.()) throw new RunStopped();
    this.#options.onProgress?.({
      coresEnded: this.#cores.ended,
      cores: this.#image.cores.count,
      waveletHops: this.#routers.waveletHops,
    });
  }

  #checkEnd(): void {
    const stalemate = describeStalemate(this.#image, {
      threads: this.#cores.blockedThreads(),
      queueLength: (queue) => this.#queues.length(queue),
      queueCapacity: (queue) => this.#queues.capacity(queue),
      isClosed: (lane) => this.#routers.isClosed(lane),
      ruleList: (lane) => this.#routers.ruleList(lane),
      rulePosition: (lane) => this.#routers.rulePosition(lane),
      isBoundIn: (lane) => this.#routers.isBoundIn(lane),
      streamMoved: (stream) => this.#routers.streamMoved(stream),
    });
    const { threads, queues, streams } = stalemate;
    if (threads.length + queues.length + streams.length > 0) throw new DeadlockError(stalemate);
  }

  #wakeCore(core: number): void {
    if (core < 0) return;
    const { threads } = this.#image.codes[this.#image.cores.codeOf[core]!]!;
    for (let thread = 0; thread <= threads; thread++) this.#scheduler.wake(core * this.#threads + thread);
  }

  #wakeConsumer(queue: number): void {
    const { fabric, cores } = this.#image;
    const lane = fabric.queueLane[queue]!;
    if (fabric.queuePort[queue] === PORT.core) this.#wakeCore(cores.ofRouter[fabric.laneRouter[lane]!]!);
    else this.#scheduler.wake(this.#firstLane + lane);
  }

  /** Whoever feeds the queue; also a core that waits for its queue to be empty. */
  #wakeFeeder(queue: number): void {
    const feeder = this.#feeder[queue]!;
    if (feeder < 0) this.#wakeCore(-1 - feeder);
    else this.#scheduler.wake(feeder);
  }

  #findFeeders(): Int32Array {
    const { fabric, cores } = this.#image;
    const feeders = new Int32Array(fabric.queueCount);
    for (let queue = 0; queue < fabric.queueCount; queue++) {
      const lane = fabric.queueLane[queue]!;
      const router = fabric.laneRouter[lane]!;
      const port = fabric.queuePort[queue]!;
      if (port === PORT.ramp) feeders[queue] = -1 - cores.ofRouter[router]!;
      else if (port === PORT.core) feeders[queue] = this.#firstLane + lane;
      else {
        const neighbor = neighborRouter(router, port, fabric.width, fabric.height);
        const stream = fabric.streams.findIndex((s) => s.queue === queue);
        if (stream >= 0) feeders[queue] = this.#firstStream + stream;
        else feeders[queue] = this.#firstLane + fabric.laneOf(neighbor, fabric.laneColor[lane]!);
      }
    }
    return feeders;
  }
}
