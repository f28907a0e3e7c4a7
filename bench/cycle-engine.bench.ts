// How many wavelet-hops a second does the cycle engine simulate? Three loads on 32 x 32 cores of mesh32x32: `stream` crosses a row
// without stopping (routers alone), `gather` stops at every core of the row (routers and receives), `chain` is added to and sent
// on by every core (routers, receives and sends). Prints millions of hops a second; a multicast counts once for each link.
import { loadMachine } from "@waferc/machine";
import { parseProgram } from "@waferc/ir/program";
import type { Program } from "@waferc/ir/program";
import { simulateCycle } from "@waferc/sim";
import { bench, describe } from "vitest";

const WIDTH = 32;
const ELEMENTS = 100;
const ROUNDS = 50;

function program(body: string): Program {
  return parseProgram(`dfir 1 program @bench for mesh32x32 grid ${WIDTH}x${WIDTH}
  kernel k0 = bench "k"
  entry @main {
    code @source colors(out) {
      buffer a : f32[${ELEMENTS}] at 0 B
      kernel k0
      fill a[0, ${ELEMENTS}:1], 1.0
      bind out 0 out
      repeat r ${ROUNDS} {
        send out, a[0, ${ELEMENTS}:1]
      }
    }
    code @middle colors(in, out) {
      buffer a : f32[${ELEMENTS}] at 0 B
      kernel k0
      bind in 0 in
      bind out 0 out
      repeat r ${ROUNDS} {
        forward add in -> out, a[0, ${ELEMENTS}:1]
      }
    }
    code @sink colors(in) {
      buffer a : f32[${ELEMENTS}] at 0 B
      kernel k0
      bind in 0 in
      repeat r ${ROUNDS} {
        recv_reduce max in, a[0, ${ELEMENTS}:1]
      }
    }
${body}
  }`).program;
}

const ROW = `
    class source = @source on (0,0)+1x${WIDTH} colors(0)
    route color 0 on (0,0)+1x${WIDTH} : ramp -> east
    route color 0 on (${WIDTH - 1},0)+1x${WIDTH} : west -> ramp`;

const LOADS: Readonly<Record<string, Program>> = {
  stream: program(`${ROW}
    class sink = @sink on (${WIDTH - 1},0)+1x${WIDTH} colors(0)
    route color 0 on (1,0)+${WIDTH - 2}x${WIDTH} : west -> east`),
  gather: program(`${ROW}
    class sink = @sink on (1,0)+${WIDTH - 1}x${WIDTH} colors(0)
    route color 0 on (1,0)+${WIDTH - 2}x${WIDTH} : west -> east ramp`),
  chain: program(`
    class source = @source on (0,0)+1x${WIDTH} colors(0)
    class odd = @middle on (1,0)+${WIDTH / 2 - 1}x${WIDTH} step(2,1) colors(0, 1)
    class even = @middle on (2,0)+${WIDTH / 2 - 1}x${WIDTH} step(2,1) colors(1, 0)
    class sink = @sink on (${WIDTH - 1},0)+1x${WIDTH} colors(0)
    route color 0 on (0,0)+${WIDTH / 2}x${WIDTH} step(2,1) : ramp -> east
    route color 0 on (1,0)+${WIDTH / 2}x${WIDTH} step(2,1) : west -> ramp
    route color 1 on (1,0)+${WIDTH / 2 - 1}x${WIDTH} step(2,1) : ramp -> east
    route color 1 on (2,0)+${WIDTH / 2 - 1}x${WIDTH} step(2,1) : west -> ramp`),
};

describe("cycle engine", () => {
  const machine = loadMachine("mesh32x32");
  for (const [name, load] of Object.entries(LOADS)) {
    let hops = 0;
    let best = Infinity;
    bench(
      name,
      () => {
        const start = performance.now();
        hops = simulateCycle(load, machine, () => new Float32Array(0), { inputs: new Map() }).waveletHops;
        best = Math.min(best, performance.now() - start);
      },
      {
        iterations: 3,
        time: 0,
        warmupIterations: 1,
        warmupTime: 0,
        teardown: (_task, mode) => {
          if (mode === "run") console.log(`${name}: ${(hops / best / 1000).toFixed(1)} million wavelet-hops/s at best`);
        },
      },
    );
  }
});
