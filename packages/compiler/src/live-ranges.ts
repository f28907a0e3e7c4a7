/**
 * When each buffer of a core's code is in use (docs/program.md section 9), as intervals of instruction positions in code order; a `repeat` has
 * a position before those of its body. Ranges are never shorter than the rule asks, and longer in two cases: a buffer that a loop shares with
 * code outside of it lives through the whole loop, because the next iteration may need what this one left; and what an asynchronous
 * operation uses lives until its `wait`.
 */
import { viewUses } from "@waferc/ir/program";
import type { Instruction } from "@waferc/ir/program";

/** Positions from `first` to `last`, both included. */
export interface LiveRange {
  readonly first: number;
  readonly last: number;
}

/** A buffer that nothing touches. */
export const NEVER: LiveRange = { first: 0, last: -1 };

interface Access {
  readonly position: number;
  /** Whether it needs what was there before. */
  readonly reads: boolean;
}

/** A body: the accesses of each buffer in its own instructions, and its loops, in code order. */
interface Scope {
  readonly first: number;
  last: number;
  readonly accesses: Map<number, Access[]>;
  readonly loops: Scope[];
}

/** @param resident buffers that hold a value before the first instruction */
export function liveRanges(
  buffers: number,
  body: readonly Instruction[],
  resident: ReadonlySet<number>,
): readonly LiveRange[] {
  const root = new Walk().scope(body);
  return Array.from({ length: buffers }, (_, buffer) => {
    const use = useIn(root, buffer);
    if (use === undefined) return resident.has(buffer) ? { first: 0, last: 0 } : NEVER;
    // SRAM starts as zero: what is read before it is written has a value from the start.
    return resident.has(buffer) || use.reads ? { ...use.range, first: 0 } : use.range;
  });
}

class Walk {
  #position = 0;
  readonly #pending = new Map<number, Set<number>>();

  scope(body: readonly Instruction[]): Scope {
    const scope: Scope = { first: this.#position, last: this.#position, accesses: new Map(), loops: [] };
    for (const instruction of body) {
      scope.last = this.#position;
      if (instruction.op === "repeat") {
        this.#position += 1;
        const inner = this.scope(instruction.body);
        scope.loops.push({ ...inner, first: inner.first - 1 });
      } else {
        this.#note(instruction, scope);
        this.#position += 1;
      }
      scope.last = this.#position - 1;
    }
    return scope;
  }

  #note(instruction: Instruction, scope: Scope): void {
    if (instruction.op === "wait") {
      for (const buffer of this.#pending.get(instruction.thread) ?? []) this.#add(scope, buffer, false);
      this.#pending.delete(instruction.thread);
    }
    for (const { view, access } of viewUses(instruction)) {
      this.#add(scope, view.buffer, access !== "write");
      if ("thread" in instruction && instruction.thread !== undefined) {
        const held = this.#pending.get(instruction.thread) ?? new Set<number>();
        this.#pending.set(instruction.thread, held.add(view.buffer));
      }
    }
  }

  /** Sources are read before the destination is written, so a read in the same instruction counts as the first access. */
  #add(scope: Scope, buffer: number, reads: boolean): void {
    const accesses = scope.accesses.get(buffer) ?? [];
    scope.accesses.set(buffer, accesses);
    const last = accesses.at(-1);
    if (last?.position === this.#position) accesses.pop();
    accesses.push({ position: this.#position, reads: reads || (last?.position === this.#position && last.reads) });
  }
}

interface Use {
  readonly range: LiveRange;
  /** Whether the first access in code order reads. */
  readonly reads: boolean;
}

function useIn(scope: Scope, buffer: number): Use | undefined {
  const own = scope.accesses.get(buffer) ?? [];
  const inLoops = scope.loops.flatMap((loop) => {
    const use = useIn(loop, buffer);
    return use === undefined ? [] : [{ loop, use }];
  });
  const [only] = inLoops;
  if (own.length === 0 && inLoops.length === 1 && only !== undefined) {
    return only.use.reads ? { range: wholeOf(only.loop), reads: true } : only.use;
  }
  const uses: Use[] = [
    ...own.map(({ position, reads }) => ({ range: { first: position, last: position }, reads })),
    ...inLoops.map(({ loop, use }) => ({ range: wholeOf(loop), reads: use.reads })),
  ].sort((a, b) => a.range.first - b.range.first);
  const first = uses[0];
  if (first === undefined) return undefined;
  return {
    range: { first: first.range.first, last: Math.max(...uses.map(({ range }) => range.last)) },
    reads: first.reads,
  };
}

function wholeOf({ first, last }: Scope): LiveRange {
  return { first, last };
}

export function rangesMeet(a: LiveRange, b: LiveRange): boolean {
  return a.first <= b.last && b.first <= a.last;
}
