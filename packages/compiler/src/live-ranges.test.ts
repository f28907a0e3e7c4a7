import { describe, expect, test } from "vitest";
import { expr } from "@waferc/ir/program";
import type { Instruction, View } from "@waferc/ir/program";
import { liveRanges } from "./live-ranges.ts";
import { planMemory } from "./memory-map.ts";

const at = (buffer: number): View => ({
  buffer,
  offset: expr.constant(0),
  dims: [{ count: expr.constant(4), stride: 1 }],
});
const fill = (buffer: number): Instruction => ({ op: "fill", kernel: 0, dst: at(buffer), value: 0 });
const copy = (to: number, from: number): Instruction => ({ op: "copy", kernel: 0, dst: at(to), src: at(from) });
const send = (from: number, thread: number): Instruction => ({
  op: "send",
  kernel: 0,
  color: 0,
  src: at(from),
  thread,
});
const wait = (thread: number): Instruction => ({ op: "wait", kernel: 0, thread });
const repeat = (...body: Instruction[]): Instruction => ({
  op: "repeat",
  kernel: 0,
  variable: "i",
  count: expr.constant(3),
  body,
});
const NOTHING: ReadonlySet<number> = new Set();

describe("liveRanges", () => {
  test("from the first to the last access", () => {
    const ranges = liveRanges(3, [fill(0), fill(1), copy(1, 0), copy(2, 1)], NOTHING);
    expect(ranges).toEqual([
      { first: 0, last: 2 },
      { first: 1, last: 3 },
      { first: 3, last: 3 },
    ]);
  });

  test("a bound buffer, and one that is read before it is written, live from the start", () => {
    const body = [fill(0), copy(0, 1), copy(0, 2)];
    expect(liveRanges(3, body, new Set([1])).slice(1)).toEqual([
      { first: 0, last: 1 },
      { first: 0, last: 2 },
    ]);
  });

  test("what a loop makes anew in each iteration lives inside it", () => {
    const [, inner] = liveRanges(2, [fill(0), repeat(fill(1), copy(0, 1), fill(0)), fill(0)], NOTHING);
    expect(inner).toEqual({ first: 2, last: 3 });
  });

  test("what an iteration reads of the one before lives through the whole loop", () => {
    const [, carried] = liveRanges(2, [fill(0), repeat(copy(0, 1), fill(1)), fill(0)], NOTHING);
    expect(carried).toEqual({ first: 0, last: 3 });
  });

  test("what a loop shares with code outside lives through the whole loop", () => {
    const body = [fill(0), repeat(fill(1), copy(1, 0), fill(2)), repeat(fill(3), copy(3, 2))];
    expect(liveRanges(4, body, NOTHING)).toEqual([
      { first: 0, last: 4 },
      { first: 2, last: 3 },
      { first: 1, last: 7 },
      { first: 6, last: 7 },
    ]);
  });

  test("an inner loop with some accesses counts whole", () => {
    const body = [repeat(fill(0), repeat(copy(1, 0), fill(2)))];
    expect(liveRanges(1, body, NOTHING)).toEqual([{ first: 1, last: 4 }]);
  });

  test("an asynchronous operation holds its buffers until its wait", () => {
    const body = [fill(0), send(0, 1), fill(1), wait(1), fill(1)];
    expect(liveRanges(1, body, NOTHING)).toEqual([{ first: 0, last: 3 }]);
  });
});

describe("planMemory", () => {
  test("buffers share addresses exactly where their ranges do not meet", () => {
    const buffers = [8, 4, 8].map((elements, b) => ({ name: `b${b}`, elements }));
    const code = { buffers, bindings: [], body: [fill(0), copy(1, 0), copy(2, 1)] };
    const map = planMemory(code, { bytesPerInstruction: 16 });
    expect(map.codeBytes).toBe(48);
    expect(map.dataBytes).toBe(48);
    expect(map.addresses[0]).toBe(map.addresses[2]);
    expect(map.fullest).toEqual([0, 1]);
  });
});
