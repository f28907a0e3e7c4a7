import { describe, expect, test } from "vitest";
import { parseProgram, verifyProgram } from "@waferc/ir/program";
import { randomProgram } from "../random-program.ts";
import { computeTheSame, runSymbolically } from "./symbolic-run.ts";
import type { SymbolicResult } from "./symbolic-run.ts";

/** Core (0,0) takes a and b from the host, does `body`, and sends c. */
function termsOf(body: string): SymbolicResult {
  const { program } = parseProgram(`dfir 1 program @t for test grid 2x1
  kernel k0 = t "node"
  entry @main {
    code @c colors(in, out) params() {
      buffer a : f32[4] at 0 B
      buffer b : f32[4] at 16 B
      buffer c : f32[4] at 32 B
      kernel k0
      bind in 0 in
      bind out 0 out
      recv in, a[0, 4:1]
      recv in, b[0, 4:1]
      ${body}
      send out, c[0, 4:1]
    }
    class c0 = @c on (0,0)+1x1 colors(0, 1) params()
    route color 0 on (0,0)+1x1 : west -> ramp
    route color 1 on (0,0)+1x1 : ramp -> west
    stream in i = %i : f32[8] color 0 at west(0,0)
    stream out o = %o : f32[4] color 1 at west(0,0)
  }
`);
  expect(verifyProgram(program)).toEqual([]);
  const result = runSymbolically({ program, weights: () => new Float32Array(0) });
  expect(result.isComplete).toBe(true);
  expect(result.outputs.get("o")).toHaveLength(4);
  return result;
}

describe("runSymbolically", () => {
  const view = (name: string, extent = 4): string => `${name}[0, ${extent}:1]`;
  const [a, b, c] = [view("a"), view("b"), view("c")];

  test("tells expressions apart, but not the orders of a sum", () => {
    const sum = termsOf(`binary add ${c}, ${a}, ${b}`);
    expect(computeTheSame(sum, termsOf(`binary add ${c}, ${b}, ${a}`))).toBe(true);
    expect(computeTheSame(sum, termsOf(`binary sub ${c}, ${a}, ${b}`))).toBe(false);
    const difference = termsOf(`binary sub ${c}, ${a}, ${b}`);
    expect(computeTheSame(difference, termsOf(`binary sub ${c}, ${b}, ${a}`))).toBe(false);
  });

  test("ignores what nobody reads, unless memory is compared", () => {
    const plain = termsOf(`copy ${c}, ${a}`);
    const more = termsOf(`copy ${c}, ${a}\n      fill ${view("b", 2)}, 1.0`);
    expect(computeTheSame(plain, more)).toBe(true);
    expect(computeTheSame(plain, more, { memory: true })).toBe(false);
  });

  test("adds a product's terms in order", () => {
    const product = (a: string, b: string) =>
      termsOf(`fill ${c}, 0.0\n      matmul c[0, 2:2, 2:1], ${a}[0, 2:2, 2:1], ${b}[0, 2:2, 2:1]`);
    expect(computeTheSame(product("a", "b"), product("a", "b"))).toBe(true);
    expect(computeTheSame(product("a", "b"), product("b", "a"))).toBe(false);
  });

  test("comes to the end of every random program", () => {
    for (let seed = 0; seed < 40; seed++) expect(runSymbolically(randomProgram(seed)).isComplete, `${seed}`).toBe(true);
  });
});
