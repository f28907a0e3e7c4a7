// Cycle counts of hand-made programs, with the arithmetic. The machine: hop 1, ramp 2, fabric start 3, control 2, vector start 5,
// loop 1, one cycle an element, all queues 4 deep (testing/machine.ts). `runText` also compares all engines.
import { describe, expect, test } from "vitest";
import { machineWith, TEST_MACHINE } from "../testing/machine.ts";
import { type Inputs, noWeights, programOf, runText } from "../testing/run-text.ts";
import { simulateCycle } from "./engine.ts";

describe("main threads", () => {
  test("local instructions and loops", () => {
    const { quiescentCycles, cycles, ledger } = runText(`
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
    expect(ledger.kernels.map(({ kernel, busyCycles }) => [kernel, busyCycles])).toEqual([
      [0, 13],
      [1, 23],
    ]);
  });

  test("matmul pays one vector start for each call along its longer side", () => {
    const { quiescentCycles } = runText(`
    code @body {
      buffer a : f32[6] at 0 B
      buffer b : f32[12] at 24 B
      buffer c : f32[8] at 72 B
      kernel k0
      matmul c[0, 2:4, 4:1], a[0, 2:3, 3:1], b[0, 3:4, 4:1]
      reduce add c[0], b[0, 12:1]
    }
    class k0 = @body on (0,0)+1x1`);
    // [2,3] x [3,4]: 3 * min(2, 4) calls of 5, 24 elements; reduce 5 + 12
    expect(quiescentCycles).toBe(3 * 2 * 5 + 24 + 5 + 12);
  });

  test("an async send overlaps with work, and wait joins it", () => {
    const { ledger } = runText(`
    code @tx colors(c) {
      buffer a : f32[4] at 0 B
      buffer b : f32[8] at 16 B
      kernel k0
      bind out 0 c
      async 1 send c, a[0, 4:1]
      fill b[0, 2:1], 1.0
      wait 1
      wait 1
      async 1 send c, a[0, 4:1]
      wait 1
    }
    code @rx colors(c) {
      buffer a : f32[8] at 0 B
      kernel k1
      bind in 0 c
      recv c, a[0, 8:1]
    }
    class k0 = @tx on (0,0)+1x1 colors(0)
    class k1 = @rx on (1,0)+1x1 colors(0)
    route color 0 on (0,0)+1x1 : ramp -> east
    route color 0 on (1,0)+1x1 : west -> ramp`);
    // bind 0-2; async issued at 2, next issue at 5, wavelets at 5 .. 8; fill 5 + 2 until 12; two idle waits until 16; async
    // issued at 16, wavelets at 19 .. 22; wait issued at 19 may end at 21, but the last wavelet is at 22: 23.
    expect([...ledger.cores.stalls.wait]).toEqual([2, 0]);
    expect([...ledger.cores.busy]).toEqual([21, 2 + 3 + 8]);
    // Receiver: 5 on; first wavelet pushed at 5, ramp queue 7, east 7, at (1,0) 8, core 10 .. 13; the second four pushed 19 ..
    // 22, received at 24 .. 27. It waits from 5 to 10 and from 14 to 24.
    expect([...ledger.cores.stalls.recv]).toEqual([0, 5 + 10]);
    expect(ledger.quiescentCycles).toBe(28);
  });
});

const SEND_AND_RECEIVE = `
    code @tx colors(c) {
      buffer a : f32[8] at 0 B
      kernel k0
      bind out 0 c
      send c, a[0, 8:1]
    }
    code @rx colors(c) {
      buffer a : f32[8] at 0 B
      kernel k1
      bind in 0 c
      recv c, a[0, 8:1]
    }
    class k0 = @tx on (0,0)+1x1 colors(0)
    class k1 = @rx on (1,0)+1x1 colors(0)
    route color 0 on (0,0)+1x1 : ramp -> east
    route color 0 on (1,0)+1x1 : west -> ramp`;

describe("sends from memory", () => {
  test("pause after every third wavelet, and not after the last", () => {
    const { ledger } = runText(SEND_AND_RECEIVE, {}, machineWith({ core: { sendPauseEvery: 3 } }));
    // bind 2, start 3; pushes at 5 6 7, 9 10 11, 13 14: 8 wavelets and 2 pauses
    expect([...ledger.cores.busy]).toEqual([2 + 3 + 8 + 2, 2 + 3 + 8]);
    // The first is received at 5 + ramp 2 + hop 1 + ramp 2 = 10, the last at 19.
    expect([...ledger.cores.stalls.recv]).toEqual([0, 5 + 2]);
    expect(ledger.quiescentCycles).toBe(20);
    expect(runText(SEND_AND_RECEIVE, {}, machineWith({ core: { sendPauseEvery: 4 } })).quiescentCycles).toBe(19);
  });

  test("a pause hides where the output queue is full", () => {
    const machine = machineWith({ core: { sendPauseEvery: 1 }, fabric: { outputQueueDepth: 1 } });
    // One slot: pushed at t, leaves at t + 2, free at t + 3; 8 wavelets from 5 to 26, received from 10 to 31.
    expect(runText(SEND_AND_RECEIVE, {}, machine).quiescentCycles).toBe(32);
  });

  test("take emitCycles to the ramp", () => {
    // 8 wavelets from 5 on, the first received at 5 + emit 4 + ramp 2 + hop 1 + ramp 2 = 14. A slot of the output queue is taken
    // for 7 cycles and there are 4, so the second four come 7 cycles after the first, up to 14 + 7 + 3 = 24.
    const machine = machineWith({ core: { emitCycles: 4 } });
    expect(runText(SEND_AND_RECEIVE, {}, machine).quiescentCycles).toBe(25);
    const deep = machineWith({ core: { emitCycles: 4 }, fabric: { outputQueueDepth: 8 } });
    expect(runText(SEND_AND_RECEIVE, {}, deep).quiescentCycles).toBe(14 + 8);
  });
});

describe("wavelets", () => {
  test("cross three hops", () => {
    const result = runText(`
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

  test("multicast to a row, from a host stream and to another", () => {
    const result = runText(
      `
    code @body colors(in, out) params(i) {
      buffer a : f32[4] at 0 B
      kernel k0
      bind in 0 in
      bind out 0 out
      recv in, a[0, 4:1]
      binary mul a[0, 4:1], a[0, 4:1], i
      send out, a[0, 4:1]
    }
    class k0 = @body on (0,1)+3x1 colors(0, 1) params(x + 2)
    route color 0 on (0,1)+2x1 : west -> east ramp
    route color 0 on (2,1)+1x1 : west -> ramp
    route color 1 on (0,1)+3x1 : ramp -> north
    route color 1 on (0,0)+3x1 : south -> north
    stream in x = %x : f32[4] color 0 at west(0,1)
    stream out y0 = %y0 : f32[4] color 1 at north(0,0)
    stream out y1 = %y1 : f32[2,2] color 1 at north(1,0)
    stream out y2 = %y2 : f32[4] color 1 at north(2,0)`,
      { x: Float32Array.of(1, -2, 3, 4) },
    );
    expect(result.outputs.get("y1")).toEqual(Float32Array.of(3, -6, 9, 12));
    expect(result.outputs.get("y2")).toEqual(Float32Array.of(4, -8, 12, 16));
    // Each wavelet: 2 links east, and 1 link north in each column; the host ports do not count.
    expect(result.waveletHops).toBe(4 * 2 + 4 * 3);
    // Two binds 4, recv may move from 7. Host pushes at 0 .. 3; first wavelet at (0,1) at 1, at (1,1) 2, at (2,1) 3; core (2,1)
    // has bound the colour at 2, so its queue takes it at 3, available at 5. recv at (2,1): 7 .. 10, issue 11, mul 5 + 4: 20, send
    // pushes at 23 .. 26; the last leaves (2,1) at 28, (2,0) at 29.
    expect(result.cycles).toBe(30);
    expect(result.quiescentCycles).toBe(30);
  });

  test("a chain of forwards is pipelined", () => {
    const result = runText(`
    code @first colors(out) {
      buffer a : f32[6] at 0 B
      kernel k0
      fill a[0, 6:1], 1.5
      bind out 0 out
      send out, a[0, 6:1]
    }
    code @middle colors(in, out) {
      buffer a : f32[6] at 0 B
      kernel k0
      iota a[0, 6:1], x, 0
      bind in 0 in
      bind out 0 out
      forward add in -> out, a[0, 6:1]
    }
    code @last colors(in) {
      buffer a : f32[6] at 0 B
      kernel k1
      bind in 0 in
      recv_reduce add in, a[0, 6:1]
    }
    class k0 = @first on (3,0)+1x1 colors(1)
    class k1 = @middle on (2,0)+1x1 colors(1, 0)
    class k2 = @middle on (1,0)+1x1 colors(0, 1)
    class k3 = @last on (0,0)+1x1 colors(1)
    route color 0 on (2,0)+1x1 : ramp -> west
    route color 0 on (1,0)+1x1 : east -> ramp
    route color 1 on (1,0)+2x1 step(2,1) : ramp -> west
    route color 1 on (0,0)+2x1 step(2,1) : east -> ramp`);
    // (3,0): fill 11, bind 13, pushes at 16 .. 21. From push to the next core's queue: ramp 2, leave, hop 1, leave, ramp 2: 5.
    // (2,0) forwards at 21 .. 26, (1,0) at 26 .. 31, (0,0) takes at 31 .. 36.
    expect(result.quiescentCycles).toBe(37);
    expect(result.waveletHops).toBe(18);
    expect(result.contentionEvents).toBe(0);
  });

  test("a slow receiver pushes back through every queue", () => {
    const result = runText(`
    code @tx colors(c) {
      buffer a : f32[20] at 0 B
      kernel k0
      bind out 0 c
      send c, a[0, 20:1]
    }
    code @rx colors(c) {
      buffer a : f32[100] at 0 B
      kernel k1
      bind in 0 c
      fill a[0, 93:1], 1.0
      recv c, a[0, 20:1]
    }
    class k0 = @tx on (0,0)+1x1 colors(0)
    class k1 = @rx on (1,0)+1x1 colors(0)
    route color 0 on (0,0)+1x1 : ramp -> east
    route color 0 on (1,0)+1x1 : west -> ramp`);
    // Queues on the way: ramp 4, west 4, core 4: the sender pushes 12 at 5 .. 16 and then waits for a slot. The receiver: bind 2,
    // fill 98, recv may move from 103. It frees a slot of the core's queue at 103; (1,0) fills it at 104, (0,0) moves at 105,
    // and the sender pushes its 13th at 106. From then on each passes one a cycle: 8 pushes at 106 .. 113.
    expect([...result.ledger.cores.stalls.send]).toEqual([106 - 17, 0]);
    // The wavelet of 104 is available at 106, behind the four taken at 103 .. 106: one a cycle without a gap: 103 .. 122.
    expect([...result.ledger.cores.stalls.recv]).toEqual([0, 0]);
    expect(result.quiescentCycles).toBe(123);
  });

  test("shallow queues leave gaps", () => {
    const machine = machineWith({ fabric: { linkQueueDepth: 1, inputQueueDepth: 1, outputQueueDepth: 1 } });
    const result = runText(
      `
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
    class k1 = @rx on (1,0)+1x1 colors(0)
    route color 0 on (0,0)+1x1 : ramp -> east
    route color 0 on (1,0)+1x1 : west -> ramp`,
      {},
      machine,
    );
    // One slot each. Push at 5, leaves the ramp queue at 7 (free at 8), so pushes at 5, 8, 11, leaving at 7, 10, 13; (1,0) at 8,
    // 11, 14; taken at 10, 13, 16.
    expect(result.quiescentCycles).toBe(17);
    expect([...result.ledger.cores.stalls.send]).toEqual([4, 0]);
  });
});

describe("links", () => {
  test("count their wavelets, host ports and ramps left out", () => {
    const body = `
    code @rx colors(c) {
      buffer a : f32[3] at 0 B
      kernel k0
      bind in 0 c
      recv c, a[0, 3:1]
    }
    class k0 = @rx on (1,0)+1x1 colors(0)
    route color 0 on (0,0)+1x1 : west -> east south
    route color 0 on (1,0)+1x1 : west -> ramp
    route color 0 on (0,1)+1x1 : north -> west
    stream in x = %x : f32[3] color 0 at west(0,0)
    stream out y = %y : f32[3] color 0 at west(0,1)`;
    const options = { inputs: new Map([["x", new Float32Array(3)]]), linkWavelets: true };
    const { linkWavelets, waveletHops } = simulateCycle(programOf(body), TEST_MACHINE, noWeights, options);
    expect([...linkWavelets!.subarray(0, 4)]).toEqual([0, 3, 3, 0]);
    expect(linkWavelets!.reduce((sum, wavelets) => sum + wavelets, 0)).toBe(waveletHops);
  });
});

describe("contention", () => {
  test("two colours share a link in turn", () => {
    const result = runText(`
    code @tx colors(a, b) {
      buffer v : f32[4] at 0 B
      kernel k0
      bind out 0 a
      bind out 1 b
      async 0 send a, v[0, 4:1]
      send b, v[0, 4:1]
    }
    code @rx colors(a, b) {
      buffer v : f32[8] at 0 B
      kernel k1
      bind in 0 a
      bind in 1 b
      async 0 recv a, v[0, 4:1]
      recv b, v[4, 4:1]
    }
    class k0 = @tx on (0,0)+1x1 colors(2, 5)
    class k1 = @rx on (1,0)+1x1 colors(2, 5)
    route color 2 on (0,0)+1x1 : ramp -> east
    route color 5 on (0,0)+1x1 : ramp -> east
    route color 2 on (1,0)+1x1 : west -> ramp
    route color 5 on (1,0)+1x1 : west -> ramp`);
    // Binds until 4; async issued at 4 moves from 7; send issued at 7 moves from 10. Pushes of colour 2 at 7, 8, 9, 10?: at 10
    // both want the ramp; 10 mod 8 = 2, colour 2 is first: colour 5 loses one cycle and pushes at 11 .. 14. So one event.
    expect(result.contentionEvents).toBe(1);
    expect([...result.ledger.cores.stalls.ramp]).toEqual([1, 0]);
    // The last push, at 14, is taken 5 cycles later.
    expect(result.quiescentCycles).toBe(20);
  });

  test("streams of one host port alternate", () => {
    const result = runText(
      `
    code @rx colors(a, b) {
      buffer v : i32[4] at 0 B
      kernel k1
      bind in 0 a
      bind in 1 b
      recv a, v[0, 2:1]
      recv b, v[2, 2:1]
    }
    class k1 = @rx on (0,0)+1x1 colors(0, 1)
    route color 0 on (0,0)+1x1 : west -> ramp
    route color 1 on (0,0)+1x1 : west -> ramp
    stream in a = %a : i32[2] color 0 at west(0,0)
    stream in b = %b : i32[2] color 1 at west(0,0)`,
      { a: Int32Array.of(1, 2), b: Int32Array.of(3, 4) },
    );
    // Cycle 0 starts with colour 0, so b loses; cycle 1 with colour 1, so a loses; then a (colour 2 first, so 0 before 1: b
    // loses), then b: pushes a b a b, three events. Ramp: colours are bound at 2 and 4.
    // a: available at 1 and 3; leaves at 2 and 3. b: available at 2 and 4; bound at 4: leaves at 4 and 5.
    expect(result.contentionEvents).toBe(3);
    // recv a issued at 4 moves from 7 to 8; recv b issued at 9, at 12 and 13.
    expect(result.quiescentCycles).toBe(14);
  });
});

describe("switches and epochs", () => {
  test("advance steps every router that it passes", () => {
    const result = runText(`
    code @tx colors(c) params(n) {
      buffer a : f32[2] at 0 B
      kernel k0
      iota a[0, 2:1], x + 1, 0
      bind out 0 c
      send c, a[0, n:1]
      advance c
    }
    code @rx colors(c) {
      buffer a : f32[3] at 0 B
      kernel k1
      bind in 0 c
      recv c, a[0, 3:1]
    }
    class k0 = @tx on (0,0)+1x1 colors(0) params(2)
    class k1 = @tx on (1,0)+1x1 colors(0) params(1)
    class k2 = @rx on (2,0)+1x1 colors(0)
    route color 0 on (0,0)+1x1 : ramp -> east
    route color 0 on (1,0)+1x1 : west -> east, ramp -> east
    route color 0 on (2,0)+1x1 : west -> ramp`);
    // (0,0): fill 7, bind 9, pushes at 12, 13; advance issued at 14, pushed at 16. Wavelets leave (0,0) at 14, 15, the advance at
    // 18, (1,0) at 19, acting for 20. (1,0) has pushed its one at 12, which waits in the ramp queue until 20, and its
    // advance at 15 until 21. (2,0) gets the last at 21, taken at 23. The second advance leaves (1,0) at 21 and is consumed at
    // (2,0), whose only destination is the ramp, at 22.
    expect(result.quiescentCycles).toBe(24);
    // 2 data over 2 links, 1 over 1; the advances over 2 and 1.
    expect(result.waveletHops).toBe(2 * 2 + 1 + 2 + 1);
  });

  test("close, rebind and open reuse a colour in the other direction", () => {
    const result = runText(`
    code @left colors(c, d) {
      buffer a : f32[2] at 0 B
      kernel k0
      fill a[0, 2:1], 1.0
      bind out 0 c
      send c, a[0, 2:1]
      close c
      open c east -> ramp
      bind in 0 c
      recv c, a[0, 2:1]
    }
    code @right colors(c) {
      buffer a : f32[2] at 0 B
      kernel k1
      bind in 0 c
      recv c, a[0, 2:1]
      binary add a[0, 2:1], a[0, 2:1], 1.0
      open c ramp -> west
      bind out 0 c
      send c, a[0, 2:1]
    }
    class k0 = @left on (0,0)+1x1 colors(3, 3)
    class k1 = @right on (1,0)+1x1 colors(3)
    route color 3 on (0,0)+1x1 : ramp -> east
    route color 3 on (1,0)+1x1 : west -> ramp`);
    // Left: fill 7, bind 9, pushes at 12, 13, close issued at 14, pushed at 16, leaves (0,0) at 18: closed from 19. open issued at
    // 17, blocked until 19, next issue 21. bind 23, recv from 26. Right: bind 2, recv from 5, takes at 17, 18 (12 + 5), issue
    // 19, add 7: 26. The close arrives at (1,0) at 19 and is consumed there: closed from 20. open 26 to 28, bind 30, pushes at
    // 33, 34; taken at 38, 39.
    expect([...result.ledger.cores.stalls.control]).toEqual([2, 0]);
    expect([...result.ledger.cores.stalls.recv]).toEqual([38 - 26, 17 - 5]);
    expect(result.quiescentCycles).toBe(40);
  });

  test("transit passes a close without acting", () => {
    const result = runText(
      `
    code @tx colors(c) {
      buffer a : f32[2] at 0 B
      kernel k0
      bind out 0 c
      close c
      open c ramp -> south
      bind out 1 d
    }
    class k0 = @tx on (0,0)+1x1 colors(0, 1)
    route color 0 on (0,0)+1x1 : ramp -> east
    route color 0 on (1,0)+1x1 : west -> east transit
    route color 0 on (2,0)+1x1 : west -> ramp`.replace("colors(c)", "colors(c, d)"),
    );
    // bind 2, close pushed at 4, leaves at 6; open issued at 5 may act at 7, next issue 9, bind until 11. The close passes (1,0) at
    // 7 and ends at (2,0) at 8.
    expect(result.quiescentCycles).toBe(11);
    expect(result.waveletHops).toBe(2);
  });
});

describe("critical path", () => {
  /** Stretches as `kind from-to code[path]` or the stream's name. */
  function pathOf(body: string, inputs: Inputs): string[] {
    return runText(body, inputs).ledger.criticalPath.map(
      ({ kind, from, to, instruction, stream, core }) =>
        `${kind} ${from}-${to} ${instruction ?? stream ?? `(${core!.x},${core!.y})`}`,
    );
  }

  test("goes from the output back through the slowest core", () => {
    const body = `
    code @work colors(in, out) {
      buffer a : f32[4] at 0 B
      buffer b : f32[50] at 16 B
      kernel k0
      bind in 0 in
      bind out 0 out
      recv in, a[0, 2:1]
      kernel k1
      fill b[0, 30:1], 1.0
      send out, a[0, 2:1]
    }
    code @join colors(in, out) {
      buffer a : f32[4] at 0 B
      kernel k0
      bind in 0 in
      bind out 0 out
      recv in, a[0, 2:1]
      send out, a[0, 2:1]
    }
    class w = @work on (0,0)+1x1 colors(0, 1)
    class j = @join on (1,0)+1x1 colors(1, 2)
    route color 0 on (0,0)+1x1 : west -> ramp
    route color 1 on (0,0)+1x1 : ramp -> east
    route color 1 on (1,0)+1x1 : west -> ramp
    route color 2 on (1,0)+1x1 : ramp -> north
    stream in x = %x : f32[2] color 0 at west(0,0)
    stream out y = %y : f32[2] color 2 at north(1,0)`;
    // (0,0): binds until 4, recv takes at 7 and 8, fill 9 to 44, send issued at 44 pushes at 47 and 48. (1,0) takes at 52 and 53,
    // pushes at 57 and 58, and the last wavelet leaves at 60.
    expect(pathOf(body, { x: new Float32Array(2) })).toEqual([
      "compute 0-4 work[0]",
      "fabric 4-9 work[2]",
      "compute 9-44 work[3]",
      "fabric 44-47 work[4]",
      "travel 47-52 work[4]",
      "fabric 52-54 join[2]",
      "fabric 54-58 join[3]",
      "travel 58-61 join[3]",
    ]);
  });
});
