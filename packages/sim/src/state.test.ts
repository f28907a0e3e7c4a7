// State from entry to entry: a cache that `prefill` fills and `decode` extends, a row in each step, on every engine.
import { describe, expect, test } from "vitest";
import { parseProgram, verifyProgram } from "@waferc/ir/program";
import { simulateCycle } from "./cycle/engine.ts";
import { FastProgram } from "./fast/program.ts";
import { simulateFast } from "./fast/session.ts";
import type { RunOptions } from "./run.ts";
import { ProgramState } from "./state.ts";
import { TEST_MACHINE } from "./testing/machine.ts";
import { simulateUntimed } from "./untimed/engine.ts";

const ROWS = 6;

/** prefill: rows 0 and 1 of the cache come from the host. decode: row `at` does, the sums of the columns so far go out. */
const { program } = parseProgram(`dfir 1 program @cache for test8x8 grid 8x8
  tensor %start : f16[2] sha256:5d2f3b1c0a9e8d7c6b5a4f3e2d1c0b9a8f7e6d5c4b3a29181716151413121110
  kernel k0 = t "k"
  entry @prefill {
    code @a colors(in) {
      buffer cache : f16[${2 * ROWS}] at 0 B persistent
      buffer row : f16[2] at 32 B
      kernel k0
      bind in 0 in
      recv in, cache[0, 4:1]
      fill row[0, 2:1], 9.0
    }
    class a = @a on (0,0)+1x1 colors(0)
    route color 0 on (0,0)+1x1 : west -> ramp
    stream in x = %x : f16[2,2] color 0 at west(0,0)
  }
  entry @decode {
    step at 0..${ROWS - 1}
    code @a colors(in, out) {
      buffer cache : f16[${2 * ROWS}] at 0 B persistent
      buffer bias : f16[2] at 24 B persistent
      buffer row : f16[2] at 32 B
      buffer sums : f32[2] at 36 B
      preload cache[0, 2:1 along 0] = %start[0]
      preload bias[0, 2:1 along 0] = %start[0]
      kernel k0
      bind in 0 in
      bind out 0 out
      recv in, cache[2*at, 2:1]
      binary add bias[0, 2:1], bias[0, 2:1], row[0, 2:1]
      cast sums[0, 2:1], bias[0, 2:1]
      reduce add sums[0, 2:1], cache[0, 2:1, at + 1:2]
      send out, sums[0, 2:1]
      binary add bias[0, 2:1], bias[0, 2:1], 1.0
    }
    class a = @a on (0,0)+1x1 colors(0, 1)
    route color 0 on (0,0)+1x1 : west -> ramp
    route color 1 on (0,0)+1x1 : ramp -> north
    stream in x = %x : f16[2] color 0 at west(0,0)
    stream out y = %y : f32[2] color 1 at north(0,0)
  }
`);

const ONE = 0x3c00;
const TWO = 0x4000;
const FIVE = 0x4500;
const weights = () => Uint16Array.of(FIVE, FIVE);

type Choice = Pick<RunOptions, "entry" | "steps">;
type Run = (choice: Choice, x: Uint16Array, state: ProgramState | undefined) => ReturnType<typeof simulateUntimed>;

const optionsOf = (choice: Choice, x: Uint16Array, state: ProgramState | undefined): RunOptions => {
  return { ...choice, inputs: new Map([["x", x]]), ...(state ? { state } : {}) };
};
const fast = new FastProgram(program, TEST_MACHINE, weights);
const ENGINES: Readonly<Record<string, Run>> = {
  untimed: (...run) => simulateUntimed(program, TEST_MACHINE, weights, optionsOf(...run)),
  cycle: (...run) => simulateCycle(program, TEST_MACHINE, weights, optionsOf(...run)),
  fast: (...run) => simulateFast(program, TEST_MACHINE, weights, optionsOf(...run)),
  "fast, reused": (choice, x, state) => fast.run(choice, new Map([["x", x]]), state ? { state } : {}),
};

const decode = (at: number): Choice => ({ entry: "decode", steps: new Map([["at", at]]) });

describe.each(Object.entries(ENGINES))("%s", (_, run) => {
  test("keeps what an entry leaves, over other step scalars and other entries", () => {
    expect(verifyProgram(program)).toEqual([]);
    const state = new ProgramState(program);
    run({ entry: "prefill" }, Uint16Array.of(ONE, TWO, ONE, TWO), state);
    const sums = [2, 3, 4].map((at) => run(decode(at), Uint16Array.of(ONE, TWO), state).outputs.get("y"));
    // Columns of at + 1 rows, and the bias, which is preloaded once and grows by 1 in each step.
    expect(sums).toEqual([Float32Array.of(8, 11), Float32Array.of(10, 14), Float32Array.of(12, 17)]);
    run({ entry: "prefill" }, Uint16Array.of(TWO, TWO, TWO, TWO), state);
    expect(run(decode(1), Uint16Array.of(ONE, ONE), state).outputs.get("y")).toEqual(Float32Array.of(11, 11));
  });

  test("starts from bindings and zeros where there is no state", () => {
    // The cache is preloaded with a row of 5, and so is the bias.
    for (let i = 0; i < 2; i++) {
      expect(run(decode(1), Uint16Array.of(ONE, TWO), undefined).outputs.get("y")).toEqual(Float32Array.of(11, 12));
    }
    expect(run(decode(1), Uint16Array.of(ONE, TWO), new ProgramState(program)).outputs.get("y")).toEqual(
      Float32Array.of(11, 12),
    );
  });

  test("leaves the state alone if the run fails", () => {
    const state = new ProgramState(program);
    run(decode(0), Uint16Array.of(ONE, TWO), state);
    const before = state.digest();
    expect(() => run(decode(0), Uint16Array.of(ONE), state)).toThrow("needs 2 elements of f16, has 1");
    expect(state.digest()).toBe(before);
    run(decode(1), Uint16Array.of(ONE, TWO), state);
    expect(state.digest()).not.toBe(before);
  });

  test("takes the state of its program only", () => {
    const other = new ProgramState({ ...program });
    expect(() => run(decode(0), Uint16Array.of(ONE, TWO), other)).toThrow(RangeError);
  });
});

test("a buffer that has another size in another entry is refused", () => {
  const entry = (name: string, elements: number) => `  entry @${name} {
    code @a {
      buffer kept : f32[${elements}] at 0 B persistent
      kernel k0
      fill kept[0], 1.0
    }
    class a = @a on (2,1)+1x1
  }`;
  const text = `dfir 1 program @p for test8x8 grid 8x8\n  kernel k0 = t "k"\n${entry("one", 2)}\n${entry("two", 3)}\n`;
  const wrong = parseProgram(text).program;
  expect(verifyProgram(wrong).map(({ code }) => code)).toEqual(["PRG-022"]);
  const state = new ProgramState(wrong);
  const run = (name: string) =>
    simulateUntimed(wrong, TEST_MACHINE, weights, { entry: name, inputs: new Map(), state });
  run("one");
  expect(() => run("two")).toThrow("at 0 B takes 12 B, but 8 B were kept");
});

test("the fast engine times an entry once for the same step scalars, and loads its weights once", () => {
  let loads = 0;
  const counted = new FastProgram(program, TEST_MACHINE, () => {
    loads++;
    return weights();
  });
  const first = counted.session(decode(3));
  expect(counted.session(decode(3))).toBe(first);
  expect(counted.session(decode(4))).not.toBe(first);
  expect(counted.session({ entry: "prefill" })).not.toBe(first);
  expect(loads).toBe(1);
});
