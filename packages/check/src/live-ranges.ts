/**
 * When buffers are alive, as docs/program.md section 9 says: in code order from the first to the last access; through the whole of a loop
 * that contains the last access if the first access in that loop reads; from the start if preloaded; always if persistent. Gap, as in the
 * text: a value that goes round a loop which ends before the buffer's last access does not extend the range.
 */
import { viewUses } from "@waferc/ir/program";
import type { Code, Instruction } from "@waferc/ir/program";

/** Inclusive positions in code order. */
export interface LiveRange {
  readonly first: number;
  readonly last: number;
  readonly text: string;
}

interface Access {
  readonly position: number;
  readonly reads: boolean;
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
    const last = own.at(-1);
    if (!last) return isBound ? { first: -1, last: -1, text: "at the start: it is preloaded" } : undefined;
    let [from, to] = [isBound ? -1 : own[0]!.position, last.position];
    for (const loop of last.loops) {
      const first = own.find(({ position }) => position > loop.first)!;
      if (!first.reads) continue;
      from = Math.min(from, loop.first);
      to = Math.max(to, loop.last);
    }
    const text = `from ${from < 0 ? "the start" : `instruction ${from}`} to instruction ${to} in code order`;
    return { first: from, last: to, text };
  });
}

/** Notes accesses by buffer, in code order; returns the number of instructions. */
function collectAccesses(body: readonly Instruction[], accesses: Access[][]): number {
  let position = 0;
  const collect = (instructions: readonly Instruction[], loops: readonly OpenLoop[]): void => {
    for (const instruction of instructions) {
      const here = position++;
      // Sources are read before the destination is written.
      const uses = [...viewUses(instruction)].sort(
        (a, b) => Number(a.access === "write") - Number(b.access === "write"),
      );
      for (const { view, access } of uses) {
        accesses[view.buffer]?.push({ position: here, reads: access !== "write", loops });
      }
      if (instruction.op !== "repeat") continue;
      const loop = { first: here, last: here };
      collect(instruction.body, [...loops, loop]);
      loop.last = position - 1;
    }
  };
  collect(body, []);
  return position;
}
