/**
 * A class as the rules see it: its code's instructions in code order with the loops around them, a number ("slot") for every variable,
 * the values of x, y and parameters on each core, and ranges of all variables over the class. Rules work on classes and fall
 * back to groups of cores that have the same values of what matters.
 */
import { enumerateCores } from "@waferc/ir/program";
import type { Code, CoreClass, Entry, Expr, Instruction } from "@waferc/ir/program";
import { boundsOf, compileExpr, valueInRange } from "./compile-expr.ts";
import type { CompiledExpr, SlotRanges } from "./compile-expr.ts";
import { classEntity, codeEntity } from "./findings.ts";

export interface Loop {
  readonly slot: number;
  readonly count: CompiledExpr;
  /** Index of the `repeat` and of the last instruction in it. */
  readonly first: number;
  readonly last: number;
}

/** An instruction in its place. */
export interface Site {
  /** Position in code order, a `repeat` before its body. */
  readonly index: number;
  readonly instruction: Instruction;
  readonly path: readonly number[];
  /** Loops around it, outermost first. */
  readonly loops: readonly Loop[];
}

/** Cores that agree on some variables: for each core its group, for each group one of its cores. */
export interface CoreGroups {
  readonly of: Int32Array;
  readonly representatives: readonly number[];
}

export interface ClassModel {
  readonly entry: Entry;
  readonly code: Code;
  readonly coreClass: CoreClass;
  readonly entity: string;
  readonly codeEntity: string;
  readonly slots: ReadonlyMap<string, number>;
  /** Slots below are x, y and parameters; from here to `firstLoopSlot` are step scalars. */
  readonly firstStepSlot: number;
  readonly firstLoopSlot: number;
  readonly slotCount: number;
  readonly xs: Int32Array;
  readonly ys: Int32Array;
  /** Slot s of core i is frames[i * slotCount + s]; step scalars have their minimum, loop variables 0. */
  readonly frames: Int32Array;
  readonly ranges: SlotRanges;
  readonly sites: readonly Site[];
  /** Parameters whose expression leaves 32 bits, with a core where it does. */
  readonly badParams: readonly { readonly name: string; readonly core: number }[];
  compile(expr: Expr): CompiledExpr;
  groups(slots: readonly number[]): CoreGroups;
}

export function modelClass(entry: Entry, coreClass: CoreClass): ClassModel | undefined {
  const code = entry.codes[coreClass.code];
  return code && new Model(entry, code, coreClass);
}

class Model implements ClassModel {
  readonly entry: Entry;
  readonly code: Code;
  readonly coreClass: CoreClass;
  readonly entity: string;
  readonly codeEntity: string;
  readonly slots = new Map<string, number>([
    ["x", 0],
    ["y", 1],
  ]);
  readonly firstStepSlot: number;
  readonly firstLoopSlot: number;
  readonly xs: Int32Array;
  readonly ys: Int32Array;
  readonly frames: Int32Array;
  readonly ranges: SlotRanges;
  readonly sites: readonly Site[];
  readonly badParams: { name: string; core: number }[] = [];
  readonly #compiled = new Map<Expr, CompiledExpr>();
  readonly #groups = new Map<string, CoreGroups>();

  constructor(entry: Entry, code: Code, coreClass: CoreClass) {
    this.entry = entry;
    this.code = code;
    this.coreClass = coreClass;
    this.entity = classEntity(entry, coreClass);
    this.codeEntity = codeEntity(entry, code);
    for (const name of code.params) this.slots.set(name, this.slots.size);
    this.firstStepSlot = this.slots.size;
    for (const { name } of entry.steps) this.slots.set(name, this.slots.size);
    this.firstLoopSlot = this.slots.size;
    this.sites = this.#collectSites(code.body, [], []);
    const cores = [...enumerateCores(coreClass.cores)];
    this.xs = Int32Array.from(cores, ({ x }) => x);
    this.ys = Int32Array.from(cores, ({ y }) => y);
    this.frames = this.#makeFrames();
    this.ranges = this.#makeRanges();
  }

  get slotCount(): number {
    return this.slots.size;
  }

  compile(expr: Expr): CompiledExpr {
    let compiled = this.#compiled.get(expr);
    if (!compiled) this.#compiled.set(expr, (compiled = compileExpr(expr, this.slots)));
    return compiled;
  }

  groups(slots: readonly number[]): CoreGroups {
    const own = slots.filter((slot) => slot < this.firstStepSlot);
    const key = own.join();
    let groups = this.#groups.get(key);
    if (!groups) this.#groups.set(key, (groups = this.#group(own)));
    return groups;
  }

  #collectSites(body: readonly Instruction[], path: readonly number[], loops: readonly Loop[]): Site[] {
    const sites: Site[] = [];
    const collect = (instructions: readonly Instruction[], at: readonly number[], around: readonly Loop[]): void => {
      for (const [i, instruction] of instructions.entries()) {
        const site = { index: sites.length, instruction, path: [...at, i], loops: around };
        sites.push(site);
        if (instruction.op !== "repeat") continue;
        const slot = this.slots.size;
        const count = this.compile(instruction.count);
        this.slots.set(instruction.variable, slot);
        const loop = { slot, count, first: site.index, last: site.index };
        collect(instruction.body, site.path, [...around, loop]);
        loop.last = sites.length - 1;
      }
    };
    collect(body, path, loops);
    return sites;
  }

  #makeFrames(): Int32Array {
    const { slotCount, xs, ys } = this;
    const frames = new Int32Array(xs.length * slotCount);
    for (let i = 0; i < xs.length; i++) {
      frames[i * slotCount] = xs[i]!;
      frames[i * slotCount + 1] = ys[i]!;
    }
    for (const [p, param] of this.coreClass.params.entries()) {
      const slot = 2 + p;
      if (slot >= this.firstStepSlot) continue;
      for (let i = 0; i < xs.length; i++) {
        const base = i * slotCount;
        const value =
          param.kind === "table" ? (param.values[i] ?? 0) : valueInRange(param.expr, this.slots, frames, base);
        if (Number.isNaN(value)) this.badParams.push({ name: this.code.params[p] ?? "", core: i });
        frames[base + slot] = value;
      }
    }
    for (const [s, { min }] of this.entry.steps.entries()) {
      for (let i = 0; i < xs.length; i++) frames[i * slotCount + this.firstStepSlot + s] = min;
    }
    return frames;
  }

  #makeRanges(): SlotRanges {
    const { slotCount, frames, xs } = this;
    const low = new Float64Array(slotCount);
    const high = new Float64Array(slotCount);
    for (let s = 0; s < this.firstStepSlot; s++) {
      let [min, max] = [Infinity, -Infinity];
      for (let i = 0; i < xs.length; i++) {
        const value = frames[i * slotCount + s]!;
        min = Math.min(min, value);
        max = Math.max(max, value);
      }
      low[s] = xs.length > 0 ? min : 0;
      high[s] = xs.length > 0 ? max : 0;
    }
    for (const [s, step] of this.entry.steps.entries()) {
      low[this.firstStepSlot + s] = step.min;
      high[this.firstStepSlot + s] = step.max;
    }
    const ranges = { low, high };
    for (const { instruction, index } of this.sites) {
      if (instruction.op !== "repeat") continue;
      const slot = this.sites[index + 1]?.loops.find((loop) => loop.first === index)?.slot;
      if (slot !== undefined) high[slot] = Math.max(0, boundsOf(instruction.count, this.slots, ranges).max - 1);
    }
    return ranges;
  }

  #group(slots: readonly number[]): CoreGroups {
    const { frames, slotCount, ranges, xs } = this;
    const of = new Int32Array(xs.length);
    const representatives: number[] = [];
    const seen = new Map<number | string, number>();
    const spans = slots.map((slot) => ranges.high[slot]! - ranges.low[slot]! + 1);
    const isDense = spans.reduce((product, span) => product * span, 1) < Number.MAX_SAFE_INTEGER;
    for (let i = 0; i < xs.length; i++) {
      let key: number | string = isDense ? 0 : "";
      for (const [k, slot] of slots.entries()) {
        const value = frames[i * slotCount + slot]!;
        key = typeof key === "number" ? key * spans[k]! + value - ranges.low[slot]! : `${key},${value}`;
      }
      let group = seen.get(key);
      if (group === undefined) {
        group = representatives.length;
        seen.set(key, group);
        representatives.push(i);
      }
      of[i] = group;
    }
    return { of, representatives };
  }
}
