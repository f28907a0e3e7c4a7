// Every fault that engines detect, provoked on all of them: same code, same place.
import { parseProgram } from "@waferc/ir/program";
import { describe, expect, test } from "vitest";
import { simulateCycle } from "./cycle/engine.ts";
import { DeadlockError, ProgramFault, RunStopped } from "./fault.ts";
import { machineWith, TEST_MACHINE } from "./testing/machine.ts";
import { type Inputs, noWeights, programOf } from "./testing/run-text.ts";
import { simulateUntimed } from "./untimed/engine.ts";

const ENGINES = { untimed: simulateUntimed, cycle: simulateCycle };

/** The fault that both engines end with; their places must agree. */
function faultOf(body: string, inputs: Inputs = {}, machine = TEST_MACHINE): ProgramFault {
  const program = programOf(body);
  const faults = Object.values(ENGINES).map((simulate) => {
    try {
      simulate(program, machine, noWeights, { inputs: new Map(Object.entries(inputs)) });
    } catch (error) {
      if (error instanceof ProgramFault) return error;
      throw error;
    }
    throw new Error("the program ended without a fault");
  });
  const [first, second] = faults as [ProgramFault, ProgramFault];
  expect(second.code).toBe(first.code);
  expect(second.core).toEqual(first.core);
  expect(second.instruction).toBe(first.instruction);
  return first;
}

/** One core with a code of one colour, `c`, and a buffer of four elements, `a`. */
function oneCore(body: string, routes = "route color 0 on (1,1)+1x1 : ramp -> east", count = 4): string {
  return `
    code @body colors(c, d) {
      buffer a : f32[${count}] at 0 B
      kernel k1
${body}
    }
    class k = @body on (1,1)+1x1 colors(0, 1)
    ${routes}`;
}

describe("faults of instructions", () => {
  test.each([
    ["SIM-003", "fill a[1, 4:1], 0.0", "element 4 of buffer"],
    ["SIM-003", "fill a[0, 2:-1], 0.0", "element -1 of buffer"],
    ["SIM-004", "iota a[0], 65536*(65536*x), 0", "4294967296"],
    ["SIM-005", "copy a[0, x:1], a[2, 2*y:1]", "[2] of buffer"],
    ["SIM-006", "fill a[0, 2:0], 0.0", "twice"],
    ["SIM-006", "copy a[0, 3:1], a[1, 3:1]", "another operand"],
    ["SIM-007", "send c, a[0]", "no output queue"],
    ["SIM-007", "recv c, a[0]", "no input queue"],
    ["SIM-008", "bind in 0 c\n bind in 1 c", "bound to another"],
    ["SIM-001", "bind in 4 c", "has 4"],
    ["SIM-001", "bind in 0 c\n async 4 recv c, a[0]", "has 4"],
    ["SIM-009", "bind in 0 c\n bind in 1 d\n async 0 recv c, a[0]\n async 0 recv d, a[1]", "no wait yet"],
    ["SIM-010", "bind in 0 c\n async 0 recv c, a[0]\n recv c, a[1]", "colour 0 in"],
    ["SIM-010", "bind in 0 c\n async 0 recv c, a[0]\n bind in 0 d", "colour 0 in"],
    [
      "SIM-011",
      "bind in 0 c\n async 0 recv c, a[0, 2:2]\n binary add a[1], a[2], 1.0",
      "read elements that microthread 0 writes",
    ],
    ["SIM-011", "bind out 0 c\n async 0 send c, a[0, 2:2]\n fill a[2], 1.0", "write elements that microthread 0 reads"],
  ])("%s %s", (code, body, message) => {
    const fault = faultOf(oneCore(body));
    expect(fault.code).toBe(code);
    expect(fault.message).toContain(message);
    expect(fault.core).toEqual({ x: 1, y: 1 });
    expect(fault.instruction).toMatch(/^body\[\d+\]$/);
    expect(fault.kernel).toBe("second");
  });

  test("elements between those of an outstanding operation are free", () => {
    const body = oneCore(
      "bind out 0 c\n async 0 send c, a[0, 2:2]\n fill a[1, 2:2], 1.0\n copy a[3], a[0]\n wait 0",
      "route color 0 on (1,1)+1x1 : ramp -> west\n route color 0 on (0,1)+1x1 : east -> west\n" +
        "stream out y = %y : f32[2] color 0 at west(0,1)",
    );
    for (const simulate of Object.values(ENGINES)) {
      const { outputs } = simulate(programOf(body), TEST_MACHINE, noWeights, { inputs: new Map() });
      expect(outputs.get("y")).toEqual(Float32Array.of(0, 0));
    }
  });

  test("names the place inside loops", () => {
    const fault = faultOf(oneCore("repeat i 3 {\n fill a[0], 0.0\n repeat j 3 {\n fill a[i + j], 0.0\n }\n }"));
    expect(fault.instruction).toBe("body[0.1.0]");
    expect(fault.message).toBe(
      'SIM-003 Cannot address element 4 of buffer "a": it has 4 elements at core(1,1), instruction body[0.1.0], kernel "second"'.replace(
        "SIM-003",
        "[SIM-003]",
      ),
    );
  });
});

describe("faults of the fabric", () => {
  test("SIM-012 off the grid and over a dead link", () => {
    const body = (side: string) =>
      oneCore("bind out 0 c\n send c, a[0, 2:1]", `route color 0 on (1,1)+1x1 : ramp -> ${side}`);
    const dead = machineWith({ defects: { cores: [], links: [{ x: 1, y: 1, direction: "east" }] } });
    expect(faultOf(body("east"), {}, dead)).toMatchObject({ code: "SIM-012", core: { x: 1, y: 1 } });
    const west = `${body("west")}\n route color 0 on (0,1)+1x1 : east -> west`;
    expect(faultOf(west)).toMatchObject({ code: "SIM-012", core: { x: 0, y: 1 } });
  });

  test("SIM-013 a surplus wavelet", () => {
    const body = oneCore(
      "bind out 0 c\n send c, a[0, 3:1]",
      "route color 0 on (1,1)+1x1 : ramp -> west\n route color 0 on (0,1)+1x1 : east -> west\n" +
        "stream out y = %y : f32[2] color 0 at west(0,1)",
    );
    expect(faultOf(body)).toMatchObject({ code: "SIM-013", core: { x: 0, y: 1 } });
  });

  test("a control wavelet at the end of an output route is no surplus", () => {
    const body = oneCore(
      "bind out 0 c\n send c, a[0, 2:1]\n close c",
      "route color 0 on (1,1)+1x1 : ramp -> west\n route color 0 on (0,1)+1x1 : east -> west\n" +
        "stream out y = %y : f32[2] color 0 at west(0,1)",
    );
    for (const simulate of Object.values(ENGINES)) {
      expect(simulate(programOf(body), TEST_MACHINE, noWeights, { inputs: new Map() }).waveletHops).toBe(3);
    }
  });
});

describe("deadlock", () => {
  test("SIM-014 names who waits for whom", () => {
    const fault = faultOf(`
    code @left colors(c, d) {
      buffer a : f32[40] at 0 B
      kernel k0
      bind in 0 d
      bind out 0 c
      async 1 send c, a[0, 20:1]
      recv d, a[20, 2:1]
      wait 1
    }
    code @right colors(c, d) {
      buffer a : f32[40] at 0 B
      kernel k1
      bind in 0 c
      bind out 0 d
      close d
      open d east -> ramp
      wait 2
      recv c, a[0, 20:1]
    }
    class l = @left on (2,3)+1x1 colors(0, 1)
    class r = @right on (3,3)+1x1 colors(0, 1)
    route color 0 on (2,3)+1x1 : ramp -> east
    route color 0 on (3,3)+1x1 : west -> ramp
    route color 1 on (3,3)+1x1 : ramp -> west transit
    route color 1 on (2,3)+1x1 : east -> ramp`);
    expect(fault).toBeInstanceOf(DeadlockError);
    const { threads, queues, code } = fault as DeadlockError;
    expect(code).toBe("SIM-014");
    expect(threads.map((t) => [t.core.x, t.thread, t.instruction, t.cause, t.color, t.direction])).toEqual([
      [2, "main", "left[3]", "recv", 1, "in"],
      [2, 1, "left[2]", "send", 0, "out"],
      [3, "main", "right[3]", "open", 1, undefined],
    ]);
    expect(queues.map((q) => [q.core.x, q.color, q.port, q.wavelets, q.reason])).toEqual([
      [2, 0, "ramp", 4, "the queue to core(3,3) is full"],
      [3, 0, "west", 4, "the input queue of the core is full"],
      [3, 0, "core", 4, "no instruction of the core takes them"],
    ]);
    expect(fault.message).toContain("core(2,3) main thread waits in left[3] on colour 1 in: no wavelet comes");
  });

  test("SIM-014 a wait for a microthread, an unbound colour", () => {
    const fault = faultOf(`
    code @body colors(c) {
      buffer a : f32[4] at 0 B
      kernel k0
      bind in 0 c
      async 0 recv c, a[0, 2:1]
      wait 0
    }
    code @tx colors(c) {
      buffer a : f32[4] at 0 B
      kernel k0
      bind out 0 c
      send c, a[0, 2:1]
    }
    class r = @body on (0,0)+1x1 colors(0)
    class l = @tx on (1,0)+1x1 colors(1)
    route color 1 on (1,0)+1x1 : ramp -> west
    route color 1 on (0,0)+1x1 : east -> ramp`) as DeadlockError;
    expect(fault.threads.map((t) => [t.thread, t.cause])).toEqual([
      ["main", "wait"],
      [0, "recv"],
    ]);
    expect(fault.queues.map((q) => q.reason)).toEqual(["no input queue of the core is bound to the colour"]);
  });

  test("SIM-015 lists what is left over", () => {
    const fault = faultOf(
      `${oneCore("bind in 0 c\n recv c, a[0, 2:1]", "route color 0 on (0,1)+1x1 : west -> east\n route color 0 on (1,1)+1x1 : west -> ramp")}
    stream in x = %x : f32[3] color 0 at west(0,1)
    stream in z = %z : f32[9] color 5 at west(0,0)`,
      { x: new Float32Array(3), z: new Float32Array(9) },
    ) as DeadlockError;
    expect(fault.code).toBe("SIM-015");
    expect(fault.queues.map((q) => [q.color, q.port, q.wavelets, q.reason])).toEqual([
      [5, "west", 4, "no rule was ever given"],
      [0, "core", 1, "no instruction of the core takes them"],
    ]);
    expect(fault.streams).toEqual([{ name: "z", moved: 4, wavelets: 9 }]);
  });
});

describe("before the run", () => {
  const simple = oneCore("fill a[0], 1.0");
  test("SIM-001 a program for another machine, a dead core", () => {
    const dead = machineWith({ defects: { cores: [{ x: 1, y: 1 }], links: [] } });
    expect(faultOf(simple, {}, dead)).toMatchObject({ code: "SIM-001", core: { x: 1, y: 1 } });
    expect(faultOf(simple, {}, { ...TEST_MACHINE, width: 9 }).message).toContain("9 x 8");
    expect(
      faultOf(
        oneCore("fill a[0], 1.0").replace("colors(0, 1)", "colors(0, 9)").replace("fill a[0], 1.0", "bind in 0 d"),
      ).message,
    ).toContain("Cannot use colour 9: the machine has 8");
  });

  test("SIM-002 inputs and step scalars", () => {
    const streamed = `${simple}\n stream in x = %x : f32[3] color 0 at west(0,1)`;
    expect(faultOf(streamed)).toMatchObject({ code: "SIM-002" });
    expect(faultOf(streamed, { x: new Int32Array(3) })).toMatchObject({ code: "SIM-002" });
    expect(faultOf(streamed, { x: new Float32Array(2) }).message).toContain("needs 3 elements of f32, has 2");
    const { program } = parseProgram(`dfir 1 program @t for test8x8 grid 8x8
  kernel k0 = t "k"
  entry @main {
    step pos 0 .. 5
  }`);
    const run = (pos: number) => () =>
      simulateCycle(program, TEST_MACHINE, noWeights, { inputs: new Map(), steps: new Map([["pos", pos]]) });
    expect(run(6)).toThrow(/must lie in 0 \.\. 5, but it is 6/);
    expect(run(5)().quiescentCycles).toBe(0);
  });

  test("SIM-016 a run of more than 2^29 cycles", () => {
    const long = machineWith({ core: { vectorStartCycles: 2 ** 29 } });
    const body = oneCore("fill a[0], 1.0\n bind out 0 c");
    const run = () => simulateCycle(programOf(body), long, noWeights, { inputs: new Map() });
    expect(run).toThrow("[SIM-016] Cannot count beyond cycle 536870912");
  });

  test("a run can be stopped", () => {
    const endless = programOf(oneCore("repeat i 1000000 {\n fill a[0], 1.0\n bind out 0 c\n }"));
    for (const simulate of Object.values(ENGINES)) {
      const options = { inputs: new Map<string, Float32Array>(), shouldStop: () => true };
      expect(() => simulate(endless, TEST_MACHINE, noWeights, options)).toThrow(RunStopped);
    }
  });
});
