// Full matches of RE2 patterns by running all threads of the pattern's automaton side by side: time is at most length of text times size of pattern,
// whatever the pattern, as in RE2. JavaScript's own RegExp is not used for whole patterns, because it backtracks.
// Source: R. Cox, "Regular Expression Matching: the Virtual Machine Approach", 2009.
import { OpError } from "../op-error.ts";
import { isWordChar, parseRegex } from "./regex-syntax.ts";
import type { Assertion, CharTest, Regex } from "./regex-syntax.ts";

type Instruction =
  | { readonly type: "char"; readonly test: CharTest }
  | { readonly type: "assert"; readonly assertion: Assertion }
  | { type: "split"; targets: number[] }
  | { readonly type: "accept" };

/** Patterns that expand to more are refused, as RE2 refuses those beyond its memory. */
const MAX_INSTRUCTIONS = 100_000;

/**
 * A test whether a whole text matches the pattern.
 * @throws OpError if the pattern is not one of RE2, or too large
 */
export function fullMatcher(pattern: string): (text: string) => boolean {
  const program: Instruction[] = [];
  emit(parseRegex(pattern), program);
  program.push({ type: "accept" });
  return (text) =>
    matches(
      program,
      Array.from(text, (char) => char.codePointAt(0)!),
    );
}

/** Appends the instructions of a tree; they go on behind themselves. */
function emit(tree: Regex, program: Instruction[]): void {
  if (program.length > MAX_INSTRUCTIONS)
    throw new OpError(`needs a pattern that expands to at most ${MAX_INSTRUCTIONS} instructions`);
  switch (tree.type) {
    case "char":
    case "assert":
      program.push(tree);
      return;
    case "sequence":
      for (const part of tree.parts) emit(part, program);
      return;
    case "choice":
      emitChoice(tree.parts, program);
      return;
    case "repeat":
      emitRepeat(tree, program);
      return;
    default:
      tree satisfies never;
  }
}

function emitSplit(program: Instruction[], ...targets: number[]): number[] {
  program.push({ type: "split", targets });
  return targets;
}

function emitChoice(parts: readonly Regex[], program: Instruction[]): void {
  const starts = emitSplit(program);
  const ends = parts.map((part) => {
    starts.push(program.length);
    emit(part, program);
    return emitSplit(program);
  });
  for (const end of ends) end.push(program.length);
}

function emitRepeat({ part, min, max }: Extract<Regex, { type: "repeat" }>, program: Instruction[]): void {
  for (let i = 0; i < min; i++) emit(part, program);
  if (max === Infinity) {
    const start = program.length;
    const targets = emitSplit(program, start + 1);
    emit(part, program);
    emitSplit(program, start);
    targets.push(program.length);
    return;
  }
  const skips: number[][] = [];
  for (let i = min; i < max; i++) {
    skips.push(emitSplit(program, program.length + 1));
    emit(part, program);
  }
  for (const skip of skips) skip.push(program.length);
}

function matches(program: readonly Instruction[], codes: readonly number[]): boolean {
  const marks = new Int32Array(program.length).fill(-1);
  let threads = reachable([0], 0);
  for (let at = 0; at < codes.length && threads.length > 0; at++) {
    const code = codes[at]!;
    const next = threads.filter((thread) => {
      const instruction = program[thread]!;
      return instruction.type === "char" && instruction.test(code);
    });
    threads = reachable(
      next.map((thread) => thread + 1),
      at + 1,
    );
  }
  return threads.some((thread) => program[thread]!.type === "accept");

  /** The instructions that wait for a character, or accept, when the threads go on from these. */
  function reachable(starts: readonly number[], at: number): number[] {
    const waiting: number[] = [];
    const open = [...starts];
    while (open.length > 0) {
      const thread = open.pop()!;
      if (marks[thread] === at) continue;
      marks[thread] = at;
      const instruction = program[thread]!;
      if (instruction.type === "split") open.push(...instruction.targets);
      else if (instruction.type !== "assert") waiting.push(thread);
      else if (holds(instruction.assertion, codes, at)) open.push(thread + 1);
    }
    return waiting;
  }
}

function holds(assertion: Assertion, codes: readonly number[], at: number): boolean {
  const isWordAt = (index: number): boolean => codes[index] !== undefined && isWordChar(codes[index]);
  const isBoundary = isWordAt(at - 1) !== isWordAt(at);
  switch (assertion) {
    case "begin":
      return at === 0;
    case "end":
      return at === codes.length;
    case "line-begin":
      return at === 0 || codes[at - 1] === 10;
    case "line-end":
      return at === codes.length || codes[at] === 10;
    case "word-boundary":
      return isBoundary;
    case "no-word-boundary":
      return !isBoundary;
    default:
      return assertion satisfies never;
  }
}
