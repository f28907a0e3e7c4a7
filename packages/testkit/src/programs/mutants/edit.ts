// Programs with one part replaced, and lists of the parts that a fault can sit in. Nothing else of a program changes, so that a mutant differs
// from its origin in one place.
import type { Rng } from "@waferc/base";
import { instructionEntity, walkInstructions } from "@waferc/ir/program";
import type {
  Code,
  CoreClass,
  Entry,
  HostStream,
  Instruction,
  Program,
  RouterRules,
  Source,
  View,
} from "@waferc/ir/program";

/** `list` with item `index` replaced by others, by none to delete it. */
export function splice<T>(list: readonly T[], index: number, ...items: readonly T[]): readonly T[] {
  return [...list.slice(0, index), ...items, ...list.slice(index + 1)];
}

export function isSame(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export function pickOrNone<T>(rng: Rng, items: readonly T[]): T | undefined {
  return items.length === 0 ? undefined : rng.pick(items);
}

// Entries and their lists

export function withEntry(program: Program, index: number, change: (entry: Entry) => Entry): Program {
  return { ...program, entries: splice(program.entries, index, change(program.entries[index]!)) };
}

/** An item of one of an entry's lists. */
export interface Part<T> {
  readonly entry: number;
  readonly index: number;
  readonly item: T;
}

interface PartTypes {
  readonly codes: Code;
  readonly classes: CoreClass;
  readonly routes: RouterRules;
  readonly streams: HostStream;
}

export function partsOf<K extends keyof PartTypes>(program: Program, list: K): readonly Part<PartTypes[K]>[] {
  return program.entries.flatMap((entry, e) =>
    (entry[list] as readonly PartTypes[K][]).map((item, index) => ({ entry: e, index, item })),
  );
}

export function withPart<K extends keyof PartTypes>(
  program: Program,
  list: K,
  { entry, index }: Part<PartTypes[K]>,
  ...items: readonly PartTypes[K][]
): Program {
  return withEntry(program, entry, (old) => ({
    ...old,
    [list]: splice(old[list] as readonly PartTypes[K][], index, ...items),
  }));
}

export function entityOf(program: Program, list: keyof PartTypes, part: Part<PartTypes[keyof PartTypes]>): string {
  const entry = `@${program.entries[part.entry]!.name}`;
  if (list === "routes") return `${entry} route ${part.index}`;
  const { name } = part.item as { readonly name: string };
  return list === "codes" ? `${entry} @${name}` : `${entry} ${list === "classes" ? "class" : "stream"} ${name}`;
}

// Instructions

/** An instruction and where it is. */
export interface Site {
  readonly code: Part<Code>;
  readonly path: readonly number[];
  readonly instruction: Instruction;
}

export function isOp(...ops: readonly Instruction["op"][]): (instruction: Instruction) => boolean {
  return ({ op }) => ops.includes(op);
}

export function sitesOf(program: Program, isWanted: (instruction: Instruction) => boolean = () => true): Site[] {
  return partsOf(program, "codes").flatMap((code) =>
    [...walkInstructions(code.item.body)]
      .filter(({ instruction }) => isWanted(instruction))
      .map(({ instruction, path }) => ({ code, path, instruction })),
  );
}

/** The instruction replaced by others; all of a loop with its body. */
export function withSite(program: Program, { code, path }: Site, ...instructions: readonly Instruction[]): Program {
  const body = replaceIn(code.item.body, path, instructions);
  return withPart(program, "codes", code, { ...code.item, body });
}

function replaceIn(
  body: readonly Instruction[],
  [index = 0, ...rest]: readonly number[],
  instructions: readonly Instruction[],
): readonly Instruction[] {
  if (rest.length === 0) return splice(body, index, ...instructions);
  const loop = body[index]!;
  if (loop.op !== "repeat") throw new Error("a path leads through loops");
  return splice(body, index, { ...loop, body: replaceIn(loop.body, rest, instructions) });
}

export function siteName(program: Program, { code, path, instruction }: Site): string {
  return `${instructionEntity(entityOf(program, "codes", code), path)} ${instruction.op}`;
}

/** The instruction with its views replaced, in the order of `viewUses`: destination first. */
export function mapViews(instruction: Instruction, change: (view: View, index: number) => View): Instruction {
  let next = 0;
  const view = (old: View): View => change(old, next++);
  const source = (old: Source): Source => (old.kind === "view" ? { kind: "view", view: view(old.view) } : old);
  switch (instruction.op) {
    case "fill":
    case "iota":
    case "recv":
    case "recv_reduce":
      return { ...instruction, dst: view(instruction.dst) };
    case "copy":
    case "cast":
    case "reduce":
      return { ...instruction, dst: view(instruction.dst), src: view(instruction.src) };
    case "unary":
      return { ...instruction, dst: view(instruction.dst), src: source(instruction.src) };
    case "binary":
    case "compare":
      return { ...instruction, dst: view(instruction.dst), a: source(instruction.a), b: source(instruction.b) };
    case "select": {
      const [dst, cond] = [view(instruction.dst), view(instruction.cond)];
      return { ...instruction, dst, cond, a: source(instruction.a), b: source(instruction.b) };
    }
    case "gather":
    case "scatter":
      return {
        ...instruction,
        dst: view(instruction.dst),
        src: view(instruction.src),
        index: view(instruction.index),
      };
    case "matmul":
      return { ...instruction, dst: view(instruction.dst), a: view(instruction.a), b: view(instruction.b) };
    case "send":
      return { ...instruction, src: view(instruction.src) };
    case "forward":
      return instruction.view ? { ...instruction, view: view(instruction.view) } : instruction;
    default:
      return instruction;
  }
}
