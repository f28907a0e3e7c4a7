// The hot loops against the plain arithmetic of the untimed engine: random local instructions of every kind on memory full of
// special values, of all types and mixed, all words compared on all engines.
import { Rng, sha256 } from "@waferc/base";
import type { Program } from "@waferc/ir/program";
import { parseProgram, verifyProgram } from "@waferc/ir/program";
import { describe, expect, test } from "vitest";
import { bf16FromNumber, f16FromNumber } from "@waferc/numerics";
import { TEST_MACHINE } from "../testing/machine.ts";
import { runEverywhere } from "../testing/run-text.ts";

const WORDS = 1024;
const HALF = WORDS / 2;

const SPECIAL_WORDS = [
  0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc12345, 0x7f812345, 1, 0x80000001, 0x7fffffff,
];

function randomWords(rng: Rng): Int32Array {
  return Int32Array.from({ length: WORDS }, () => {
    if (rng.chance(0.1)) return rng.pick(SPECIAL_WORDS) | 0;
    if (rng.chance(0.2)) return rng.uint32() | 0;
    return new Int32Array(Float32Array.of((rng.float() - 0.5) * 2 ** rng.between(-6, 8)).buffer)[0]!;
  });
}

/** A random view of the given counts in half `half` of a buffer; nested strides, sometimes negative, 0 only in sources. */
function randomView(rng: Rng, buffer: string, counts: readonly number[], half: 0 | 1, isSource: boolean): string {
  const strides: number[] = new Array<number>(counts.length).fill(0);
  let reach = 0;
  for (const d of rng.shuffle(counts.keys())) {
    if (isSource && rng.chance(0.15)) continue;
    const gap = rng.chance(0.6) ? 1 : rng.between(1, 3);
    strides[d] = (reach + gap) * (rng.chance(0.15) ? -1 : 1);
    reach += (counts[d]! - 1) * Math.abs(strides[d]!);
  }
  if (reach >= HALF) return `${buffer}[${half * HALF}${counts.map((n, d) => `, ${n}:${packed(counts, d)}`).join("")}]`;
  const low = half * HALF + rng.below(HALF - reach);
  const below = counts.reduce((sum, n, d) => sum + Math.min(0, (n - 1) * strides[d]!), 0);
  return `${buffer}[${low - below}${counts.map((n, d) => `, ${n}:${strides[d]!}`).join("")}]`;
}

/** Stride of dimension d when the elements lie densely in view order. */
function packed(counts: readonly number[], d: number): number {
  return counts.slice(d + 1).reduce((n, count) => n * count, 1);
}

const TYPES = { f: "f32", i: "i32", h: "f16", b: "bf16" } as const;
type BufferName = keyof typeof TYPES;
const NAMES = Object.keys(TYPES) as BufferName[];

const FLOAT_FNS = ["neg", "abs", "exp", "log", "erf", "tanh", "sin", "cos", "sqrt", "rsqrt", "recip", "floor"];

function randomInstruction(rng: Rng): string {
  const counts = Array.from({ length: rng.below(4) }, () => rng.between(1, 4));
  const buffer = rng.pick(NAMES);
  const dst = randomView(rng, buffer, counts, 0, false);
  const view = (of = buffer) => randomView(rng, of, counts, 1, true);
  const source = (of = buffer) =>
    rng.chance(0.7) ? view(of) : rng.chance(0.5) ? rng.pick(["2.5", "-0.0", "nan", "inf", "70000.1"]) : "3*x - 1";
  const binaryFn = rng.pick(["add", "sub", "mul", "div", "min", "max"]);
  const compareFn = rng.pick(["eq", "ne", "lt", "le", "gt", "ge"]);
  const reduceFn = rng.pick(["add", "max", "min"]);
  const integers = randomView(rng, "i", counts, 0, false);
  const inner = randomView(rng, buffer, [...counts, rng.between(1, 8)], 1, true);
  const isWidened = (buffer === "h" || buffer === "b") && rng.chance(0.5);
  return rng.pick([
    `fill ${dst}, ${rng.pick(["1.5", "-0.0", "nan", "0.1"])}`,
    `iota ${dst}, ${rng.pick(["x - 5", "1000000*x + 1"])}, ${rng.between(-3, 3)}`,
    `copy ${dst}, ${view()}`,
    `cast ${dst}, ${view(rng.pick(NAMES.filter((name) => name !== buffer)))}`,
    `unary ${buffer === "i" ? rng.pick(["neg", "abs"]) : rng.pick(FLOAT_FNS)} ${dst}, ${source()}`,
    `binary ${binaryFn} ${dst}, ${source()}, ${source()}`,
    `binary ${binaryFn} ${dst}, ${dst}, ${source()}`,
    `compare ${compareFn} ${integers}, ${view()}, ${source()}`,
    `compare ${compareFn} ${integers}, ${source("i")}, ${view("i")}`,
    `select ${dst}, ${view("i")}, ${source()}, ${source()}`,
    `reduce ${reduceFn} ${isWidened ? randomView(rng, "f", counts, 0, false) : dst}, ${inner}`,
    randomMatmul(rng),
    randomRows(rng, buffer),
  ]);
}

function randomMatmul(rng: Rng): string {
  const [m, k, n] = [rng.between(1, 5), rng.between(1, 9), rng.between(1, 7)];
  const factors = rng.pick(["f", "h", "b"]);
  const dst = randomView(rng, rng.chance(0.5) ? "f" : factors, [m, n], 0, false);
  const [a, b] = [randomView(rng, factors, [m, k], 1, true), randomView(rng, factors, [k, n], 1, true)];
  return `matmul ${dst}, ${a}, ${b}${rng.chance(0.3) ? " fused" : ""}`;
}

/** The index is small numbers in the first words of `n`, so that some rows are in range. */
function randomRows(rng: Rng, buffer: string): string {
  const [rows, table, width] = [rng.between(1, 6), rng.between(1, 9), rng.between(1, 5)];
  const index = `n[${rng.below(20)}, ${rows}:${rng.between(0, 3)}]`;
  const op = rng.pick(["gather", "scatter"]);
  const [to, from] = op === "gather" ? [rows, table] : [table, rows];
  const views = `${randomView(rng, buffer, [to, width], 0, false)}, ${randomView(rng, buffer, [from, width], 1, true)}`;
  return `${op} ${views}, ${index}, ${rng.pick(["x - 3", "-2", "4", "2000000000"])}`;
}

const INDEX_WORDS = 40;

interface Data {
  readonly f: Int32Array;
  readonly i: Int32Array;
  readonly h: Uint16Array;
  readonly b: Uint16Array;
  readonly n: Int32Array;
}

function randomData(rng: Rng): Data {
  const near = (encode: (value: number) => number) =>
    Uint16Array.from({ length: WORDS }, () =>
      rng.chance(0.2) ? rng.below(2 ** 16) : encode((rng.float() - 0.5) * 2 ** rng.between(-6, 8)),
    );
  const n = Int32Array.from({ length: INDEX_WORDS }, () => (rng.chance(0.1) ? rng.uint32() | 0 : rng.between(-4, 9)));
  return { f: randomWords(rng), i: randomWords(rng), h: near(f16FromNumber), b: near(bf16FromNumber), n };
}

function randomProgram(rng: Rng, data: Data): Program {
  const digest = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
    sha256(new Uint8Array(buffer, byteOffset, byteLength));
  const lines = Array.from({ length: 150 }, () => `      ${randomInstruction(rng)}`);
  const tensors = NAMES.map((name) => `  tensor %${name} : ${TYPES[name]}[${WORDS}] sha256:${digest(data[name])}`);
  const buffers = NAMES.map((name, i) => `      buffer ${name} : ${TYPES[name]}[${WORDS}] at ${4 * WORDS * i} B`);
  const preloads = NAMES.map((name) => `      preload ${name}[0, ${WORDS}:1 along 0] = %${name}[0]`);
  const { program } = parseProgram(`dfir 1 program @local for test8x8 grid 8x8
${tensors.join("\n")}
  tensor %n : i32[${INDEX_WORDS}] sha256:${digest(data.n)}
  kernel k0 = t "k"
  entry @main {
    code @body {
${buffers.join("\n")}
      buffer n : i32[${INDEX_WORDS}] at ${16 * WORDS} B
${preloads.join("\n")}
      preload n[0, ${INDEX_WORDS}:1 along 0] = %n[0]
      kernel k0
${lines.join("\n")}
    }
    class k = @body on (3,0)+1x1
  }`);
  expect(verifyProgram(program)).toEqual([]);
  return program;
}

describe("local instructions", () => {
  test.each(Array.from({ length: 30 }, (_, i) => i))("agree with the plain arithmetic, seed %i", (seed) => {
    const rng = new Rng(`local ${seed}`);
    const data = randomData(rng);
    const program = randomProgram(rng, data);
    const tensors = [new Float32Array(data.f.buffer), data.i, data.h, data.b, data.n];
    const weights = (tensor: number) => tensors[tensor]!;
    const cycle = runEverywhere({ program, machine: TEST_MACHINE, weights }, { inputs: new Map() });
    expect(cycle.quiescentCycles).toBeGreaterThan(0);
  });
});
