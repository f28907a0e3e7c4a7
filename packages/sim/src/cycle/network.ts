// State of queues, lanes and units in typed arrays, and the few operations on it that are not inlined in hot loops. Queues and
// lanes are records of eight words; a wavelet is two words of a slot: the value, and its first available cycle with its kind.
// Two-phase rule (docs/program.md section 7.1): a slot freed in cycle t counts as taken until t + 1 (LAST_POP), a wavelet
// pushed in t is available later than t, and a closed lane counts as closed from the next cycle.
import type { Image } from "../image.ts";
import { PORT } from "../image/fabric.ts";
import type { PathRecorder } from "./path-recorder.ts";
import { ReadySet } from "./ready-set.ts";
import { LAYOUT } from "./layout.ts";

const {
  BASE,
  CAPACITY,
  CLOSE,
  CONSUMER,
  COUNT,
  FLAGS,
  HEAD,
  IS_TRANSIT,
  LANE,
  LAST_POP,
  LATENCY,
  NEVER,
  PORTS_SHIFT,
  POSITION,
  QUEUE,
  RULES,
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
  readonly queues: Int32Array;
  readonly lanes: Int32Array;
  /** Wavelet i of the pool: slots[2 * i] = value, slots[2 * i + 1] = available << 2 | kind. */
  readonly slots: Int32Array;
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
  /** Follows the critical path where that is wanted. */
  paths: PathRecorder | undefined;

  constructor(image: Image, streamPorts: number) {
    const { fabric, machine, cores } = image;
    const { hopCycles, rampCycles } = machine.fabric;
    const { fabricStartCycles, controlCycles } = machine.core;
    this.image = image;
    this.ring = Math.max(hopCycles, rampCycles, fabricStartCycles, controlCycles) + 1;
    this.queues = new Int32Array(fabric.queueCount * QUEUE);
    this.lanes = new Int32Array(fabric.laneCount * LANE);
    this.closedFrom = new Int32Array(fabric.laneCount);
    this.closeWaiter = new Int32Array(fabric.laneCount).fill(-1);
    this.isBoundIn = new Uint8Array(fabric.laneCount);
    this.isBoundOut = new Uint8Array(fabric.laneCount);
    this.slots = new Int32Array(2 * this.#layOutQueues());
    this.readyLanes = new ReadySet(this.ring, fabric.width * fabric.height);
    this.readyUnits = new ReadySet(this.ring, cores.count);
    this.readyStreams = new ReadySet(this.ring, streamPorts);
    this.streamMoved = new Float64Array(fabric.streams.length);
    for (let lane = 0; lane < fabric.laneCount; lane++) {
      this.lanes[lane * LANE + RULES] = fabric.laneRules[lane]!;
      this.lanes[lane * LANE + POSITION] = fabric.lanePosition[lane]!;
      this.closedFrom[lane] = fabric.laneClosed[lane] ? 0 : NEVER;
      this.resolveRule(lane);
    }
    this.setNow(0);
  }

  /** Fills the fixed words of all queue records and returns the number of slots. */
  #layOutQueues(): number {
    const { fabric, machine } = this.image;
    const { hopCycles, rampCycles, linkQueueDepth, inputQueueDepth, outputQueueDepth } = machine.fabric;
    let slots = 0;
    for (let queue = 0; queue < fabric.queueCount; queue++) {
      const port = fabric.queuePort[queue]!;
      const depth = port === PORT.core ? inputQueueDepth : port === PORT.ramp ? outputQueueDepth : linkQueueDepth;
      const lane = fabric.queueLane[queue]!;
      const at = queue * QUEUE;
      this.queues[at + BASE] = slots;
      // A core's queue has no room until the colour is bound.
      this.queues[at + CAPACITY] = port === PORT.core ? 0 : depth;
      this.queues[at + LAST_POP] = -1;
      this.queues[at + WAITER] = -1;
      this.queues[at + CONSUMER] = port === PORT.core ? -1 : this.laneCode(lane);
      this.queues[at + LATENCY] = port === PORT.core || port === PORT.ramp ? rampCycles : hopCycles;
      slots += depth;
    }
    return slots;
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
    const at = queue * QUEUE;
    const count = this.queues[at + COUNT]!;
    const capacity = this.queues[at + CAPACITY]!;
    if (count >= capacity) this.queues[at + WAITER] = code;
    else if (count + 1 === capacity && this.queues[at + LAST_POP] === this.now) this.wake(code, this.slotNext);
    else return true;
    if (this.paths && (code & 3) === TAG_LANE) this.paths.blockedOn[this.laneOfCode(code)] = queue;
    return false;
  }

  laneOfCode(code: number): number {
    return this.image.fabric.laneStart[code >> 7]! + ((code >> 2) & 31);
  }

  /**
   * Puts a wavelet into a queue with space, and has its taker tried when it is available if the queue was empty.
   * @returns the wavelet's number in the pool
   */
  push(queue: number, value: number, kind: number): number {
    const queues = this.queues;
    const at = queue * QUEUE;
    const count = queues[at + COUNT]!;
    const capacity = queues[at + CAPACITY]!;
    const latency = queues[at + LATENCY]!;
    let place = queues[at + HEAD]! + count;
    if (place >= capacity) place -= capacity;
    const slot = (queues[at + BASE]! + place) << 1;
    this.slots[slot] = value;
    this.slots[slot + 1] = ((this.now + latency) << 2) | kind;
    queues[at + COUNT] = count + 1;
    const consumer = queues[at + CONSUMER]!;
    if (count === 0 && consumer >= 0) this.wake(consumer, this.slotIn(latency));
    return slot >> 1;
  }

  /** The pool index of the queue's head, which must exist. */
  headSlot(queue: number): number {
    const at = queue * QUEUE;
    return (this.queues[at + BASE]! + this.queues[at + HEAD]!) << 1;
  }

  /** Removes the head and lets whoever waits for space try in the next cycle. */
  pop(queue: number): void {
    const queues = this.queues;
    const at = queue * QUEUE;
    const head = queues[at + HEAD]! + 1;
    queues[at + HEAD] = head === queues[at + CAPACITY]! ? 0 : head;
    queues[at + COUNT]!--;
    queues[at + LAST_POP] = this.now;
    const waiter = queues[at + WAITER]!;
    if (waiter < 0) return;
    queues[at + WAITER] = -1;
    this.wake(waiter, this.slotNext);
  }

  /** Whether the queue was empty at the start of this cycle. */
  wasEmpty(queue: number): boolean {
    return this.queues[queue * QUEUE + COUNT] === 0 && this.queues[queue * QUEUE + LAST_POP] !== this.now;
  }

  /** Writes the current rule of a lane into its record. */
  resolveRule(lane: number): void {
    const { fabric } = this.image;
    const at = lane * LANE;
    const rule = fabric.ruleLists[this.lanes[at + RULES]!]?.[this.lanes[at + POSITION]!];
    if (!rule || this.closedFrom[lane] !== NEVER) {
      this.lanes[at + SOURCE] = -1;
      return;
    }
    this.lanes[at + SOURCE] = fabric.laneQueues[lane * 6 + rule.from]!;
    let flags = rule.to.length | (rule.transit ? IS_TRANSIT : 0);
    rule.to.forEach((port, i) => {
      this.lanes[at + TARGETS + i] = fabric.destination(lane, port);
      flags |= 1 << (PORTS_SHIFT + port);
      if (port === PORT.ramp) flags |= TO_RAMP;
    });
    this.lanes[at + FLAGS] = flags;
  }

  /** Has the lane tried once the head of its source can leave, from ring slot `slot` on (a cycle `delay` from now). */
  wakeLane(lane: number, delay: number): void {
    const source = this.lanes[lane * LANE + SOURCE]!;
    if (source < 0 || this.queues[source * QUEUE + COUNT] === 0) return;
    const available = this.slots[this.headSlot(source) + 1]! >> 2;
    this.wake(this.laneCode(lane), this.slotIn(Math.max(delay, available - this.now)));
  }

  /** Steps or closes a lane after a control wavelet (with this path, if one is kept) has left it in this cycle. */
  actOn(lane: number, kind: number, path: number): void {
    const at = lane * LANE;
    if (kind === CLOSE) {
      this.paths?.closed(lane, path);
      this.closedFrom[lane] = this.now + 1;
      this.lanes[at + SOURCE] = -1;
      const waiter = this.closeWaiter[lane]!;
      if (waiter >= 0) {
        this.closeWaiter[lane] = -1;
        this.wake(waiter, this.slotNext);
      }
      return;
    }
    this.paths?.stepped(lane, path, this.now + 1);
    const rules = this.image.fabric.ruleLists[this.lanes[at + RULES]!]!;
    this.lanes[at + POSITION] = (this.lanes[at + POSITION]! + 1) % rules.length;
    this.resolveRule(lane);
    this.wakeLane(lane, 1);
  }

  /** Installs rules at a closed lane, from this cycle on. Call it before the routers move. */
  open(lane: number, ruleList: number): void {
    const at = lane * LANE;
    this.lanes[at + RULES] = ruleList;
    this.lanes[at + POSITION] = 0;
    this.closedFrom[lane] = this.image.fabric.ruleLists[ruleList]!.length === 0 ? 0 : NEVER;
    this.resolveRule(lane);
    this.wakeLane(lane, 0);
  }

  /** Gives the core's queue of a lane its room, or takes it away. Call it before the routers move. */
  setBoundIn(lane: number, isBound: boolean): void {
    this.isBoundIn[lane] = isBound ? 1 : 0;
    const queue = this.image.fabric.laneQueues[lane * 6 + PORT.core]!;
    const at = queue * QUEUE;
    this.queues[at + CAPACITY] = isBound ? this.image.machine.fabric.inputQueueDepth : 0;
    const waiter = this.queues[at + WAITER]!;
    if (!isBound || waiter < 0) return;
    this.queues[at + WAITER] = -1;
    this.wake(waiter, this.slotNow);
  }
}
