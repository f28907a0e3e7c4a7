// Routers of a symbolic run: queues without bounds, so that every wavelet goes as far as rules let it (docs/program.md section 5).
// Assumes what engines have found legal: nothing leaves the grid but through a host stream.
import type { Entry, Program, RouterPort, Rule } from "@waferc/ir/program";
import { enumerateCores } from "@waferc/ir/program";
import type { Term } from "./term.ts";

/** Control wavelets in a queue; terms are not negative. */
export const ADVANCE = -1;
export const CLOSE = -2;

export class Fifo {
  #items: number[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: number): void {
    this.#items.push(item);
  }

  /** @returns undefined if the queue is empty */
  take(): number | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head++]!;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    }
    return item;
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

  /** Puts wavelets into a queue of the router and lets everything move. */
  push(lane: Lane, port: RouterPort, items: readonly number[]): void {
    for (const item of items) lane.queues[port].push(item);
    this.#settle([lane]);
  }

  open(lane: Lane, rules: readonly Rule[]): void {
    Object.assign(lane, { rules, position: 0, isClosed: false });
    this.#settle([lane]);
  }

  /** What has left at a port. */
  leftAt(x: number, y: number, side: RouterPort, color: number): readonly Term[] {
    return this.#left.get(`${x} ${y} ${side} ${color}`) ?? [];
  }

  #settle(pending: Lane[]): void {
    for (let lane = pending.pop(); lane; lane = pending.pop()) this.#pump(lane, pending);
  }

  #pump(lane: Lane, pending: Lane[]): void {
    while (!lane.isClosed) {
      const rule = lane.rules[lane.position];
      const item = rule && lane.queues[rule.from].take();
      if (!rule || item === undefined) return;
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
      pending.push(next);
    } else if (item >= 0) {
      const key = `${lane.x} ${lane.y} ${to} ${lane.color}`;
      const left = this.#left.get(key);
      if (left) left.push(item);
      else this.#left.set(key, [item]);
    }
  }
}

export type { Lane };
