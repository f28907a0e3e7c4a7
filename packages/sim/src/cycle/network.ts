// State of lanes and queues, and the few operations on it that are not inlined in hot loops. All of it lies in one typed array,
// `pool`: the record of a lane (layout.ts), then those of the queues at its ports, each with its slots, so that what a wavelet's
// move touches lies in few cache lines. Records are named by their first word in the pool.
// Two-phase rule (docs/program.md section 7.1): a slot freed in cycle t counts as taken until t + 1 (LAST_POP), a wavelet
// pushed in t is available later than t, and a closed lane counts as closed from the next cycle.
import type { Image } from "../image.ts";
import { PORT } from "../image/fabric.ts";
import type { PathRecorder } from "./path-recorder.ts";
import { ReadySet } from "./ready-set.ts";
import { LAYOUT } from "./layout.ts";

const {
  CAPACITY,
  CLOSE,
  CONSUMER,
  COUNT,
  FLAGS,
  HEAD,
  ID,
  IS_TRANSIT,
  LANE,
  LAST_POP,
  LATENCY,
  NEVER,
  PORTS_SHIFT,
  POSITION,
  RULES,
  SLOTS,
  SOURCE,
  TAG_LANE,
  TAG_UNIT,
  TARGETS,
  TO_RAMP,
  WAITER,
} = LAYOUT;

export function wakeCode(member: number, bitNumber: number, tag: number): number {
  return (member << 7) | (bitNumber << 2) | tag;
}

export class Network {
  readonly image: Image;
  readonly pool: Int32Array;
  /** Record of each lane and of each queue of the image. */
  readonly laneAt: Int32Array;
  readonly queueAt: Int32Array;
  readonly closedFrom: Int32Array;
  /** Unit (wake code) that waits until the lane is closed, -1 for none. */
  readonly closeWaiter: Int32Array;
  readonly isBoundIn: Uint8Array;
  readonly isBoundOut: Uint8Array;
  /** Cycles that the ring of ready sets spans. */
  readonly ring: number;
  readonly readyLanes: ReadySet;
  readonly readyUnits: ReadySet;
  readonly readyStreams: ReadySet;
  /** Current cycle and its slot in the ring. */
  now = 0;
  slotNow = 0;
  slotNext = 0;
  contentionEvents = 0;
  waveletHops = 0;
  /** Last cycle in which a wavelet moved, -1 before the first. */
  lastMove = -1;
  /** Last cycle in which an element left through a host port, -1 before the first. */
  lastOutput = -1;
  readonly streamMoved: Float64Array;
  /** Wavelets over each link where that is wanted: router * 4 + port (layout of `CycleResult.linkWavelets`). */
  linkWavelets: Uint32Array | undefined;
  /** Follows the critical path where that is wanted. */
  paths: PathRecorder | undefined;

  constructor(image: Image, streamPorts: number) {
    const { fabric, machine, cores } = image;
    const { hopCycles, rampCycles } = machine.fabric;
    const { fabricStartCycles, controlCycles, emitCycles } = machine.core;
    this.image = image;
    // A paused `send` goes on 2 cycles later.
    this.ring = Math.max(hopCycles, emitCycles + rampCycles, fabricStartCycles, controlCycles, 2) + 1;
    this.laneAt = new Int32Array(fabric.laneCount);
    this.queueAt = new Int32Array(fabric.queueCount);
    this.pool = new Int32Array(this.#placeRecords());
    this.closedFrom = new Int32Array(fabric.laneCount);
    this.closeWaiter = new Int32Array(fabric.laneCount).fill(-1);
    this.isBoundIn = new Uint8Array(fabric.laneCount);
    this.isBoundOut = new Uint8Array(fabric.laneCount);
    this.readyLanes = new ReadySet(this.ring, fabric.width * fabric.height);
    this.readyUnits = new ReadySet(this.ring, cores.count);
    this.readyStreams = new ReadySet(this.ring, streamPorts);
    this.streamMoved = new Float64Array(fabric.streams.length);
    this.#fillQueues();
    for (let lane = 0; lane < fabric.laneCount; lane++) {
      this.pool[this.laneAt[lane]! + RULES] = fabric.laneRules[lane]!;
      this.pool[this.laneAt[lane]! + POSITION] = fabric.lanePosition[lane]!;
      this.closedFrom[lane] = fabric.laneClosed[lane] ? 0 : NEVER;
      this.resolveRule(lane);
    }
    this.setNow(0);
  }

  #depthOf(queue: number): number {
    const { fabric, machine } = this.image;
    const { linkQueueDepth, inputQueueDepth, outputQueueDepth } = machine.fabric;
    const port = fabric.queuePort[queue]!;
    return port === PORT.core ? inputQueueDepth : port === PORT.ramp ? outputQueueDepth : linkQueueDepth;
  }

  /** Gives each lane and its queues their places in the pool, and returns its words. */
  #placeRecords(): number {
    const { fabric } = this.image;
    let at = 0;
    for (let lane = 0; lane < fabric.laneCount; lane++) {
      this.laneAt[lane] = at;
      at += LANE;
      for (let port = 0; port < 6; port++) {
        const queue = fabric.laneQueues[lane * 6 + port]!;
        if (queue < 0) continue;
        this.queueAt[queue] = at;
        at += SLOTS + 2 * this.#depthOf(queue);
      }
    }
    return at;
  }

  /** Fills the fixed words of all queue records. */
  #fillQueues(): void {
    const { fabric, machine } = this.image;
    const { hopCycles, rampCycles } = machine.fabric;
    for (let queue = 0; queue < fabric.queueCount; queue++) {
      const port = fabric.queuePort[queue]!;
      const at = this.queueAt[queue]!;
      const { pool } = this;
      pool[at + ID] = queue;
      // A core's queue has no room until the colour is bound.
      pool[at + CAPACITY] = port === PORT.core ? 0 : this.#depthOf(queue);
      pool[at + LAST_POP] = -1;
      pool[at + WAITER] = -1;
      pool[at + CONSUMER] = port === PORT.core ? -1 : this.laneCode(fabric.queueLane[queue]!);
      pool[at + LATENCY] = port < PORT.ramp ? hopCycles : rampCycles;
      if (port === PORT.ramp) pool[at + LATENCY]! += machine.core.emitCycles;
    }
  }

  setNow(cycle: number): void {
    this.now = cycle;
    this.slotNow = cycle % this.ring;
    this.slotNext = (cycle + 1) % this.ring;
  }

  laneCode(lane: number): number {
    const { laneRouter, laneStart } = this.image.fabric;
    const router = laneRouter[lane]!;
    return wakeCode(router, lane - laneStart[router]!, TAG_LANE);
  }

  /** Ring slot of the cycle `delay` cycles from now, which must be less than the ring. */
  slotIn(delay: number): number {
    const slot = this.slotNow + delay;
    return slot >= this.ring ? slot - this.ring : slot;
  }

  /** The next cycle in which somebody is to be tried, or -1. */
  nextReady(): number {
    for (let delay = 1; delay < this.ring; delay++) {
      const slot = this.slotIn(delay);
      if (!this.readyLanes.isEmpty(slot) || !this.readyUnits.isEmpty(slot) || !this.readyStreams.isEmpty(slot)) {
        return this.now + delay;
      }
    }
    return -1;
  }

  /** Marks whom the code names as to be tried in a ring slot. */
  wake(code: number, slot: number): void {
    const member = code >> 7;
    const bit = 1 << ((code >> 2) & 31);
    const tag = code & 3;
    if (tag === TAG_LANE) this.readyLanes.add(slot, member, bit);
    else if (tag === TAG_UNIT) this.readyUnits.add(slot, member, bit);
    else this.readyStreams.add(slot, member, bit);
  }

  /** Whether a push in this cycle would find a slot; if not, `code` is tried again as soon as one may be free. */
  hasSpace(queue: number, code: number): boolean {
    const { pool } = this;
    const free = pool[queue + CAPACITY]! - pool[queue + COUNT]!;
    if (free <= 0) pool[queue + WAITER] = code;
    else if (free === 1 && pool[queue + LAST_POP] === this.now) this.wake(code, this.slotNext);
    else return true;
    if (this.paths && (code & 3) === TAG_LANE) this.paths.blockedOn[this.laneOfCode(code)] = queue;
    return false;
  }

  /** Record of the queue at a port of a lane, which must exist. */
  queueOf(lane: number, port: number): number {
    return this.queueAt[this.image.fabric.laneQueues[lane * 6 + port]!]!;
  }

  laneOfCode(code: number): number {
    return this.image.fabric.laneStart[code >> 7]! + ((code >> 2) & 31);
  }

  /**
   * Puts a wavelet into a queue with space, and has its taker tried when it is available if the queue was empty.
   * @returns the first word of the wavelet's slot
   */
  push(queue: number, value: number, kind: number): number {
    const { pool } = this;
    const count = pool[queue + COUNT]!;
    const capacity = pool[queue + CAPACITY]!;
    const latency = pool[queue + LATENCY]!;
    let place = pool[queue + HEAD]! + count;
    if (place >= capacity) place -= capacity;
    const slot = queue + SLOTS + 2 * place;
    pool[slot] = value;
    pool[slot + 1] = ((this.now + latency) << 2) | kind;
    pool[queue + COUNT] = count + 1;
    const consumer = pool[queue + CONSUMER]!;
    if (count === 0 && consumer >= 0) this.wake(consumer, this.slotIn(latency));
    return slot;
  }

  /** First word of the slot of the queue's head, which must exist. */
  headSlot(queue: number): number {
    return queue + SLOTS + 2 * this.pool[queue + HEAD]!;
  }

  /** Removes the head and lets whoever waits for space try in the next cycle. */
  pop(queue: number): void {
    const { pool } = this;
    const head = pool[queue + HEAD]! + 1;
    pool[queue + HEAD] = head === pool[queue + CAPACITY]! ? 0 : head;
    pool[queue + COUNT]!--;
    pool[queue + LAST_POP] = this.now;
    const waiter = pool[queue + WAITER]!;
    if (waiter < 0) return;
    pool[queue + WAITER] = -1;
    this.wake(waiter, this.slotNext);
  }

  /** Whether the queue was empty at the start of this cycle. */
  wasEmpty(queue: number): boolean {
    return this.pool[queue + COUNT] === 0 && this.pool[queue + LAST_POP] !== this.now;
  }

  /** Writes the current rule of a lane into its record. */
  resolveRule(lane: number): void {
    const { image, pool } = this;
    const { fabric } = image;
    const at = this.laneAt[lane]!;
    const rule = fabric.ruleLists[pool[at + RULES]!]?.[pool[at + POSITION]!];
    if (!rule || this.closedFrom[lane] !== NEVER) {
      pool[at + SOURCE] = -1;
      return;
    }
    const source = fabric.laneQueues[lane * 6 + rule.from]!;
    pool[at + SOURCE] = source < 0 ? -1 : this.queueAt[source]!;
    let flags = rule.to.length | (rule.transit ? IS_TRANSIT : 0);
    rule.to.forEach((port, i) => {
      const target = fabric.destination(lane, port);
      pool[at + TARGETS + i] = target < 0 ? target : this.queueAt[target]!;
      flags |= 1 << (PORTS_SHIFT + port);
      if (port === PORT.ramp) flags |= TO_RAMP;
    });
    pool[at + FLAGS] = flags;
  }

  /** Has the lane tried once the head of its source can leave, from ring slot `slot` on (a cycle `delay` from now). */
  wakeLane(lane: number, delay: number): void {
    const source = this.pool[this.laneAt[lane]! + SOURCE]!;
    if (source < 0 || this.pool[source + COUNT] === 0) return;
    const available = this.pool[this.headSlot(source) + 1]! >> 2;
    this.wake(this.laneCode(lane), this.slotIn(Math.max(delay, available - this.now)));
  }

  /** Steps or closes a lane after a control wavelet (with this path, if one is kept) has left it in this cycle. */
  actOn(lane: number, kind: number, path: number): void {
    const at = this.laneAt[lane]!;
    if (kind === CLOSE) {
      this.paths?.closed(lane, path);
      this.closedFrom[lane] = this.now + 1;
      this.pool[at + SOURCE] = -1;
      const waiter = this.closeWaiter[lane]!;
      if (waiter >= 0) {
        this.closeWaiter[lane] = -1;
        this.wake(waiter, this.slotNext);
      }
      return;
    }
    this.paths?.stepped(lane, path, this.now + 1);
    const rules = this.image.fabric.ruleLists[this.pool[at + RULES]!]!;
    this.pool[at + POSITION] = (this.pool[at + POSITION]! + 1) % rules.length;
    this.resolveRule(lane);
    this.wakeLane(lane, 1);
  }

  /** Installs rules at a closed lane, from this cycle on. Call it before the routers move. */
  open(lane: number, ruleList: number): void {
    const at = this.laneAt[lane]!;
    this.pool[at + RULES] = ruleList;
    this.pool[at + POSITION] = 0;
    this.closedFrom[lane] = this.image.fabric.ruleLists[ruleList]!.length === 0 ? 0 : NEVER;
    this.resolveRule(lane);
    this.wakeLane(lane, 0);
  }

  /** Gives the core's queue of a lane its room, or takes it away. Call it before the routers move. */
  setBoundIn(lane: number, isBound: boolean): void {
    this.isBoundIn[lane] = isBound ? 1 : 0;
    const queue = this.queueOf(lane, PORT.core);
    this.pool[queue + CAPACITY] = isBound ? this.image.machine.fabric.inputQueueDepth : 0;
    const waiter = this.pool[queue + WAITER]!;
    if (!isBound || waiter < 0) return;
    this.pool[queue + WAITER] = -1;
    this.wake(waiter, this.slotNow);
  }
}
