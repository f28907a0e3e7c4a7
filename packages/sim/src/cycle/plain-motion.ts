// Moving in TypeScript: one cycle at a time, with ready sets for each of the next few cycles. The twin and oracle of wasm/, and what follows the critical path and
// visits in random order.
import type { Rng } from "@waferc/base";
import type { Image } from "../image.ts";
import { PORT } from "../image/fabric.ts";
import type { EndState } from "../stalemate.ts";
import { type Accounts } from "./accounts.ts";
import { LAYOUT } from "./layout.ts";
import type { Motion, MotionCounts, MotionListener, MovingOperation, Operation } from "./motion.ts";
import { Network, wakeCode } from "./network.ts";
import { PathRecorder } from "./path-recorder.ts";
import { Routers } from "./routers.ts";
import { groupByPort, HostFeeds } from "./streams.ts";
import { Units } from "./units.ts";

const { BLOCKED, CAPACITY, COUNT, ID, IDLE, IN, KIND, LEFT, MOVING, NEVER, OUT, PC, POSITION, RULES, TAG_UNIT } =
  LAYOUT;
const { UNIT, WAITER } = LAYOUT;

export interface PlainMotionOptions {
  /** Visits cores, routers and ports in a random order within each cycle. */
  readonly order: Rng | undefined;
  readonly criticalPath: boolean;
  readonly linkWavelets: boolean;
}

/** Changes the order of the first `count` members. */
export type Shuffle = (members: Int32Array, count: number) => void;

export class PlainMotion implements Motion {
  readonly firstUnit: Int32Array;
  readonly #network: Network;
  readonly #units: Units;
  readonly #routers: Routers;
  readonly #feeds: HostFeeds;
  readonly #order: Rng | undefined;

  constructor(image: Image, streams: readonly Int32Array[], accounts: Accounts, options: PlainMotionOptions) {
    const ports = groupByPort(image.fabric);
    const network = new Network(image, ports.length);
    this.#network = network;
    this.#units = new Units(network, accounts);
    this.firstUnit = this.#units.first;
    if (options.linkWavelets) network.linkWavelets = new Uint32Array(image.fabric.width * image.fabric.height * 4);
    if (options.criticalPath) {
      const units = this.firstUnit[this.firstUnit.length - 1]!;
      network.paths = new PathRecorder(image, network.pool.length, units);
    }
    this.#routers = new Routers(network, streams);
    this.#feeds = new HostFeeds(network, ports, streams);
    this.#order = options.order;
    if (!options.order) return;
    const shuffle = shuffleBy(options.order);
    for (const part of [this.#units, this.#routers, this.#feeds]) part.shuffle = shuffle;
  }

  get now(): number {
    return this.#network.now;
  }

  get paths(): PathRecorder | undefined {
    return this.#network.paths;
  }

  get isBoundIn(): Uint8Array {
    return this.#network.isBoundIn;
  }

  get isBoundOut(): Uint8Array {
    return this.#network.isBoundOut;
  }

  setNow(cycle: number): void {
    this.#network.setNow(cycle);
  }

  advance(_limit: number, listener: MotionListener): number {
    const steps = [() => this.#units.step(listener), () => this.#routers.step(), () => this.#feeds.step()];
    for (const step of this.#order?.shuffle(steps) ?? steps) step();
    this.#network.paths?.tidy();
    return this.#network.nextReady();
  }

  start(core: number, unit: number, operation: Operation, delay: number): void {
    this.#units.start(core, unit, operation, delay);
  }

  isIdle(core: number, unit: number): boolean {
    return this.#units.records[(this.firstUnit[core]! + unit) * UNIT + KIND] === IDLE;
  }

  moving(core: number, unit: number): MovingOperation | undefined {
    const { records } = this.#units;
    const { pool, image } = this.#network;
    const at = (this.firstUnit[core]! + unit) * UNIT;
    if (records[at + KIND] !== MOVING) return undefined;
    const input = records[at + IN]!;
    const lacksInput = input >= 0 && pool[input + COUNT] === 0;
    const queue = lacksInput ? input : records[at + OUT]!;
    const lane = image.fabric.queueLane[pool[queue + ID]!]!;
    return { pc: records[at + PC]!, left: records[at + LEFT]!, lacksInput, lane };
  }

  setBlocked(core: number, isBlocked: boolean): void {
    this.#units.records[this.firstUnit[core]! * UNIT + KIND] = isBlocked ? BLOCKED : IDLE;
  }

  isClosed(lane: number, core: number): boolean {
    const network = this.#network;
    if (network.closedFrom[lane]! <= network.now) return true;
    const code = wakeCode(core, 0, TAG_UNIT);
    if (network.closedFrom[lane] === NEVER) network.closeWaiter[lane] = code;
    else network.wake(code, network.slotNext);
    return false;
  }

  isDrained(lane: number, direction: "in" | "out", core: number): boolean {
    const network = this.#network;
    const waited = network.queueOf(lane, direction === "in" ? PORT.core : PORT.ramp);
    if (network.wasEmpty(waited)) return true;
    const code = wakeCode(core, 0, TAG_UNIT);
    if (network.pool[waited + COUNT] === 0) network.wake(code, network.slotNext);
    else if (direction === "out") network.pool[waited + WAITER] = code;
    return false;
  }

  open(lane: number, ruleList: number): void {
    this.#network.open(lane, ruleList);
  }

  setBoundIn(lane: number, isBound: boolean): void {
    this.#network.setBoundIn(lane, isBound);
  }

  queueOf(lane: number, port: number): number {
    return this.#network.queueOf(lane, port);
  }

  counts(): MotionCounts {
    return this.#network;
  }

  collectOutputs(): void {
    // Routers write them there.
  }

  endState(): Omit<EndState, "threads"> {
    const { pool, queueAt, laneAt, closedFrom, isBoundIn, streamMoved } = this.#network;
    return {
      queueLength: (queue) => pool[queueAt[queue]! + COUNT]!,
      queueCapacity: (queue) => pool[queueAt[queue]! + CAPACITY]!,
      isClosed: (lane) => closedFrom[lane] !== NEVER,
      ruleList: (lane) => pool[laneAt[lane]! + RULES]!,
      rulePosition: (lane) => pool[laneAt[lane]! + POSITION]!,
      isBoundIn: (lane) => isBoundIn[lane] === 1,
      streamMoved: (stream) => streamMoved[stream]!,
    };
  }
}

export function shuffleBy(order: Rng): Shuffle {
  return (members, count) => {
    for (let i = count - 1; i > 0; i--) {
      const j = order.below(i + 1);
      [members[i], members[j]] = [members[j]!, members[i]!];
    }
  };
}
