// State of a timing run in one Int32Array: a record for each queue, lane, fabric operation, core and host stream. One array
// keeps what an actor touches in few cache lines and lets a record be named by the word where it begins. Times are cycles; a
// ring slot of a queue holds the cycle from which its wavelet is available, and after the pop the cycle of the pop, so that the
// producer of the wavelet `depth` later finds there when its slot became free.
import type { Image } from "../image.ts";
import { PORT } from "../image/fabric.ts";

/** Later than any cycle: an unbound queue, a lane that is not open. */
export const NEVER = 0x7fffffff;

// Queue. Rings follow the record: times, then kinds of wavelet, then (when a path is wanted) path nodes.
export const Q_PUSHED = 0;
export const Q_POPPED = 1;
export const Q_MASK = 2;
export const Q_DEPTH = 3;
/** Actor to wake at the next push, and at the next pop; 0 for none. */
export const Q_HUNGRY = 4;
export const Q_FULL = 5;
/** First cycle in which the core can use the queue; NEVER while it is not bound. 0 for queues between routers. */
export const Q_BOUND = 6;
/** Outstanding asynchronous operation of the core on this queue; 0 for none. */
export const Q_BUSY = 7;
/** Path node of the `bind` that set Q_BOUND. */
export const Q_BOUND_PATH = 8;
/** Number of the queue in the image. */
export const Q_QUEUE = 9;
export const Q_RING = 10;

// Every actor begins with these two.
export const A_TYPE = 0;
export const A_QUEUED = 1;
export const LANE = 0;
export const OPERATION = 1;
export const CORE = 2;
export const FEED = 3;

// Lane: a colour at a router.
/** Queue of the current rule's source port; 0 while closed or where that port cannot be fed. */
export const L_SOURCE = 2;
/** Earliest cycle of the next pop. */
export const L_NEXT = 3;
export const L_DESTS = 4;
/** Up to four destinations: queue, NOWHERE, or -2 - stream. Ramp is last. */
export const L_DEST = 5;
/** 1 if the last destination is the ramp. */
export const L_RAMP = 9;
export const L_RULES = 10;
export const L_POSITION = 11;
export const L_IS_OPEN = 12;
/** First cycle at whose start the lane is closed. */
export const L_CLOSED = 13;
/** Number of the lane in the image. */
export const L_LANE = 14;
/** Core whose main thread waits for this lane to close; 0 for none. */
export const L_CLOSE_WAITER = 15;
export const L_PATH = 16;
export const L_LINKS = 17;
/** 1 if control wavelets can come here. */
export const L_CONTROL = 18;
export const L_TRANSIT = 19;
/** 1 if a destination of the current rule is a host port or nowhere. */
export const L_HOST = 20;
export const L_WORDS = 21;
export const NOWHERE = -1;

// Fabric operation of a core: record 0 of a core is the main thread's, then one for each microthread.
export const O_KIND = 2;
export const O_LEFT = 3;
export const O_IN = 4;
export const O_OUT = 5;
/** Earliest cycle of the next move; the cycle after the last one when nothing is left. */
export const O_NEXT = 6;
export const O_CORE = 7;
export const O_RECV_STALL = 8;
export const O_SEND_STALL = 9;
export const O_WAVELET = 10;
/** 1 from issue to the completed `wait`. */
export const O_HELD = 11;
export const O_STEP = 12;
export const O_PATH = 13;
/** Wavelets of the instruction. */
export const O_TOTAL = 14;
export const O_WORDS = 16;
export const O_IDLE = 0;
export const O_RECEIVE = 1;
export const O_SEND = 2;
export const O_FORWARD = 3;

// Core: its main thread.
export const C_PC = 2;
export const C_TIME = 3;
export const C_ROW = 4;
export const C_FRAME = 5;
export const C_CODE = 6;
export const C_STATE = 7;
export const C_OPERATIONS = 8;
export const C_CORE = 9;
/** First of the queue records bound by input queue, then by output queue; 0 for none. */
export const C_BOUND = 10;
export const C_BUSY = 11;
export const C_PATH = 12;
export const C_KERNEL = 13;
export const C_WORDS = 16;
export const RUNNING = 0;
export const IN_OPERATION = 1;
export const IN_WAIT = 2;
export const IN_BIND = 3;
export const IN_OPEN = 4;
export const ENDED = 5;

// Host stream that feeds the wafer.
export const F_LEFT = 2;
export const F_QUEUE = 3;
export const F_NEXT = 4;
export const F_PATH = 5;
export const F_WORDS = 8;

export interface Network {
  readonly image: Image;
  readonly words: Int32Array;
  readonly queues: Int32Array;
  readonly lanes: Int32Array;
  readonly cores: Int32Array;
  /** Record of each `in` stream; 0 for `out` streams. */
  readonly feeds: Int32Array;
  readonly operationCount: number;
  /** Words from the times of a ring to its kinds and to its paths are this many times its length. */
  readonly ringPlanes: number;
  /** Destination of a wavelet that leaves a lane by a port. */
  destination(lane: number, port: number): number;
}

/** Allocates and initialises all records; `withPaths` adds a ring of path nodes to every queue. */
export function buildNetwork(image: Image, withPaths: boolean): Network {
  return new NetworkBuilder(image, withPaths).build();
}

class NetworkBuilder {
  readonly #image: Image;
  readonly #planes: number;
  #end = 8;

  constructor(image: Image, withPaths: boolean) {
    this.#image = image;
    this.#planes = withPaths ? 3 : 2;
  }

  build(): Network {
    const { fabric, cores, codes, machine } = this.#image;
    const queues = Int32Array.from({ length: fabric.queueCount }, (_, q) => {
      return this.#take(Q_RING + ringLength(depthOf(this.#image, q)) * this.#planes);
    });
    const lanes = Int32Array.from({ length: fabric.laneCount }, () => this.#take(L_WORDS));
    const bindings = machine.core.inputQueues + machine.core.outputQueues;
    let operationCount = 0;
    const coreRecords = Int32Array.from({ length: cores.count }, (_, k) => {
      const operations = 1 + codes[cores.codeOf[k]!]!.threads;
      operationCount += operations;
      return this.#take(C_WORDS + operations * O_WORDS + bindings);
    });
    const feeds = Int32Array.from(fabric.streams, ({ stream }) => {
      return stream.direction === "in" ? this.#take(F_WORDS) : 0;
    });
    const words = new Int32Array(this.#end);
    this.#fillQueues(words, queues);
    this.#fillLanes(words, lanes);
    this.#fillCores(words, coreRecords);
    this.#fillFeeds(words, feeds, queues);
    return {
      image: this.#image,
      words,
      queues,
      lanes,
      cores: coreRecords,
      feeds,
      operationCount,
      ringPlanes: this.#planes,
      destination: destinations(this.#image, queues),
    };
  }

  #take(count: number): number {
    const at = this.#end;
    this.#end += count;
    return at;
  }

  #fillQueues(words: Int32Array, queues: Int32Array): void {
    queues.forEach((at, q) => {
      const depth = depthOf(this.#image, q);
      const port = this.#image.fabric.queuePort[q]!;
      words[at + Q_MASK] = ringLength(depth) - 1;
      words[at + Q_DEPTH] = depth;
      words[at + Q_QUEUE] = q;
      words[at + Q_BOUND_PATH] = -1;
      words[at + Q_BOUND] = port === PORT.core || port === PORT.ramp ? NEVER : 0;
      const length = ringLength(depth);
      words.fill(-1, at + Q_RING, at + Q_RING + length);
      words.fill(-1, at + Q_RING + 2 * length, at + Q_RING + this.#planes * length);
    });
  }

  #fillLanes(words: Int32Array, lanes: Int32Array): void {
    const { fabric } = this.#image;
    lanes.forEach((at, lane) => {
      words[at + A_TYPE] = LANE;
      words[at + L_LANE] = lane;
      words[at + L_RULES] = fabric.laneRules[lane]!;
      words[at + L_POSITION] = fabric.lanePosition[lane]!;
      words[at + L_IS_OPEN] = fabric.laneClosed[lane] ? 0 : 1;
      words[at + L_PATH] = -1;
    });
  }

  #fillCores(words: Int32Array, records: Int32Array): void {
    const { cores, codes } = this.#image;
    records.forEach((at, k) => {
      const operations = 1 + codes[cores.codeOf[k]!]!.threads;
      words[at + A_TYPE] = CORE;
      words[at + C_CORE] = k;
      words[at + C_CODE] = cores.codeOf[k]!;
      words[at + C_OPERATIONS] = at + C_WORDS;
      words[at + C_BOUND] = at + C_WORDS + operations * O_WORDS;
      words[at + C_PATH] = -1;
      words[at + C_KERNEL] = -1;
      for (let o = 0; o < operations; o++) {
        words[at + C_WORDS + o * O_WORDS + A_TYPE] = OPERATION;
        words[at + C_WORDS + o * O_WORDS + O_CORE] = at;
      }
    });
  }

  #fillFeeds(words: Int32Array, feeds: Int32Array, queues: Int32Array): void {
    this.#image.fabric.streams.forEach(({ queue, wavelets }, s) => {
      const at = feeds[s]!;
      if (at === 0) return;
      words[at + A_TYPE] = FEED;
      words[at + F_LEFT] = wavelets;
      words[at + F_QUEUE] = queues[queue]!;
      words[at + F_PATH] = -1;
    });
  }
}

/** Records of the queues that lanes send to, instead of their numbers. */
function destinations(image: Image, queues: Int32Array): Network["destination"] {
  return (lane, port) => {
    const destination = image.fabric.destination(lane, port);
    return destination >= 0 ? queues[destination]! : destination;
  };
}

function depthOf(image: Image, queue: number): number {
  const { linkQueueDepth, inputQueueDepth, outputQueueDepth } = image.machine.fabric;
  const port = image.fabric.queuePort[queue]!;
  if (port === PORT.core) return inputQueueDepth;
  return port === PORT.ramp ? outputQueueDepth : linkQueueDepth;
}

/** Rings are masked, so their length is a power of two. */
function ringLength(depth: number): number {
  let length = 1;
  while (length < depth) length *= 2;
  return length;
}
