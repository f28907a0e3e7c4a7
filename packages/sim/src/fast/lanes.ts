// Lanes (colours at routers) and host streams of a timing run. A lane pops wavelet i of its rule's source queue at the latest of:
// its availability, one cycle after the lane's previous pop, and for each destination one cycle after the pop that freed the
// slot; for the ramp also when the colour is bound. Hot loops: longer functions than usual.
import { ProgramFault } from "../fault.ts";
import type { Image } from "../image.ts";
import { PORT, PORT_NAMES } from "../image/fabric.ts";
import { routerCoord } from "../stalemate.ts";
import type { Agenda } from "./agenda.ts";
import * as network from "./network.ts";
import type { Network } from "./network.ts";
import { PATH_FEED, PATH_SPACE, PATH_TRAVEL, type PathTree } from "../path-tree.ts";
import { ADVANCE, CLOSE, DATA } from "./timing-tape.ts";

// Bound once: an imported name may cost a call where modules are not bundled.
const { Q_PUSHED, Q_POPPED, Q_MASK, Q_DEPTH, Q_HUNGRY, Q_FULL, Q_BOUND, Q_BOUND_PATH, Q_RING, NEVER, NOWHERE } =
  network;
const { L_SOURCE, L_NEXT, L_DESTS, L_DEST, L_RAMP, L_RULES, L_POSITION, L_IS_OPEN, L_CLOSED, L_LANE } = network;
const { L_CLOSE_WAITER, L_PATH, L_LINKS, L_CONTROL, L_TRANSIT, L_HOST, F_LEFT, F_QUEUE, F_NEXT, F_PATH } = network;
const PORTS = 6;
const IS_DATA = DATA;
const IS_ADVANCE = ADVANCE;
const IS_CLOSE = CLOSE;
const SPACE = PATH_SPACE;
const TRAVEL = PATH_TRAVEL;

export class Lanes {
  /** Wavelets that left a router over a link. */
  waveletHops = 0;
  /** Per stream: wavelets moved, and the cycle of the last. */
  readonly moved: Int32Array;
  readonly lastMove: Int32Array;
  /** The latest departure through an `out` stream and its path. */
  lastOutput = -1;
  outputPath = -1;
  readonly #image: Image;
  readonly #network: Network;
  readonly #words: Int32Array;
  readonly #agenda: Agenda;
  readonly #tree: PathTree | undefined;
  readonly #hopCycles: number;
  readonly #rampCycles: number;

  constructor(net: Network, agenda: Agenda, tree: PathTree | undefined) {
    const { image } = net;
    this.#image = image;
    this.#network = net;
    this.#words = net.words;
    this.#agenda = agenda;
    this.#tree = tree;
    this.#hopCycles = image.machine.fabric.hopCycles;
    this.#rampCycles = image.machine.fabric.rampCycles;
    this.moved = new Int32Array(image.fabric.streams.length);
    this.lastMove = new Int32Array(image.fabric.streams.length).fill(-1);
  }

  /** Puts rule lists and positions into effect at the start. */
  start(controlColors: ReadonlySet<number>): void {
    const { fabric } = this.#image;
    this.#network.lanes.forEach((lane, l) => {
      this.#words[lane + L_CONTROL] = controlColors.has(fabric.laneColor[l]!) ? 1 : 0;
      this.#applyRule(lane);
      this.#agenda.add(lane);
    });
    this.#network.feeds.forEach((feed, s) => {
      if (feed === 0) return;
      if (this.#tree) this.#words[feed + F_PATH] = this.#tree.add(-1, 0, s, PATH_FEED, -1);
      this.#agenda.add(feed);
    });
  }

  /** `open` of a core: the rules hold from cycle `from` on. */
  open(lane: number, rules: number, from: number, path: number): void {
    const words = this.#words;
    words[lane + L_RULES] = rules;
    words[lane + L_POSITION] = 0;
    words[lane + L_IS_OPEN] = this.#image.fabric.ruleLists[rules]!.length === 0 ? 0 : 1;
    words[lane + L_CLOSED] = from;
    words[lane + L_NEXT] = Math.max(words[lane + L_NEXT]!, from);
    words[lane + L_PATH] = path;
    this.#applyRule(lane);
    this.#agenda.add(lane);
  }

  #applyRule(lane: number): void {
    const words = this.#words;
    const { fabric } = this.#image;
    words[lane + L_SOURCE] = 0;
    if (words[lane + L_IS_OPEN] === 0) return;
    const rule = fabric.ruleLists[words[lane + L_RULES]!]![words[lane + L_POSITION]!]!;
    const number = words[lane + L_LANE]!;
    const source = fabric.laneQueues[number * PORTS + rule.from]!;
    if (source >= 0) words[lane + L_SOURCE] = this.#network.queues[source]!;
    words[lane + L_TRANSIT] = rule.transit ? 1 : 0;
    words[lane + L_DESTS] = rule.to.length;
    words[lane + L_RAMP] = 0;
    words[lane + L_LINKS] = 0;
    words[lane + L_HOST] = 0;
    rule.to.forEach((port, i) => {
      const destination = this.#network.destination(number, port);
      words[lane + L_DEST + i] = destination;
      if (destination < 0) words[lane + L_HOST] = 1;
      else if (port === PORT.ramp) words[lane + L_RAMP] = 1;
      else words[lane + L_LINKS]!++;
    });
  }

  /** Runs a lane as far as its queues allow. */
  advance(lane: number): void {
    const words = this.#words;
    while (words[lane + L_SOURCE] !== 0) {
      // Runs of data that stay on the wafer go quickly; what they end at goes one by one.
      if (words[lane + L_HOST] === 0 && !this.#moveRun(lane)) return;
      if (words[lane + L_SOURCE] === 0 || !this.#moveOne(lane)) return;
    }
  }

  /** Moves data wavelets to queues; true if a control wavelet comes next, false if the lane has to wait. */
  #moveRun(lane: number): boolean {
    const words = this.#words;
    const source = words[lane + L_SOURCE]!;
    const popped = words[source + Q_POPPED]!;
    const available = words[source + Q_PUSHED]! - popped;
    const dests = words[lane + L_DESTS]!;
    let count = available;
    let full = 0;
    for (let i = 0; i < dests; i++) {
      const to = words[lane + L_DEST + i]!;
      const free =
        words[to + Q_BOUND] === NEVER ? 0 : words[to + Q_POPPED]! + words[to + Q_DEPTH]! - words[to + Q_PUSHED]!;
      if (free < count) {
        count = free;
        full = to;
      }
    }
    let isControl = false;
    if (words[lane + L_CONTROL] !== 0) {
      const data = this.#dataWavelets(source, popped, count < available ? count + 1 : count);
      if (data < count || (data === count && count < available && this.#kindAt(source, popped + data) !== IS_DATA)) {
        count = data;
        isControl = true;
      }
    }
    if (!isControl) {
      if (full === 0) words[source + Q_HUNGRY] = lane;
      else words[full + Q_FULL] = lane;
    }
    if (count === 0) return isControl;
    if (dests === 1) this.#moveToOne(lane, source, words[lane + L_DEST]!, count);
    else this.#moveToMany(lane, source, dests, count);
    words[source + Q_POPPED] = popped + count;
    this.waveletHops += count * words[lane + L_LINKS]!;
    for (let i = 0; i < dests; i++) {
      const to = words[lane + L_DEST + i]!;
      words[to + Q_PUSHED]! += count;
      this.#wake(to + Q_HUNGRY);
    }
    this.#wake(source + Q_FULL);
    return isControl;
  }

  #kindAt(queue: number, wavelet: number): number {
    const length = this.#words[queue + Q_MASK]! + 1;
    return this.#words[queue + Q_RING + length + (wavelet & (length - 1))]!;
  }

  /** Data wavelets from number `first` on before a control wavelet, at most `limit`. */
  #dataWavelets(queue: number, first: number, limit: number): number {
    let count = 0;
    while (count < limit && this.#kindAt(queue, first + count) === IS_DATA) count++;
    return count;
  }

  #moveToOne(lane: number, source: number, to: number, count: number): void {
    const words = this.#words;
    const tree = this.#tree;
    const popped = words[source + Q_POPPED]!;
    const pushed = words[to + Q_PUSHED]!;
    const depth = words[to + Q_DEPTH]!;
    const bound = words[to + Q_BOUND]!;
    const latency = words[lane + L_RAMP] !== 0 ? this.#rampCycles : this.#hopCycles;
    const sourceMask = words[source + Q_MASK]!;
    const toMask = words[to + Q_MASK]!;
    const sourceRing = source + Q_RING;
    const toRing = to + Q_RING;
    let next = words[lane + L_NEXT]!;
    if (tree === undefined) {
      if (bound > next) next = bound;
      for (let i = 0; i < count; i++) {
        const from = sourceRing + ((popped + i) & sourceMask);
        const slotFree = words[toRing + ((pushed + i - depth) & toMask)]! + 1;
        const ready = words[from]!;
        const t = ready > next ? (ready > slotFree ? ready : slotFree) : next > slotFree ? next : slotFree;
        words[from] = t;
        words[toRing + ((pushed + i) & toMask)] = t + latency;
        next = t + 1;
      }
    } else {
      const sourcePath = 2 * (sourceMask + 1);
      const toPath = 2 * (toMask + 1);
      let path = words[lane + L_PATH]!;
      if (bound > next) {
        next = bound;
        path = words[to + Q_BOUND_PATH]!;
      }
      for (let i = 0; i < count; i++) {
        const from = sourceRing + ((popped + i) & sourceMask);
        const slot = toRing + ((pushed + i - depth) & toMask);
        const ready = words[from]!;
        let t = next;
        if (ready >= t) {
          t = ready;
          path = words[from + sourcePath]!;
        }
        if (words[slot]! >= t) {
          t = words[slot]! + 1;
          path = tree.add(words[slot + toPath]!, t, words[lane + L_LANE]!, SPACE, -1);
        }
        const into = toRing + ((pushed + i) & toMask);
        words[from] = t;
        words[from + sourcePath] = path;
        words[into] = t + latency;
        words[into + toPath] = path;
        next = t + 1;
      }
      words[lane + L_PATH] = path;
    }
    words[lane + L_NEXT] = next;
    if (words[lane + L_CONTROL] !== 0) this.#markData(to, pushed, count);
  }

  #moveToMany(lane: number, source: number, dests: number, count: number): void {
    const words = this.#words;
    const tree = this.#tree;
    const popped = words[source + Q_POPPED]!;
    const sourceMask = words[source + Q_MASK]!;
    const ramp = words[lane + L_RAMP]! !== 0 ? dests - 1 : dests;
    let next = words[lane + L_NEXT]!;
    let path = words[lane + L_PATH]!;
    for (let i = 0; i < count; i++) {
      const from = source + Q_RING + ((popped + i) & sourceMask);
      let t = next;
      if (words[from]! >= t) {
        t = words[from]!;
        if (tree) path = words[from + 2 * (sourceMask + 1)]!;
      }
      for (let d = 0; d < dests; d++) {
        const to = words[lane + L_DEST + d]!;
        const toMask = words[to + Q_MASK]!;
        const slot = to + Q_RING + ((words[to + Q_PUSHED]! + i - words[to + Q_DEPTH]!) & toMask);
        const bound = words[to + Q_BOUND]!;
        if (bound > t) {
          t = bound;
          path = words[to + Q_BOUND_PATH]!;
        }
        if (words[slot]! >= t) {
          t = words[slot]! + 1;
          if (tree) path = tree.add(words[slot + 2 * (toMask + 1)]!, t, words[lane + L_LANE]!, SPACE, -1);
        }
      }
      words[from] = t;
      if (tree) words[from + 2 * (sourceMask + 1)] = path;
      for (let d = 0; d < dests; d++) {
        const to = words[lane + L_DEST + d]!;
        const toMask = words[to + Q_MASK]!;
        const into = to + Q_RING + ((words[to + Q_PUSHED]! + i) & toMask);
        words[into] = t + (d === ramp ? this.#rampCycles : this.#hopCycles);
        words[into + toMask + 1] = IS_DATA;
        if (tree) words[into + 2 * (toMask + 1)] = path;
      }
      next = t + 1;
    }
    words[lane + L_NEXT] = next;
    words[lane + L_PATH] = path;
  }

  /** Slots that held control wavelets before now hold data. */
  #markData(queue: number, first: number, count: number): void {
    const words = this.#words;
    const length = words[queue + Q_MASK]! + 1;
    const kinds = queue + Q_RING + length;
    for (let i = 0; i < count; i++) words[kinds + ((first + i) & (length - 1))] = IS_DATA;
  }

  /** Moves one wavelet of any kind anywhere; false if the lane has to wait. */
  #moveOne(lane: number): boolean {
    const words = this.#words;
    const tree = this.#tree;
    const source = words[lane + L_SOURCE]!;
    const popped = words[source + Q_POPPED]!;
    if (words[source + Q_PUSHED] === popped) {
      words[source + Q_HUNGRY] = lane;
      return false;
    }
    const sourceLength = words[source + Q_MASK]! + 1;
    const from = source + Q_RING + (popped & (sourceLength - 1));
    const kind = words[from + sourceLength]!;
    const ramp = words[lane + L_RAMP]!;
    const dests = words[lane + L_DESTS]! - (kind === IS_DATA ? 0 : ramp);
    let t = words[lane + L_NEXT]!;
    let path = words[lane + L_PATH]!;
    if (words[from]! >= t) {
      t = words[from]!;
      if (tree) path = words[from + 2 * sourceLength]!;
    }
    for (let i = 0; i < dests; i++) {
      const to = words[lane + L_DEST + i]!;
      if (to < 0) {
        if (to === NOWHERE) throw this.#lost(lane, i);
        continue;
      }
      const slotFree = this.#slotFree(to);
      if (slotFree === NEVER) {
        words[to + Q_FULL] = lane;
        return false;
      }
      if (slotFree > t) {
        t = slotFree;
        if (tree) path = this.#spacePath(lane, to, t);
      }
    }
    words[from] = t;
    if (tree) words[from + 2 * sourceLength] = path;
    words[source + Q_POPPED] = popped + 1;
    words[lane + L_NEXT] = t + 1;
    words[lane + L_PATH] = path;
    this.#wake(source + Q_FULL);
    for (let i = 0; i < dests; i++) {
      const to = words[lane + L_DEST + i]!;
      const isRamp = ramp !== 0 && kind === IS_DATA && i === dests - 1;
      if (to < 0) this.#leave(lane, -2 - to, kind, t, path);
      else this.#push(to, t + (isRamp ? this.#rampCycles : this.#hopCycles), kind, path);
    }
    this.waveletHops += words[lane + L_LINKS]!;
    if (kind !== IS_DATA && words[lane + L_TRANSIT] === 0) this.#act(lane, kind, t);
    return true;
  }

  /** First cycle in which queue `to` accepts its next wavelet, or NEVER while that is not known. */
  #slotFree(to: number): number {
    const words = this.#words;
    const before = words[to + Q_PUSHED]! - words[to + Q_DEPTH]!;
    const bound = words[to + Q_BOUND]!;
    if (bound === NEVER || before >= words[to + Q_POPPED]!) return NEVER;
    const freed = words[to + Q_RING + (before & words[to + Q_MASK]!)]! + 1;
    return freed > bound ? freed : bound;
  }

  /** The path of a wavelet that waited until cycle `t` for a slot of `to` or for it to be bound. */
  #spacePath(lane: number, to: number, t: number): number {
    const words = this.#words;
    if (words[to + Q_BOUND] === t) return words[to + Q_BOUND_PATH]!;
    const length = words[to + Q_MASK]! + 1;
    const slot = to + Q_RING + ((words[to + Q_PUSHED]! - words[to + Q_DEPTH]!) & (length - 1));
    return this.#tree!.add(words[slot + 2 * length]!, t, words[lane + L_LANE]!, SPACE, -1);
  }

  #push(to: number, available: number, kind: number, path: number): void {
    const words = this.#words;
    const length = words[to + Q_MASK]! + 1;
    const into = to + Q_RING + (words[to + Q_PUSHED]! & (length - 1));
    words[into] = available;
    words[into + length] = kind;
    if (this.#tree) words[into + 2 * length] = path;
    words[to + Q_PUSHED]!++;
    this.#wake(to + Q_HUNGRY);
  }

  #leave(lane: number, stream: number, kind: number, t: number, path: number): void {
    if (kind !== IS_DATA) return;
    const {
      stream: { name },
      wavelets,
    } = this.#image.fabric.streams[stream]!;
    if (this.moved[stream] === wavelets) {
      const message = `Cannot take more than ${wavelets} wavelets of host stream "${name}"`;
      throw new ProgramFault("SIM-013", message, { core: this.#place(lane) });
    }
    this.moved[stream]!++;
    this.lastMove[stream] = t;
    if (t < this.lastOutput) return;
    this.lastOutput = t;
    this.outputPath = path;
  }

  /** A control wavelet has left: the next one meets the new state. */
  #act(lane: number, kind: number, t: number): void {
    const words = this.#words;
    if (kind === IS_ADVANCE) {
      const { length } = this.#image.fabric.ruleLists[words[lane + L_RULES]!]!;
      words[lane + L_POSITION] = (words[lane + L_POSITION]! + 1) % length;
    } else if (kind === IS_CLOSE) {
      words[lane + L_IS_OPEN] = 0;
      words[lane + L_CLOSED] = t + 1;
      this.#wake(lane + L_CLOSE_WAITER);
    }
    this.#applyRule(lane);
  }

  /** Feeds the wafer with what a host stream has: one wavelet a cycle while there is room. */
  feed(feed: number): void {
    const words = this.#words;
    const to = words[feed + F_QUEUE]!;
    const length = words[to + Q_MASK]! + 1;
    const tree = this.#tree;
    while (words[feed + F_LEFT]! > 0) {
      const freed = this.#slotFree(to);
      if (freed === NEVER) {
        words[to + Q_FULL] = feed;
        return;
      }
      let t = words[feed + F_NEXT]!;
      if (freed > t) {
        t = freed;
        if (tree) {
          const slot = to + Q_RING + ((words[to + Q_PUSHED]! - words[to + Q_DEPTH]!) & (length - 1));
          words[feed + F_PATH] = tree.add(words[slot + 2 * length]!, t, this.#streamOf(feed), PATH_FEED, -1);
        }
      }
      words[feed + F_NEXT] = t + 1;
      words[feed + F_LEFT]!--;
      const path = tree ? tree.add(words[feed + F_PATH]!, t, -1 - this.#streamOf(feed), TRAVEL, -1) : -1;
      this.#push(to, t + this.#hopCycles, IS_DATA, path);
    }
  }

  #streamOf(feed: number): number {
    return this.#network.feeds.indexOf(feed);
  }

  #wake(field: number): void {
    const words = this.#words;
    const actor = words[field]!;
    if (actor === 0) return;
    words[field] = 0;
    this.#agenda.add(actor);
  }

  #lost(lane: number, destination: number): ProgramFault {
    const { fabric } = this.#image;
    const words = this.#words;
    const rule = fabric.ruleLists[words[lane + L_RULES]!]![words[lane + L_POSITION]!]!;
    const port = PORT_NAMES[rule.to[destination]!]!;
    const color = fabric.laneColor[words[lane + L_LANE]!]!;
    const message = `Cannot send colour ${color} ${port}: there is nothing to receive it`;
    return new ProgramFault("SIM-012", message, { core: this.#place(lane) });
  }

  #place(lane: number): { x: number; y: number } {
    return routerCoord(this.#image, this.#image.fabric.laneRouter[this.#words[lane + L_LANE]!]!);
  }
}
