// Routers of a symbolic run: queues without bounds, so that every wavelet goes as far as rules let it (docs/program.md section 5).
// Assumes what engines have found legal: nothing leaves the grid but through a host stream.
import type { Entry, Program, RouterPort, Rule } from "@waferc/ir/program";
import { enumerateCores } from "@waferc/ir/program";
import { Pairs } from "./pairs.ts";
import type { Term } from "./term.ts";

/** Control wavelets in a queue; terms are not negative. */
export const ADVANCE = -1;
export const CLOSE = -2;

const FIRST_CAPACITY = 16;

export class Fifo {
  #items = new Float64Array(FIRST_CAPACITY);
  #head = 0;
  #tail = 0;

  get isEmpty(): boolean {
    return this.#head === this.#tail;
  }

  push(item: number): void {
    if (this.#tail === this.#items.length) this.#makeRoom();
    this.#items[this.#tail++] = item;
  }

  /** Of a queue that is not empty. */
  take(): number {
    const item = this.#items[this.#head++]!;
    if (this.isEmpty) this.#head = this.#tail = 0;
    return item;
  }

  #makeRoom(): void {
    const rest = this.#items.subarray(this.#head, this.#tail);
    const items = rest.length > this.#items.length / 2 ? new Float64Array(this.#items.length * 2) : this.#items;
    items.set(rest);
    this.#items = items;
    this.#tail -= this.#head;
    this.#head = 0;
  }
}

const STEPS = { north: [0, -1], east: [1, 0], south: [0, 1], west: [-1, 0] } as const;
const OPPOSITE = { north: "south", east: "west", south: "north", west: "east" } as const;

/** One colour at one router. */
interface Lane {
  readonly x: number;
  readonly y: number;
  readonly color: number;
  rules: readonly Rule[];
  position: number;
  isClosed: boolean;
  readonly queues: Readonly<Record<RouterPort, Fifo>>;
  readonly toCore: Fifo;
}

export class SymbolicFabric {
  readonly #width: number;
  readonly #height: number;
  readonly #lanes = new Map<number, Lane>();
  /** Terms that left the grid, by place, side and colour. */
  readonly #left = new Map<string, Term[]>();
  readonly pairs = new Pairs();
  /** Wavelets that moved. */
  moves = 0;

  constructor({ machine }: Program, entry: Entry) {
    this.#width = machine.width;
    this.#height = machine.height;
    for (const { color, cores, rules, position, closed } of entry.routes) {
      for (const { x, y } of enumerateCores(cores)) {
        Object.assign(this.lane(x, y, color), { rules, position, isClosed: closed });
      }
    }
  }

  lane(x: number, y: number, color: number): Lane {
    const key = (y * this.#width + x) * 64 + color;
    let lane = this.#lanes.get(key);
    if (!lane) {
      const queues = { north: new Fifo(), east: new Fifo(), south: new Fifo(), west: new Fifo(), ramp: new Fifo() };
      lane = { x, y, color, rules: [], position: 0, isClosed: true, queues, toCore: new Fifo() };
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  /** Lets everything move that can since something was put into a queue of the lane. */
  settle(lane: Lane): void {
    const pending = [lane];
    for (let next = pending.pop(); next; next = pending.pop()) this.#pump(next, pending);
  }

  open(lane: Lane, rules: readonly Rule[]): void {
    Object.assign(lane, { rules, position: 0, isClosed: false });
    this.settle(lane);
  }

  /** What has left at a port. */
  leftAt(x: number, y: number, side: RouterPort, color: number): readonly Term[] {
    return this.#left.get(`${x} ${y} ${side} ${color}`) ?? [];
  }

  #pump(lane: Lane, pending: Lane[]): void {
    while (!lane.isClosed) {
      const rule = lane.rules[lane.position];
      const queue = rule && lane.queues[rule.from];
      if (!rule || !queue || queue.isEmpty) return;
      const item = queue.take();
      this.moves++;
      for (const to of rule.to) this.#deliver(lane, to, item, pending);
      if (item >= 0 || rule.transit) continue;
      if (item === CLOSE) lane.isClosed = true;
      else lane.position = (lane.position + 1) % lane.rules.length;
    }
  }

  #deliver(lane: Lane, to: RouterPort, item: number, pending: Lane[]): void {
    if (to === "ramp") {
      if (item >= 0) lane.toCore.push(item);
      return;
    }
    const [x, y] = [lane.x + STEPS[to][0], lane.y + STEPS[to][1]];
    if (x >= 0 && y >= 0 && x < this.#width && y < this.#height) {
      const next = this.lane(x, y, lane.color);
      next.queues[OPPOSITE[to]].push(item);
      if (pending[pending.length - 1] !== next) pending.push(next);
    } else if (item >= 0) {
      const key = `${lane.x} ${lane.y} ${to} ${lane.color}`;
      const left = this.#left.get(key);
      if (left) left.push(item);
      else this.#left.set(key, [item]);
    }
  }
}

export type { Lane };
