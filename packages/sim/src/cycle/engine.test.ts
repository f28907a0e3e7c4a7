// Cycle counts of hand-made programs, with the arithmetic. The machine: hop 1, ramp 2, fabric start 3, control 2, vector start 5,
// loop 1, one cycle an element, all queues 4 deep (testing/machine.ts).
import { parseProgram, verifyProgram } from "@waferc/ir/program";
import type { Program } from "@waferc/ir/program";
import { describe, expect, test } from "vitest";
import { machineWith, TEST_MACHINE } from "../testing/machine.ts";
import { simulateCycle } from "./engine.ts";
import { simulateUntimed } from "../untimed/engine.ts";

const HEAD = `dfir 1 program @t for test8x8 grid 8x8
  kernel k0 = t "first"
  kernel k1 = t "second"
  entry @main {
`;

function program(body: string): Program {
  const { program: parsed } = parseProgram(`${HEAD}${body}\n  }\n`);
  expect(verifyProgram(parsed)).toEqual([]);
  return parsed;
}

const noWeights = () => new Float32Array(0);

function run(body: string, inputs: Record<string, Float32Array | Int32Array> = {}, machine = TEST_MACHINE) {
  const options = { inputs: new Map(Object.entries(inputs)) };
  const parsed = program(body);
  const untimed = simulateUntimed(parsed, machine, noWeights, options);
  const random = simulateUntimed(parsed, machine, noWeights, { ...options, seed: 1 });
  const cycle = simulateCycle(parsed, machine, noWeights, options);
  const shuffled = simulateCycle(parsed, machine, noWeights, { ...options, visitSeed: 1 });
  expect(cycle.outputs).toEqual(untimed.outputs);
  expect(random.outputs).toEqual(untimed.outputs);
  expect(cycle.memoryDigest()).toBe(untimed.memoryDigest());
  expect(random.memoryDigest()).toBe(untimed.memoryDigest());
  expect(cycle.waveletHops).toBe(untimed.waveletHops);
  const { memoryDigest: a, ...left } = cycle;
  const { memoryDigest: b, ...right } = shuffled;
  expect(right).toEqual(left);
  expect(b()).toBe(a());
  return cycle;
}

describe("hand-computed cycles", () => {
  test("local instructions and loops", () => {
    const { quiescentCycles, cycles } = run(`
    code @body {
      buffer a : f32[8] at 0 B
      kernel k0
      fill a[0, 8:1], 1.0
      kernel k1
      repeat i 3 {
        binary add a[i], a[i], 1.0
      }
      fill a[0, 0:1], 1.0
    }
    class k0 = @body on (0,0)+1x1`);
    // fill 5 + 8; three times loop 1 + (5 + 1); empty fill 2
    expect(quiescentCycles).toBe(13 + 3 * 7 + 2);
    expect(cycles).toBe(0);
  });

  test("send and receive over three hops", () => {
    const result = run(`
    code @tx colors(c) {
      buffer a : f32[3] at 0 B
      kernel k0
      bind out 0 c
      send c, a[0, 3:1]
    }
    code @rx colors(c) {
      buffer a : f32[3] at 0 B
      kernel k1
      bind in 0 c
      recv c, a[0, 3:1]
    }
    class k0 = @tx on (0,0)+1x1 colors(0)
    class k1 = @rx on (3,0)+1x1 colors(0)
    route color 0 on (0,0)+1x1 : ramp -> east
    route color 0 on (1,0)+2x1 : west -> east
    route color 0 on (3,0)+1x1 : west -> ramp`);
    // bind 2; send issued at 2, pushes at 5, 6, 7, so the sender ends at 8. First wavelet: in the ramp queue at 7, leaves (0,0)
    // at 7, (1,0) at 8, (2,0) at 9, (3,0) at 10, in the core's queue at 12; the third is received at 14: quiet from 15.
    expect(result.quiescentCycles).toBe(15);
    expect(result.waveletHops).toBe(9);
    const { cores } = result.ledger;
    expect([...cores.busy]).toEqual([2 + 3 + 3, 2 + 3 + 3]);
    // The receiver may move from 5 on and waits for 12.
    expect([...cores.stalls.recv]).toEqual([0, 7]);
    expect([...cores.stalls.done]).toEqual([7, 0]);
  });
});
