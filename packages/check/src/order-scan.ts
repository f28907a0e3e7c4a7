/**
 * A scan of a class's code in its order that finds what may break the rules of races.ts on some core in some iteration: with ranges over the
 * class instead of values, and loops until nothing changes. What it does not suspect is proven for the class.
 */
import { colorUses, elementBytes, viewUses } from "@waferc/ir/program";
import type { Instruction, ViewUse } from "@waferc/ir/program";
import type { ClassModel, Loop, Site } from "./class-model.ts";
import { boundsOf } from "./compile-expr.ts";
import { extentWithin } from "./memory.ts";
import { isFabricOrControl } from "./token-code.ts";

export interface OrderSuspects {
  /** Sites that may break a rule. */
  readonly sites: ReadonlySet<number>;
  /** Sites whose memory has to be compared exactly. */
  readonly memory: ReadonlySet<number>;
  /** Fabric instructions that move something on all cores in all iterations, or nothing on any. */
  readonly decided: ReadonlySet<number>;
  readonly mayStayOutstanding: boolean;
  /** Whether an exact walk has to execute a site. */
  isRelevant(site: number): boolean;
}

const UNKNOWN = -2;

interface State {
  /** Actual colour by direction and queue, UNKNOWN if it depends. */
  queues: Map<string, number>;
  /** Asynchronous operations that may be outstanding. */
  outstanding: Set<number>;
}

const scanned = new WeakMap<ClassModel, OrderSuspects>();

export function scanOrder(model: ClassModel): OrderSuspects {
  let suspects = scanned.get(model);
  if (!suspects) scanned.set(model, (suspects = new OrderScan(model).scan()));
  return suspects;
}

type Sureness = "always" | "never" | "depends";

class OrderScan {
  readonly #model: ClassModel;
  readonly #sites = new Set<number>();
  readonly #memory = new Set<number>();
  readonly #decided = new Set<number>();
  readonly #sureness = new Map<number, Sureness>();
  readonly #extents = new Map<number, readonly (Extent | undefined)[]>();
  #state: State = { queues: new Map(), outstanding: new Set() };

  constructor(model: ClassModel) {
    this.#model = model;
  }

  scan(): OrderSuspects {
    const { sites } = this.#model;
    for (const site of sites) {
      const sureness = this.#surenessOf(site.instruction);
      this.#sureness.set(site.index, sureness);
      if (sureness !== "depends") this.#decided.add(site.index);
    }
    this.#visit(0, sites.length - 1);
    const isRelevant = (index: number): boolean => {
      const { instruction } = sites[index]!;
      return this.#sites.has(index) || (isFabricOrControl(instruction) && instruction.op !== "open");
    };
    return {
      sites: this.#sites,
      memory: this.#memory,
      decided: this.#decided,
      mayStayOutstanding: this.#state.outstanding.size > 0,
      isRelevant,
    };
  }

  #visit(first: number, last: number): void {
    const { sites } = this.#model;
    for (let index = first; index <= last; index++) {
      const site = sites[index]!;
      const loop = sites[index + 1]?.loops.find(({ first: own }) => own === index);
      if (!loop) this.#visitInstruction(site);
      else {
        this.#visitLoop(loop);
        index = loop.last;
      }
    }
  }

  #visitLoop(loop: Loop): void {
    const { min, max } = boundsOf(loop.count.source, this.#model.slots, this.#model.ranges);
    if (max <= 0) return;
    for (;;) {
      const entry = copyOf(this.#state);
      this.#visit(loop.first + 1, loop.last);
      const body = this.#state;
      const merged = meet(entry, body);
      if (areEqual(merged, entry)) {
        if (min <= 0) this.#state = merged;
        return;
      }
      if (max === 1) {
        if (min <= 0) this.#state = merged;
        return;
      }
      this.#state = merged;
    }
  }

  #visitInstruction(site: Site): void {
    const { index, instruction } = site;
    const { outstanding } = this.#state;
    if (instruction.op === "wait") {
      for (const other of outstanding)
        if (threadOf(this.#model.sites[other]!.instruction) === instruction.thread) outstanding.delete(other);
      return;
    }
    if (instruction.op === "bind") return this.#visitBind(site, instruction);
    if (this.#sureness.get(index) === "never") return;
    const colors = this.#colorsOf(instruction);
    for (const [direction, color] of colors) {
      const isBound = [...this.#state.queues].some(([queue, bound]) => queue.startsWith(direction) && bound === color);
      if (!isBound) this.#sites.add(index);
    }
    const thread = threadOf(instruction);
    for (const other of outstanding) {
      const theirs = this.#model.sites[other]!.instruction;
      if (thread !== undefined && threadOf(theirs) === thread) this.#sites.add(index);
      const own = this.#colorsOf(theirs);
      if (colors.some(([direction, color]) => own.some(([d, c]) => d === direction && c === color)))
        this.#sites.add(index);
      if (this.#mayMeet(index, other)) for (const suspect of [index, other]) this.#suspectMemory(suspect);
    }
    if (thread !== undefined) outstanding.add(index);
  }

  #suspectMemory(site: number): void {
    this.#sites.add(site);
    this.#memory.add(site);
  }

  #visitBind({ index }: Site, { direction, queue, color }: Extract<Instruction, { op: "bind" }>): void {
    const { queues, outstanding } = this.#state;
    const actual = this.#model.coreClass.colors[color]!;
    const slot = `${direction} ${queue}`;
    const old = queues.get(slot);
    if (old !== undefined) {
      const isUsed = [...outstanding].some((other) =>
        this.#colorsOf(this.#model.sites[other]!.instruction).some(
          ([d, c]) => d === direction && (old === UNKNOWN || c === old),
        ),
      );
      if (isUsed) this.#sites.add(index);
    }
    for (const [other, bound] of queues) {
      if (other !== slot && other.startsWith(direction) && (bound === actual || bound === UNKNOWN))
        this.#sites.add(index);
    }
    queues.set(slot, actual);
  }

  #colorsOf(instruction: Instruction): (readonly ["in" | "out", number])[] {
    return colorUses(instruction).map(
      ({ color, direction }) => [direction, this.#model.coreClass.colors[color]!] as const,
    );
  }

  /** Whether a fabric or local instruction does something. */
  #surenessOf(instruction: Instruction): Sureness {
    const { slots, ranges } = this.#model;
    const [use] = viewUses(instruction);
    const counts = use ? use.view.dims.map(({ count }) => count) : [];
    if ("count" in instruction && instruction.count !== undefined && instruction.op !== "repeat")
      counts.push(instruction.count);
    const bounds = counts.map((count) => boundsOf(count, slots, ranges));
    if (bounds.some(({ max }) => max <= 0)) return "never";
    return bounds.every(({ min }) => min > 0) ? "always" : "depends";
  }

  #mayMeet(a: number, b: number): boolean {
    const [left, right] = [this.#extentsOf(a), this.#extentsOf(b)];
    return left.some((mine) =>
      right.some(
        (theirs) =>
          mine && theirs && (mine.writes || theirs.writes) && mine.first <= theirs.last && theirs.first <= mine.last,
      ),
    );
  }

  /** Bytes that the views of a site may touch. */
  #extentsOf(site: number): readonly (Extent | undefined)[] {
    let extents = this.#extents.get(site);
    if (!extents) {
      extents = viewUses(this.#model.sites[site]!.instruction).map((use) => this.#extentOf(use));
      this.#extents.set(site, extents);
    }
    return extents;
  }

  #extentOf({ view, access }: ViewUse): Extent | undefined {
    const { address, elements, type } = this.#model.code.buffers[view.buffer]!;
    const { first, last } = extentWithin(this.#model, view, this.#model.ranges);
    if (last < first) return undefined;
    // Inside of the buffer, which memory.ts judges.
    const bytes = elementBytes(type);
    return {
      first: address + bytes * Math.max(0, first),
      last: address + bytes * Math.min(elements, last + 1) - 1,
      writes: access !== "read",
    };
  }
}

interface Extent {
  readonly first: number;
  readonly last: number;
  readonly writes: boolean;
}

function threadOf(instruction: Instruction): number | undefined {
  return "thread" in instruction ? instruction.thread : undefined;
}

function copyOf({ queues, outstanding }: State): State {
  return { queues: new Map(queues), outstanding: new Set(outstanding) };
}

function meet(a: State, b: State): State {
  const queues = new Map<string, number>();
  for (const slot of new Set([...a.queues.keys(), ...b.queues.keys()])) {
    const [left, right] = [a.queues.get(slot), b.queues.get(slot)];
    queues.set(slot, left !== undefined && left === right ? left : UNKNOWN);
  }
  return { queues, outstanding: new Set([...a.outstanding, ...b.outstanding]) };
}

function areEqual(a: State, b: State): boolean {
  if (a.queues.size !== b.queues.size || a.outstanding.size !== b.outstanding.size) return false;
  return (
    [...a.queues].every(([slot, color]) => b.queues.get(slot) === color) &&
    [...a.outstanding].every((site) => b.outstanding.has(site))
  );
}
