// 16-bit types and rows by index, with values and cycles worked out by hand; each runs on every engine (`runText`).
import { bf16FromNumber, bf16ToNumber, f16FromNumber, f16ToNumber } from "@waferc/numerics";
import { describe, expect, test } from "vitest";
import { runText } from "./testing/run-text.ts";

const SINK = `
    class k = @body on (0,0)+1x1 colors(0, 1)
    route color 0 on (0,0)+1x1 : west -> ramp
    route color 1 on (0,0)+1x1 : ramp -> north`;

/** What core (0,0) leaves in its buffer y, of `count` elements. */
function resultOf(type: string, count: number, body: string): number[] {
  const { outputs } = runText(`
    code @body colors(in, out) {
      buffer h : f16[16] at 0 B
      buffer b : bf16[16] at 32 B
      buffer f : f32[16] at 64 B
      buffer i : i32[16] at 128 B
      buffer y : ${type}[${count}] at 192 B
      kernel k0
      ${body}
      bind out 0 out
      send out, y[0, ${count}:1]
    }${SINK}
    stream out y = %y : ${type}[${count}] color 1 at north(0,0)`);
  return [...outputs.get("y")!];
}

const INFINITE = 0x7c00;

describe("arithmetic", () => {
  test.each([
    // Ties to even: 2049 lies between 2048 and 2050, 2051 between 2050 and 2052.
    ["fill h[0], 2048.0", "binary add y[0], h[0], 1.0", 0x6800],
    ["fill h[0], 2048.0", "binary add y[0], h[0], 3.0", 0x6802],
    // 65520 is the first that is too large.
    ["fill h[0], 65504.0", "binary add y[0], h[0], 16.0", INFINITE],
    ["fill h[0], 65504.0", "binary add y[0], h[0], 15.0", 0x7bff],
    // Half and one and a half of the smallest subnormal.
    ["cast h[0], f[0]", "binary add y[0], h[0], 2.9802322387695312e-8", 0x0000],
    ["fill h[0], 5.960464477539063e-8", "binary mul y[0], h[0], 0.5", 0x0000],
    ["fill h[0], 5.960464477539063e-8", "binary mul y[0], h[0], 1.5", 0x0002],
    ["fill h[0], inf", "binary sub y[0], h[0], h[0]", 0x7e00],
    ["fill h[0], -0.0", "binary max y[0], h[0], 0.0", 0x0000],
    ["fill h[0], 1.0", "unary exp y[0], h[0]", 0x4170],
    ["iota h[0, 2:1], 2049, 2", "copy y[0], h[1]", 0x6802],
    ["fill y[0], 0.1", "", 0x2e66],
    // Once from binary64: by way of f32 it would be a tie.
    ["fill y[0], 1.0004882812500002", "", 0x3c01],
  ])("f16: %s, %s", (first, second, bits) => {
    expect(resultOf("f16", 1, `${first}\n      ${second}`)).toEqual([bits]);
  });

  test.each([
    // 1 + 2^-8 lies between 1 and 1 + 2^-7, 1 + 3 * 2^-8 between that and 1 + 2^-6.
    ["fill b[0], 1.0", "binary add y[0], b[0], 0.00390625", 0x3f80],
    ["fill b[0], 1.0", "binary add y[0], b[0], 0.01171875", 0x3f82],
    ["fill b[0], 3.0e38", "binary add y[0], b[0], b[0]", 0x7f80],
    ["fill h[0], 65504.0", "cast y[0], h[0]", 0x4780],
    ["fill f[0], nan", "cast y[0], f[0]", 0x7fc0],
    ["fill i[0], 257.0", "cast y[0], i[0]", 0x4380],
  ])("bf16: %s, %s", (first, second, bits) => {
    expect(resultOf("bf16", 1, `${first}\n      ${second}`)).toEqual([bits]);
  });

  test("cast to i32 truncates and saturates", () => {
    const body = `fill h[0], -2.75
      fill h[1], inf
      fill h[2], nan
      fill b[0], -3.0e38
      cast y[0, 3:1], h[0, 3:1]
      cast y[3], b[0]`;
    expect(resultOf("i32", 4, body)).toEqual([-2, 2147483647, 0, -2147483648]);
  });

  test("a comparison of f16 rounds its literal to f16", () => {
    expect(resultOf("i32", 1, "fill h[0], 0.1\n      compare eq y[0], h[0], 0.1")).toEqual([1]);
  });

  // (1 + 2^-10)^2 = 1 + 2^-9 + 2^-20, of which f16 keeps 1 + 2^-9 and f32 all.
  const product = (to: string, fused: string) => `fill h[0], 1.0009765625
      fill y[0], -1.001953125
      matmul y[0, 1:1, 1:1], h[0, 1:1, 1:1], h[0, 1:1, 1:1]${fused} ; ${to}`;
  test.each([
    ["f16", "", 0],
    ["f16", " fused", 0x0010],
    ["f32", "", 2 ** -20],
    ["f32", " fused", 2 ** -20],
  ])("matmul of f16 into %s%s", (to, fused, result) => {
    expect(resultOf(to, 1, product(to, fused))).toEqual([result]);
  });

  test.each([
    ["f16", 0x6800],
    ["f32", 2050],
  ])("reduce of f16 into %s", (to, result) => {
    const body = `fill h[0], 2048.0
      fill h[1, 2:1], 1.0
      reduce add y[0], h[0, 3:1]`;
    expect(resultOf(to, 1, body)).toEqual([result]);
  });
});

/** Sends what comes from the west to the north by `body`. */
function passOn(input: Int32Array | Uint16Array, types: readonly [string, string], body: string) {
  const [from, to] = types;
  const { outputs, waveletHops } = runText(
    `
    code @body colors(in, out) {
      buffer h : f16[8] at 0 B
      buffer f : f32[8] at 16 B
      buffer i : i32[8] at 48 B
      kernel k0
      bind in 0 in
      bind out 0 out
      ${body}
    }${SINK}
    stream in x = %x : ${from} color 0 at west(0,0)
    stream out y = %y : ${to} color 1 at north(0,0)`,
    { x: input },
  );
  expect(waveletHops).toBe(0);
  return [...outputs.get("y")!];
}

describe("wavelets", () => {
  test("carry two elements, the first in the low half, and 0 behind an odd last one", () => {
    const input = Uint16Array.of(0x3c00, 0x4000, 0x4200);
    expect(passOn(input, ["f16[3]", "i32[2]"], "recv in, i[0, 2:1]\n send out, i[0, 2:1]")).toEqual([
      0x4000_3c00, 0x4200,
    ]);
    const doubled = "recv in, h[0, 3:1]\n binary add h[0, 3:1], h[0, 3:1], h[0, 3:1]\n send out, h[2, 3:-1]";
    expect(passOn(input, ["f16[3]", "f16[3]"], doubled)).toEqual([0x4600, 0x4400, 0x4000]);
  });

  test("have padding that nobody reads", () => {
    const input = Int32Array.of(0x4000_3c00, 0x1234_4200);
    const types = ["i32[2]", "i32[2]"] as const;
    expect(passOn(input, types, "forward store in -> out, h[0, 3:1]")).toEqual([0x4000_3c00, 0x4200]);
    expect(passOn(input, types, "forward pass in -> out, 2")).toEqual([...input]);
    const sums = "fill h[0, 3:1], 1.0\n forward add in -> out, h[0, 3:1]";
    expect(passOn(input, types, sums)).toEqual([0x4200_4000, 0x4400]);
    const extremes = "fill h[0, 4:1], 2.0\n recv_reduce max in, h[0, 3:1]\n send out, h[0, 4:1]";
    expect(passOn(input, types, extremes)).toEqual([0x4000_4000, 0x4000_4200]);
  });

  test("begin anew with each instruction", () => {
    const input = Uint16Array.of(1, 2, 3, 4);
    // One of three elements and one of one: the fourth element is taken for padding, and nothing is left for the second.
    const taken = "recv in, h[0, 1:1]\n recv in, h[1, 1:1]\n send out, h[0, 1:1]\n send out, h[1, 1:1]";
    expect(passOn(input, ["f16[4]", "f16[4]"], taken)).toEqual([1, 0, 3, 0]);
  });
});

describe("sums on the way", () => {
  const FORMATS = {
    f16: { decode: f16ToNumber, encode: f16FromNumber },
    bf16: { decode: bf16ToNumber, encode: bf16FromNumber },
  };
  test.each([
    ["f16", -0],
    ["f16", 0.1],
    ["f16", 65504],
    ["bf16", -0],
    ["bf16", 1e-39],
    ["bf16", -3e38],
  ] as const)("of every %s and %d", (type, term) => {
    const { decode, encode } = FORMATS[type];
    const all = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);
    const { outputs } = runText(
      `
    code @body colors(in, out) {
      buffer t : ${type}[1] at 0 B
      kernel k0
      bind in 0 in
      bind out 0 out
      fill t[0], ${Object.is(term, -0) ? "-0.0" : term.toExponential()}
      forward add in -> out, t[0, 65536:0]
    }${SINK}
    stream in x = %x : ${type}[65536] color 0 at west(0,0)
    stream out y = %y : ${type}[65536] color 1 at north(0,0)`,
      { x: all },
    );
    const rounded = decode(encode(term));
    expect(outputs.get("y")).toEqual(all.map((bits) => encode(decode(bits) + rounded)));
  });
});

describe("rows by index", () => {
  const setUp = `iota f[0, 8:1], 1, 1
      iota i[0, 3:1], 3, -2`;

  test("gather takes rows of the table, zeros where it has none", () => {
    // Rows 3, 1, -1 less 1: 2, 0, -2 of (1, 2), (3, 4), (5, 6), (7, 8).
    const body = `${setUp}
      fill y[0, 6:1], 9.0
      gather y[0, 3:2, 2:1], f[0, 4:2, 2:1], i[0, 3:1], -1`;
    expect(resultOf("f32", 6, body)).toEqual([5, 6, 1, 2, 0, 0]);
  });

  test("scatter puts rows, later ones over earlier ones, and leaves out what is out of range", () => {
    // Rows 3, 1, -1 plus 2: 1, -1, -3 with base 2; all to row 1 with an index of stride 0.
    const body = `${setUp}
      fill y[0, 8:1], 9.0
      scatter y[0, 2:2, 2:1], f[0, 3:2, 2:1], i[0, 3:1], 2
      scatter y[4, 2:2, 2:1], f[0, 3:2, 2:1], i[1, 3:0], 0`;
    expect(resultOf("f32", 8, body)).toEqual([9, 9, 1, 2, 9, 9, 5, 6]);
  });
});

describe("cycles", () => {
  const cyclesOf = (instruction: string): number => {
    const { quiescentCycles } = runText(`
    code @body {
      buffer h : f16[16] at 0 B
      buffer f : f32[16] at 32 B
      buffer i : i32[16] at 96 B
      kernel k0
      ${instruction}
    }
    class k = @body on (0,0)+1x1`);
    return quiescentCycles;
  };
  // The test machine starts a vector in 5 cycles; an element takes 1 cycle, 1/2 if it has 16 bits, 3/4 in a mixed product.
  test.each([
    ["binary add h[0, 7:1], h[0, 7:1], 1.0", 5 + 4],
    ["cast h[0, 7:1], f[0, 7:1]", 5 + 7],
    ["cast f[0, 7:1], h[0, 7:1]", 5 + 7],
    ["reduce add f[0], h[0, 7:1]", 5 + 7],
    ["matmul h[0, 1:1, 4:1], h[4, 1:1, 1:1], h[5, 1:1, 4:1]", 5 + 2],
    ["matmul f[0, 1:1, 4:1], h[4, 1:1, 1:1], h[5, 1:1, 4:1]", 5 + 3],
    ["gather h[0, 3:2, 2:1], h[8, 4:2, 2:1], i[0, 3:1], 0", 3 * 5 + 3],
    ["scatter f[0, 2:3, 3:1], f[6, 3:3, 3:1], i[0, 3:1], 0", 3 * 5 + 9],
    ["repeat v 2 {\n gather f[0, v:2, 2:1], f[8, 4:2, 2:1], i[0, v:1], 0\n }", 2 + 2 + (5 + 2)],
  ])("%s", (instruction, cycles) => {
    expect(cyclesOf(instruction)).toBe(cycles);
  });
});
