// The fast engine on hand-made programs: what a session keeps and forgets between runs, faults and deadlocks as the other
// engines report them, the critical path. Cycle counts are compared in ../cycle/engine.test.ts, which runs this engine as well.
import { describe, expect, test } from "vitest";
import { simulateCycle } from "../cycle/engine.ts";
import { DeadlockError, ProgramFault, RunStopped } from "../fault.ts";
import { TEST_MACHINE } from "../testing/machine.ts";
import { noWeights, programOf } from "../testing/run-text.ts";
import { simulateUntimed } from "../untimed/engine.ts";
import { FastSession, simulateFast } from "./session.ts";

/** Adds up what it is fed: an accumulator in memory that starts at zero. */
const SUMS = `
    code @body colors(in, out) {
      buffer a : f32[4] at 0 B
      kernel k0
      bind in 0 in
      bind out 0 out
      recv_reduce add in, a[0, 4:1]
      kernel k1
      send out, a[0, 4:1]
    }
    class k0 = @body on (0,0)+1x1 colors(0, 1)
    route color 0 on (0,0)+1x1 : west -> ramp
    route color 1 on (0,0)+1x1 : ramp -> north
    stream in x = %x : f32[4] color 0 at west(0,0)
    stream out y = %y : f32[4] color 1 at north(0,0)`;

const feed = (...values: number[]) => new Map([["x", Float32Array.of(...values)]]);

describe("a session", () => {
  test("starts every run from the bindings and zeros", () => {
    const session = new FastSession(programOf(SUMS), TEST_MACHINE, noWeights);
    expect(session.run(feed(1, 2, 3, 4)).outputs.get("y")).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(session.run(feed(5, 6, 7, NaN)).outputs.get("y")).toEqual(Float32Array.of(5, 6, 7, NaN));
    expect(session.run(feed(1, 2, 3, 4)).outputs.get("y")).toEqual(Float32Array.of(1, 2, 3, 4));
  });

  test("gives outputs and digests that later runs do not change", () => {
    const session = new FastSession(programOf(SUMS), TEST_MACHINE, noWeights);
    const first = session.run(feed(1, 2, 3, 4));
    session.run(feed(5, 6, 7, 8));
    expect(first.outputs.get("y")).toEqual(Float32Array.of(1, 2, 3, 4));
  });

  test("needs neither weights nor inputs for timing alone", () => {
    const noOne = () => {
      throw new Error("asked for weights");
    };
    const options = { inputs: new Map(), timingOnly: true };
    const timed = simulateFast(programOf(SUMS), TEST_MACHINE, noOne, options);
    const whole = simulateFast(programOf(SUMS), TEST_MACHINE, noWeights, { inputs: feed(1, 2, 3, 4) });
    expect(timed.cycles).toBe(whole.cycles);
    expect(timed.outputs.size).toBe(0);
  });

  test("can be stopped", () => {
    const busy = programOf(`
    code @body {
      buffer a : f32[1] at 0 B
      kernel k0
      repeat i 1000000 {
        fill a[0], 1.0
      }
    }
    class k0 = @body on (0,0)+1x1`);
    const session = new FastSession(busy, TEST_MACHINE, noWeights);
    expect(() => session.run(new Map(), { shouldStop: () => true })).toThrow(RunStopped);
    expect(session.run(new Map()).quiescentCycles).toBe(7_000_000);
  });
});

describe("the critical path", () => {
  test("leads from the last output back to cycle 0", () => {
    const { cycles, ledger } = simulateFast(programOf(SUMS), TEST_MACHINE, noWeights, { inputs: feed(1, 2, 3, 4) });
    // Binds until 4; recv_reduce issued at 4 takes what has long arrived at 7 .. 10; send issued at 11 pushes at 14 .. 17. The
    // last wavelet is in the ramp queue at 19 and leaves in that cycle.
    const shown = ledger.criticalPath.map(({ kind, from, to, kernel }) => [kind, from, to, kernel]);
    expect(shown).toEqual([
      ["compute", 0, 4, 0],
      ["fabric", 4, 11, 0],
      ["fabric", 11, 17, 1],
      ["travel", 17, 20, 1],
    ]);
    expect(cycles).toBe(20);
  });

  test("is a host stream's where the wafer waits for it", () => {
    const program = programOf(`
    route color 0 on (0,0)+3x1 : west -> east
    route color 0 on (3,0)+5x1 : west -> east
    stream in x = %x : f32[4] color 0 at west(0,0)
    stream out y = %y : f32[4] color 0 at east(7,0)`);
    const { cycles, ledger } = simulateFast(program, TEST_MACHINE, noWeights, { inputs: feed(1, 2, 3, 4) });
    // Pushed at 0 .. 3, available at 4, out of (7,0) at 11.
    expect(cycles).toBe(12);
    expect(ledger.criticalPath).toEqual([
      { kind: "host", from: 0, to: 3, stream: "x", color: 0 },
      { kind: "travel", from: 3, to: 12, stream: "x", color: 0 },
    ]);
  });
});

/** Code, place and message of what an engine throws. */
function faultOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    if (!(error instanceof ProgramFault)) throw error;
    const { code, message, core, instruction, kernel } = error;
    return { code, message, core, instruction, kernel };
  }
  return undefined;
}

describe("faults are those of the untimed engine", () => {
  const body = (instructions: string, more = "") => `
    code @body colors(c, d) {
      buffer a : f32[8] at 0 B
      buffer b : f32[8] at 32 B
      kernel k0
      ${instructions}
    }
    class k0 = @body on (2,1)+1x1 colors(0, 1)
    ${more}`;
  const cases: Readonly<Record<string, string>> = {
    "SIM-003": body("repeat i 3 {\n fill a[4 * i, 4:1], 1.0\n }"),
    "SIM-004": body("repeat i 3 {\n binary add a[0], a[0], 2000000000 * i\n }"),
    "SIM-005": body("repeat i 3 {\n copy a[0, i:1], b[0, 2:1]\n }"),
    "SIM-006": body("fill b[0, 8:1], 1.0\n binary add a[0, 7:1], a[1, 7:1], b[0, 7:1]"),
    "SIM-007": body("recv c, a[0, 2:1]"),
    "SIM-008": body("bind in 0 c\n bind in 1 c"),
    "SIM-009": body("bind out 0 c\n bind out 1 d\n async 0 send c, a[0, 2:1]\n async 0 send d, a[0, 2:1]"),
    "SIM-010": body("bind out 0 c\n async 0 send c, a[0, 2:1]\n send c, a[0, 2:1]"),
    "SIM-011": body(
      "bind out 0 c\n async 0 send c, a[0, 2:1]\n fill a[1, 3:1], 2.0",
      "route color 0 on (2,1)+1x1 : ramp -> east\n route color 0 on (3,1)+5x1 : west -> east\n stream out y = %y : f32[2] color 0 at east(7,1)",
    ),
    "SIM-012": body(
      "bind out 0 c\n send c, a[0, 1:1]",
      "route color 0 on (2,1)+1x1 step(1,1) : ramp -> north\n route color 0 on (2,0)+1x1 : south -> north",
    ),
    "SIM-014": body("bind in 0 c\n async 1 recv c, a[0, 2:1]\n fill b[0], 1.0\n wait 1"),
    "SIM-015": body("bind out 0 c\n send c, a[0, 3:1]"),
  };
  test.each(Object.entries(cases))("%s", (code, text) => {
    const program = programOf(text);
    const options = { inputs: new Map() };
    const untimed = faultOf(() => simulateUntimed(program, TEST_MACHINE, noWeights, options));
    expect(untimed).toMatchObject({ code });
    expect(faultOf(() => simulateFast(program, TEST_MACHINE, noWeights, options))).toEqual(untimed);
  });

  test("a deadlock ends in the cycle that the cycle engine names", () => {
    const program = programOf(body("bind out 0 c\n send c, a[0, 8:1]\n recv d, a[0, 1:1]"));
    const caught = (run: () => unknown): DeadlockError => {
      try {
        run();
      } catch (error) {
        if (error instanceof DeadlockError) return error;
        throw error;
      }
      throw new Error("it ended");
    };
    const options = { inputs: new Map() };
    const cycle = caught(() => simulateCycle(program, TEST_MACHINE, noWeights, options));
    const fast = caught(() => simulateFast(program, TEST_MACHINE, noWeights, options));
    expect(fast.cycles).toBe(cycle.cycles);
    expect(fast.queues).toEqual(cycle.queues);
    // Ramp queue of 4: pushes at 5 .. 8.
    expect(fast.cycles).toBe(9);
  });
});
