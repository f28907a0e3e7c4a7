// The hot loops against the plain arithmetic of the untimed engine: random local instructions of every kind on memory full of
// special values, all words compared.
import { Rng, sha256 } from "@waferc/base";
import type { Program } from "@waferc/ir/program";
import { parseProgram, verifyProgram } from "@waferc/ir/program";
import { describe, expect, test } from "vitest";
import { simulateCycle } from "../cycle/engine.ts";
import { TEST_MACHINE } from "../testing/machine.ts";
import { simulateUntimed } from "../untimed/engine.ts";

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

function randomInstruction(rng: Rng): string {
  const counts = Array.from({ length: rng.below(4) }, () => rng.between(1, 4));
  const buffer = rng.pick(["f", "i"]);
  const dst = randomView(rng, buffer, counts, 0, false);
  const view = (of = buffer) => randomView(rng, of, counts, 1, true);
  const source = (of = buffer) =>
    rng.chance(0.7) ? view(of) : rng.chance(0.5) ? rng.pick(["2.5", "-0.0", "nan", "inf"]) : "3*x - 1";
  const floatFn = rng.pick([
    "neg",
    "abs",
    "exp",
    "log",
    "erf",
    "tanh",
    "sin",
    "cos",
    "sqrt",
    "rsqrt",
    "recip",
    "floor",
  ]);
  const binaryFn = rng.pick(["add", "sub", "mul", "div", "min", "max"]);
  const compareFn = rng.pick(["eq", "ne", "lt", "le", "gt", "ge"]);
  const reduceFn = rng.pick(["add", "max", "min"]);
  const integers = randomView(rng, "i", counts, 0, false);
  const inner = rng.between(1, 8);
  const [m, k, n] = [rng.between(1, 5), rng.between(1, 9), rng.between(1, 7)];
  return rng.pick([
    `fill ${dst}, ${rng.pick(["1.5", "-0.0", "nan"])}`,
    `iota ${dst}, x - 5, ${rng.between(-3, 3)}`,
    `copy ${dst}, ${view()}`,
    buffer === "f" ? `cast ${dst}, ${view("i")}` : `cast ${dst}, ${view("f")}`,
    `unary ${buffer === "f" ? floatFn : rng.pick(["neg", "abs"])} ${dst}, ${source()}`,
    `binary ${binaryFn} ${dst}, ${source()}, ${source()}`,
    `binary ${binaryFn} ${dst}, ${dst}, ${source()}`,
    `compare ${compareFn} ${integers}, ${view("f")}, ${source("f")}`,
    `compare ${compareFn} ${integers}, ${source("i")}, ${view("i")}`,
    `select ${dst}, ${view("i")}, ${source()}, ${source()}`,
    `reduce ${reduceFn} ${dst}, ${randomView(rng, buffer, [...counts, inner], 1, true)}`,
    `matmul ${randomView(rng, "f", [m, n], 0, false)}, ${randomView(rng, "f", [m, k], 1, true)}, ` +
      `${randomView(rng, "f", [k, n], 1, true)}${rng.chance(0.3) ? " fused" : ""}`,
  ]);
}

function randomProgram(rng: Rng, words: { readonly f: Int32Array; readonly i: Int32Array }): Program {
  const digest = (data: Int32Array) => sha256(new Uint8Array(data.buffer));
  const lines = Array.from({ length: 150 }, () => `      ${randomInstruction(rng)}`);
  const { program } = parseProgram(`dfir 1 program @local for test8x8 grid 8x8
  tensor %f : f32[${WORDS}] sha256:${digest(words.f)}
  tensor %i : i32[${WORDS}] sha256:${digest(words.i)}
  kernel k0 = t "k"
  entry @main {
    code @body {
      buffer f : f32[${WORDS}] at 0 B
      buffer i : i32[${WORDS}] at ${4 * WORDS} B
      preload f[0, ${WORDS}:1 along 0] = %f[0]
      preload i[0, ${WORDS}:1 along 0] = %i[0]
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
    const words = { f: randomWords(rng), i: randomWords(rng) };
    const program = randomProgram(rng, words);
    const weights = (tensor: number) => (tensor === 0 ? new Float32Array(words.f.buffer) : words.i);
    const options = { inputs: new Map<string, Float32Array>() };
    const cycle = simulateCycle(program, TEST_MACHINE, weights, options);
    const untimed = simulateUntimed(program, TEST_MACHINE, weights, options);
    expect(cycle.memoryDigest()).toBe(untimed.memoryDigest());
  });
});
