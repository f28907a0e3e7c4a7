// Fabric operations of cores in a timing run: each moves a wavelet at the latest of one cycle after its previous move, the
// availability of the wavelet it takes and the freeing of the slot it fills. Stalls are counted as docs/program.md section 7.5
// says: first for lack of a wavelet, then for lack of a slot. Hot loops: longer functions than usual.
import type { Agenda } from "./agenda.ts";
import * as network from "./network.ts";
import type { Network } from "./network.ts";
import { PATH_MOVE, PATH_TRAVEL, type PathTree } from "../path-tree.ts";

// Bound once: an imported name may cost a call where modules are not bundled.
const { Q_PUSHED, Q_POPPED, Q_MASK, Q_DEPTH, Q_HUNGRY, Q_FULL, Q_RING } = network;
const { O_KIND, O_LEFT, O_IN, O_OUT, O_NEXT, O_CORE, O_RECV_STALL, O_SEND_STALL, O_WAVELET, O_STEP, O_PATH } = network;
const { O_TOTAL } = network;
const { O_RECEIVE, O_SEND, O_FORWARD, C_CORE } = network;
const MOVE = PATH_MOVE;
const TRAVEL = PATH_TRAVEL;

export class Operations {
  readonly #words: Int32Array;
  readonly #agenda: Agenda;
  readonly #tree: PathTree | undefined;
  /** From a push by a core until the wavelet is available in the router. */
  readonly #latency: number;
  /** Wavelets that a `send` moves between two pauses; 0 for no pauses. */
  readonly #pace: number;

  constructor({ words, image }: Network, agenda: Agenda, tree: PathTree | undefined) {
    this.#words = words;
    this.#agenda = agenda;
    this.#tree = tree;
    const { core, fabric } = image.machine;
    this.#latency = core.emitCycles + fabric.rampCycles;
    this.#pace = core.sendPauseEvery;
  }

  /** Runs an operation as far as its queues allow; true if that finished it. */
  advance(operation: number): boolean {
    const words = this.#words;
    if (words[operation + O_LEFT] === 0) return false;
    switch (words[operation + O_KIND]) {
      case O_RECEIVE:
        this.#receive(operation);
        break;
      case O_SEND:
        this.#send(operation);
        break;
      case O_FORWARD:
        this.#forward(operation);
        break;
    }
    return words[operation + O_LEFT] === 0;
  }

  #receive(operation: number): void {
    const words = this.#words;
    const from = words[operation + O_IN]!;
    const left = words[operation + O_LEFT]!;
    const popped = words[from + Q_POPPED]!;
    const available = words[from + Q_PUSHED]! - popped;
    const count = available < left ? available : left;
    if (count < left) words[from + Q_HUNGRY] = operation;
    if (count === 0) return;
    const mask = words[from + Q_MASK]!;
    const ring = from + Q_RING;
    const tree = this.#tree;
    let next = words[operation + O_NEXT]!;
    let stall = 0;
    if (tree === undefined) {
      for (let i = 0; i < count; i++) {
        const slot = ring + ((popped + i) & mask);
        const ready = words[slot]!;
        if (ready > next) {
          stall += ready - next;
          next = ready;
        }
        words[slot] = next++;
      }
    } else {
      const paths = 2 * (mask + 1);
      let path = words[operation + O_PATH]!;
      for (let i = 0; i < count; i++) {
        const slot = ring + ((popped + i) & mask);
        const ready = words[slot]!;
        if (ready > next) {
          stall += ready - next;
          next = ready;
          path = this.#node(words[slot + paths]!, next, operation);
        }
        words[slot + paths] = path;
        words[slot] = next++;
      }
      words[operation + O_PATH] = path;
    }
    words[operation + O_RECV_STALL]! += stall;
    words[operation + O_NEXT] = next;
    words[operation + O_LEFT] = left - count;
    words[from + Q_POPPED] = popped + count;
    this.#wake(from + Q_FULL);
  }

  #send(operation: number): void {
    const words = this.#words;
    const to = words[operation + O_OUT]!;
    const left = words[operation + O_LEFT]!;
    const pushed = words[to + Q_PUSHED]!;
    const depth = words[to + Q_DEPTH]!;
    const free = words[to + Q_POPPED]! + depth - pushed;
    const count = free < left ? free : left;
    if (count < left) words[to + Q_FULL] = operation;
    if (count === 0) return;
    const mask = words[to + Q_MASK]!;
    const ring = to + Q_RING;
    const kinds = mask + 1;
    const paths = 2 * kinds;
    const kind = words[operation + O_WAVELET]!;
    const latency = this.#latency;
    const tree = this.#tree;
    const pace = this.#pace;
    const moved = words[operation + O_TOTAL]! - left;
    let path = words[operation + O_PATH]!;
    let next = words[operation + O_NEXT]!;
    let stall = 0;
    for (let i = 0; i < count; i++) {
      const freed = ring + ((pushed + i - depth) & mask);
      const slotFree = words[freed]! + 1;
      if (slotFree > next) {
        stall += slotFree - next;
        next = slotFree;
        if (tree) path = this.#node(words[freed + paths]!, next, operation);
      }
      const slot = ring + ((pushed + i) & mask);
      words[slot] = next + latency;
      words[slot + kinds] = kind;
      if (tree) words[slot + paths] = this.#travel(path, next, operation);
      next++;
      if (pace > 0 && (moved + i + 1) % pace === 0 && i + 1 < left) next++;
    }
    words[operation + O_PATH] = path;
    words[operation + O_SEND_STALL]! += stall;
    words[operation + O_NEXT] = next;
    words[operation + O_LEFT] = left - count;
    words[to + Q_PUSHED] = pushed + count;
    this.#wake(to + Q_HUNGRY);
  }

  #forward(operation: number): void {
    const words = this.#words;
    const from = words[operation + O_IN]!;
    const to = words[operation + O_OUT]!;
    const left = words[operation + O_LEFT]!;
    const popped = words[from + Q_POPPED]!;
    const pushed = words[to + Q_PUSHED]!;
    const depth = words[to + Q_DEPTH]!;
    const available = words[from + Q_PUSHED]! - popped;
    const free = words[to + Q_POPPED]! + depth - pushed;
    let count = available < left ? available : left;
    if (free < count) {
      count = free;
      words[to + Q_FULL] = operation;
    } else if (count < left) {
      words[from + Q_HUNGRY] = operation;
    }
    if (count === 0) return;
    const fromMask = words[from + Q_MASK]!;
    const toMask = words[to + Q_MASK]!;
    const fromRing = from + Q_RING;
    const toRing = to + Q_RING;
    const fromPaths = 2 * (fromMask + 1);
    const toKinds = toMask + 1;
    const toPaths = 2 * toKinds;
    const latency = this.#latency;
    const tree = this.#tree;
    let path = words[operation + O_PATH]!;
    let next = words[operation + O_NEXT]!;
    let recvStall = 0;
    let sendStall = 0;
    for (let i = 0; i < count; i++) {
      const source = fromRing + ((popped + i) & fromMask);
      const freed = toRing + ((pushed + i - depth) & toMask);
      const slot = toRing + ((pushed + i) & toMask);
      const ready = words[source]!;
      if (ready > next) {
        recvStall += ready - next;
        next = ready;
        if (tree) path = this.#node(words[source + fromPaths]!, next, operation);
      }
      const slotFree = words[freed]! + 1;
      if (slotFree > next) {
        sendStall += slotFree - next;
        next = slotFree;
        if (tree) path = this.#node(words[freed + toPaths]!, next, operation);
      }
      if (tree) {
        words[source + fromPaths] = path;
        words[slot + toPaths] = this.#travel(path, next, operation);
      }
      words[source] = next;
      words[slot] = next + latency;
      words[slot + toKinds] = 0;
      next++;
    }
    words[operation + O_PATH] = path;
    words[operation + O_RECV_STALL]! += recvStall;
    words[operation + O_SEND_STALL]! += sendStall;
    words[operation + O_NEXT] = next;
    words[operation + O_LEFT] = left - count;
    words[from + Q_POPPED] = popped + count;
    words[to + Q_PUSHED] = pushed + count;
    this.#wake(from + Q_FULL);
    this.#wake(to + Q_HUNGRY);
  }

  /** The operation goes on from cycle `start` because of what `parent` says. */
  #node(parent: number, start: number, operation: number): number {
    const words = this.#words;
    const core = words[words[operation + O_CORE]! + C_CORE]!;
    return this.#tree!.add(parent, start, core, MOVE, words[operation + O_STEP]!);
  }

  /** A wavelet sets out in cycle `start`. */
  #travel(parent: number, start: number, operation: number): number {
    const words = this.#words;
    const core = words[words[operation + O_CORE]! + C_CORE]!;
    return this.#tree!.add(parent, start, core, TRAVEL, words[operation + O_STEP]!);
  }

  #wake(field: number): void {
    const words = this.#words;
    const actor = words[field]!;
    if (actor === 0) return;
    words[field] = 0;
    this.#agenda.add(actor);
  }
}
