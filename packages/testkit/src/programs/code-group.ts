// A code of a random program while it grows: the cores that will run it, formal colours and parameters with their actual
// value on each core, buffers, and claims of asynchronous operations on them. Classes fall out at the end: cores with equal
// colours are one class (`random-program.ts`).
import type { Rng } from "@waferc/base";
import type { Binding, ElementType, Expr, Instruction, Interval } from "@waferc/ir/program";

export interface BufferPlan {
  readonly name: string;
  readonly type: ElementType;
  readonly elements: number;
  readonly persistent: boolean;
  /** Several entries have it, at one address: these buffers come first in every code. */
  readonly isShared: boolean;
  /** Buffers of one phase share addresses with those of other phases; undefined for a buffer that lives always. */
  readonly phase: number | undefined;
}

/** A 1-D view with stride 2 at a constant offset: what lies between its elements is free. */
export interface Stripe {
  readonly offset: number;
  readonly count: Expr;
  readonly max: number;
}

export interface Claim {
  readonly thread: number;
  readonly buffer: number;
  readonly access: "read" | "write";
  /** Cores that have not waited yet. */
  readonly cores: Set<number>;
  readonly stripe: Stripe | undefined;
}

export interface LoopScope {
  readonly variable: string;
  /** Largest value of the variable. */
  readonly max: number;
}

interface Formal {
  readonly name: string;
  readonly actual: Map<number, number>;
}

interface Param {
  readonly name: string;
  readonly values: ReadonlyMap<number, number>;
  readonly range: Interval;
}

export interface CodeGroupOptions {
  readonly name: string;
  readonly cores: readonly number[];
  readonly width: number;
  readonly steps: ReadonlyMap<string, Interval>;
  /** Persistent buffers of all entries. Where there are any, codes have none of their own, which another entry would overwrite. */
  readonly shared: readonly BufferPlan[];
}

export class CodeGroup {
  readonly name: string;
  /** As `y * width + x`, ascending. */
  readonly cores: readonly number[];
  readonly width: number;
  readonly formals: Formal[] = [];
  readonly params: Param[] = [];
  readonly buffers: BufferPlan[] = [];
  readonly bindings: Binding[] = [];
  readonly loops: LoopScope[] = [];
  claims: Claim[] = [];
  phase = 0;
  kernel = 0;
  readonly #mayPersist: boolean;
  readonly #bodies: Instruction[][] = [[]];
  /** Ranges of x, y and step scalars. */
  readonly #fixedRanges: ReadonlyMap<string, Interval>;
  #variables = 0;

  constructor({ name, cores, width, steps, shared }: CodeGroupOptions) {
    this.name = name;
    this.#mayPersist = shared.length === 0;
    this.buffers.push(...shared);
    this.cores = [...cores].sort((a, b) => a - b);
    this.width = width;
    this.#fixedRanges = new Map([
      ...steps,
      ["x", this.#rangeOf((core) => core % width)],
      ["y", this.#rangeOf((core) => Math.floor(core / width))],
    ]);
  }

  get body(): readonly Instruction[] {
    return this.#bodies[0] ?? [];
  }

  push(instruction: Instruction): void {
    this.#bodies.at(-1)?.push(instruction);
  }

  /** What `emit` appends stands before every loop that is open. */
  atTop(emit: () => void): void {
    const bodies = this.#bodies.splice(1);
    const loops = this.loops.splice(0);
    emit();
    this.#bodies.push(...bodies);
    this.loops.push(...loops);
  }

  beginLoop(max: number): LoopScope {
    const scope = { variable: `v${this.#variables++}`, max };
    this.loops.push(scope);
    this.#bodies.push([]);
    return scope;
  }

  /** Ends the innermost loop. A loop with nothing in it leaves no trace. */
  endLoop(count: Expr): void {
    const scope = this.loops.pop();
    const body = this.#bodies.pop();
    if (!scope || !body || body.length === 0) return;
    this.push({ op: "repeat", kernel: this.kernel, variable: scope.variable, count, body });
  }

  /** The formal colour that is bound to these colours on these cores. `isMixed` lets one formal stand for several colours. */
  colorOperand(colors: ReadonlyMap<number, number>, isMixed: boolean): number {
    const distinct = new Set(colors.values());
    const isFit = (formal: Formal) =>
      [...colors].every(([core, color]) => (formal.actual.get(core) ?? color) === color) &&
      (isMixed || [...formal.actual.values()].every((color) => distinct.has(color)));
    let formal = this.formals.find(isFit);
    if (!formal) {
      formal = { name: `c${this.formals.length}`, actual: new Map() };
      this.formals.push(formal);
    }
    for (const [core, color] of colors) formal.actual.set(core, color);
    return this.formals.indexOf(formal);
  }

  /** A formal parameter with these values, 0 where none is given. */
  param(values: ReadonlyMap<number, number>): string {
    const same = this.params.find((p) => this.cores.every((c) => (p.values.get(c) ?? 0) === (values.get(c) ?? 0)));
    if (same) return same.name;
    const name = `p${this.params.length}`;
    this.params.push({ name, values, range: this.#rangeOf((core) => values.get(core) ?? 0) });
    return name;
  }

  addBuffer(rng: Rng, type: ElementType, elements: number, isLasting = false): number {
    const persistent = this.#mayPersist && rng.chance(0.1);
    const phase = persistent || isLasting || rng.chance(0.4) ? undefined : this.phase;
    this.buffers.push({ name: `b${this.buffers.length}`, type, elements, persistent, isShared: false, phase });
    return this.buffers.length - 1;
  }

  /** Buffers that may be accessed whole at this point of the code. */
  usableBuffers(type: ElementType, access: "read" | "write"): number[] {
    return [...this.buffers.keys()].filter((index) => {
      const buffer = this.buffers[index];
      if (buffer?.type !== type || (buffer.phase !== undefined && buffer.phase !== this.phase)) return false;
      return !this.claims.some((claim) => claim.buffer === index && (access === "write" || claim.access === "write"));
    });
  }

  /** Buffers of the current phase are not used any more. Only outside of loops and with no operation outstanding. */
  nextPhase(): void {
    if (this.loops.length === 0 && this.claims.length === 0) this.phase++;
  }

  release(thread: number, cores: Iterable<number>): void {
    for (const core of cores) {
      for (const claim of this.claims) if (claim.thread === thread) claim.cores.delete(core);
    }
    this.claims = this.claims.filter((claim) => claim.cores.size > 0);
  }

  /** Inclusive ranges of everything that an instruction's expression may read here. */
  ranges(): Map<string, Interval> {
    const ranges = new Map<string, Interval>(this.#fixedRanges);
    for (const { name, range } of this.params) ranges.set(name, range);
    for (const { variable, max } of this.loops) ranges.set(variable, { min: 0, max });
    return ranges;
  }

  #rangeOf(valueAt: (core: number) => number): Interval {
    const values = this.cores.map(valueAt);
    return { min: Math.min(...values), max: Math.max(...values) };
  }
}
