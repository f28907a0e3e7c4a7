// Follows who made whom wait in the cycle engine, as a tree of stretches (../path-tree.ts): each wavelet, unit, core, lane and
// host stream refers to the node that made it go when it last went. A node names what goes on from its first cycle; its parent is
// what had to happen first: the arrival of the wavelet a receive waited for, the slot that a full queue waited for, the rule a
// wavelet waited for, the operation that a `wait` or the next instruction waited for.
// Approximations: a wavelet that lost a link or the ramp is said to travel (or move) in that time; of several causes that ended in
// the same cycle one is followed; a multicast that waited for several slots follows the last one it was found to lack.
import type { Image } from "../image.ts";
import { PATH_FEED, PATH_MOVE, PATH_RUN, PATH_SPACE, PATH_TRAVEL, type PathSegment, PathTree } from "../path-tree.ts";

const NONE = -1;

export class PathRecorder {
  readonly #tree = new PathTree();
  /**
   * By half of a wavelet's slot in the pool, queue record (who freed its last slot), unit, core, lane (who set its rule; who
   * closed it) and stream.
   */
  readonly wavelets: Int32Array;
  readonly freed: Int32Array;
  readonly #units: Int32Array;
  readonly #cores: Int32Array;
  readonly #rules: Int32Array;
  readonly #closes: Int32Array;
  readonly #feeds: Int32Array;
  /** Cycle from which each lane's rule holds, and the full queue that it was last found to wait for, -1 for none. */
  readonly #ruleSince: Int32Array;
  readonly blockedOn: Int32Array;
  readonly isFeedBlocked: Uint8Array;
  /** Kernel of each core's current stretch, -1 where a new one must begin. */
  readonly #kernels: Int32Array;
  #output = NONE;

  constructor(image: Image, poolWords: number, units: number) {
    const { fabric, cores } = image;
    this.wavelets = new Int32Array((poolWords >> 1) + 1).fill(NONE);
    this.freed = new Int32Array(poolWords).fill(NONE);
    this.#units = new Int32Array(units).fill(NONE);
    this.#cores = new Int32Array(cores.count).fill(NONE);
    this.#rules = new Int32Array(fabric.laneCount).fill(NONE);
    this.#closes = new Int32Array(fabric.laneCount).fill(NONE);
    this.#feeds = new Int32Array(fabric.streams.length);
    this.#ruleSince = new Int32Array(fabric.laneCount).fill(NONE);
    this.blockedOn = new Int32Array(fabric.laneCount).fill(NONE);
    this.isFeedBlocked = new Uint8Array(fabric.streams.length);
    this.#kernels = new Int32Array(cores.count).fill(NONE);
    for (let s = 0; s < fabric.streams.length; s++) this.#feeds[s] = this.#tree.add(NONE, 0, s, PATH_FEED, NONE);
  }

  /** The main thread executes a step that begins at `time`. */
  run(core: number, time: number, pc: number, kernel: number): void {
    if (this.#kernels[core] === kernel) return;
    this.#kernels[core] = kernel;
    this.#cores[core] = this.#tree.add(this.#cores[core]!, time, core, PATH_RUN, pc);
  }

  /** An operation is issued on a unit. */
  issue(core: number, unit: number, now: number, pc: number): void {
    this.#units[unit] = this.#tree.add(this.#cores[core]!, now, core, PATH_MOVE, pc);
  }

  /** The unit moves a wavelet in `now` after it waited: for the wavelet, or for a slot of the queue; -1 for what it had. */
  resume(core: number, unit: number, now: number, pc: number, slot: number, queue: number): void {
    const parent = slot >= 0 ? this.wavelets[slot >> 1]! : queue >= 0 ? this.freed[queue]! : NONE;
    if (parent !== NONE) this.#units[unit] = this.#tree.add(parent, now, core, PATH_MOVE, pc);
  }

  took(unit: number, input: number): void {
    this.freed[input] = this.#units[unit]!;
  }

  emitted(core: number, unit: number, now: number, pc: number, slot: number): void {
    this.wavelets[slot >> 1] = this.#tree.add(this.#units[unit]!, now, core, PATH_TRAVEL, pc);
  }

  /** The main thread goes on because the unit finished. */
  follow(core: number, unit: number): void {
    this.#cores[core] = this.#units[unit]!;
    this.#kernels[core] = NONE;
  }

  /** The main thread goes on because the lane was closed, or a slot of the queue was freed. */
  followClose(core: number, lane: number): void {
    if (this.#closes[lane] === NONE) return;
    this.#cores[core] = this.#closes[lane]!;
    this.#kernels[core] = NONE;
  }

  followFreed(core: number, queue: number): void {
    if (this.freed[queue] === NONE) return;
    this.#cores[core] = this.freed[queue]!;
    this.#kernels[core] = NONE;
  }

  /** A lane's head leaves; returns its path, which is also that of the slot it frees. */
  leave(lane: number, source: number, slot: number, now: number): number {
    let path = this.wavelets[slot >> 1]!;
    const blocked = this.blockedOn[lane]!;
    if (blocked !== NONE) {
      this.blockedOn[lane] = NONE;
      if (this.freed[blocked] !== NONE) path = this.#tree.add(this.freed[blocked]!, now, lane, PATH_SPACE, NONE);
    } else if (this.#ruleSince[lane] === now && this.#rules[lane] !== NONE) {
      path = this.#rules[lane]!;
    }
    this.freed[source] = path;
    return path;
  }

  /** A control wavelet with this path changed the lane's rule, or closed it, with effect from `since`. */
  stepped(lane: number, path: number, since: number): void {
    this.#rules[lane] = path;
    this.#ruleSince[lane] = since;
  }

  closed(lane: number, path: number): void {
    this.#closes[lane] = path;
  }

  /** A core opens a lane, or binds its queue, with effect from `now`. */
  opened(core: number, lane: number, now: number): void {
    this.stepped(lane, this.#cores[core]!, now);
  }

  bound(core: number, queue: number): void {
    this.freed[queue] = this.#cores[core]!;
  }

  fed(stream: number, now: number, queue: number, slot: number): void {
    if (this.isFeedBlocked[stream] && this.freed[queue] !== NONE) {
      this.#feeds[stream] = this.#tree.add(this.freed[queue]!, now, stream, PATH_FEED, NONE);
    }
    this.isFeedBlocked[stream] = 0;
    this.wavelets[slot >> 1] = this.#tree.add(this.#feeds[stream]!, now, -1 - stream, PATH_TRAVEL, NONE);
  }

  output(path: number): void {
    this.#output = path;
  }

  /** From cycle 0 to `cycles`, the last output. */
  segments(cycles: number): PathSegment[] {
    return cycles === 0 ? [] : this.#tree.segments(this.#output, cycles);
  }

  /** Drops nodes that nothing refers to; call it between cycles. */
  tidy(): void {
    if (!this.#tree.needsCollection) return;
    const { wavelets, freed } = this;
    const all = [wavelets, freed, this.#units, this.#cores, this.#rules, this.#closes, this.#feeds];
    this.#tree.collect((move) => {
      for (const references of all) {
        for (let i = 0; i < references.length; i++) references[i] = move(references[i]!);
      }
      this.#output = move(this.#output);
    });
  }
}
