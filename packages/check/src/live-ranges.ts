/**
 * When buffers are alive, as docs/program.md section 9 says. Instructions are numbered in the order of their text. A range contains every
 * access, and every loop with an access inside, but for a loop with all of them of which the first only writes. An asynchronous access lasts
 * up to the next `wait` on its microthread, or to the end of the code if none follows.
 */
import { viewUses } from "@waferc/ir/program";
import type { Code, Instruction } from "@waferc/ir/program";

/** Inclusive positions in code order; -1 is the start. */
export interface LiveRange {
  readonly first: number;
  readonly last: number;
  readonly text: string;
}

interface Access {
  readonly first: number;
  /** Where an asynchronous access ends. */
  last: number;
  readonly writesOnly: boolean;
  readonly loops: readonly OpenLoop[];
}

interface OpenLoop {
  readonly first: number;
  last: number;
}

/** By buffer; undefined for one that nothing touches. */
export function liveRanges(code: Code): readonly (LiveRange | undefined)[] {
  const accesses: Access[][] = code.buffers.map(() => []);
  const end = collectAccesses(code.body, accesses);
  const bound = new Set(code.bindings.map(({ buffer }) => buffer));
  return code.buffers.map(({ persistent }, index) => {
    if (persistent) return { first: -1, last: end, text: "always: it is persistent" };
    const own = accesses[index]!;
    const isBound = bound.has(index);
    if (own.length === 0) return isBound ? { first: -1, last: -1, text: "at the start: it is preloaded" } : undefined;
    const { first, last } = rangeOf(own);
    const from = isBound ? "the start" : `instruction ${first}`;
    return { first: isBound ? -1 : first, last, text: `from ${from} to instruction ${last} in code order` };
  });
}

function rangeOf(accesses: readonly Access[]): { first: number; last: number } {
  let first = Math.min(...accesses.map((access) => access.first));
  let last = Math.max(...accesses.map((access) => access.last));
  const [textFirst, textLast] = [first, last];
  for (const loop of new Set(accesses.flatMap(({ loops }) => loops))) {
    const hasAll = loop.first <= textFirst && textLast <= loop.last;
    if (hasAll && accesses[0]!.writesOnly) continue;
    first = Math.min(first, loop.first);
    last = Math.max(last, loop.last);
  }
  return { first, last };
}

/** Notes accesses by buffer, in code order; returns the number of instructions. */
function collectAccesses(body: readonly Instruction[], accesses: Access[][]): number {
  let position = 0;
  let pending: { readonly thread: number; readonly access: Access }[] = [];
  const collect = (instructions: readonly Instruction[], loops: readonly OpenLoop[]): void => {
    for (const instruction of instructions) {
      const here = position++;
      const thread = "thread" in instruction ? instruction.thread : undefined;
      if (instruction.op === "wait") {
        for (const { access, thread: own } of pending) if (own === thread) access.last = here;
        pending = pending.filter(({ thread: own }) => own !== thread);
        continue;
      }
      // Sources are read before the destination is written.
      const uses = [...viewUses(instruction)].sort(
        (a, b) => Number(a.access === "write") - Number(b.access === "write"),
      );
      for (const { view, access: kind } of uses) {
        const access = { first: here, last: here, writesOnly: kind === "write", loops };
        accesses[view.buffer]?.push(access);
        if (thread !== undefined) pending.push({ thread, access });
      }
      if (instruction.op !== "repeat") continue;
      const loop = { first: here, last: here };
      collect(instruction.body, [...loops, loop]);
      loop.last = position - 1;
    }
  };
  collect(body, []);
  for (const { access } of pending) access.last = position;
  return position;
}
