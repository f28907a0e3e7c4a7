// What reaches which queue, on a small grid where it can be told by eye.
import { expect, test } from "vitest";
import { loadImage } from "../image.ts";
import { TEST_MACHINE } from "../testing/machine.ts";
import { noWeights, programOf } from "../testing/run-text.ts";
import { traceDeliveries } from "./delivery.ts";
import { buildRows } from "./rows.ts";
import { buildTimingTape } from "./timing-tape.ts";

/** Runs by receiving core or stream: [x of the source's router, first wavelet, count]. */
function deliveriesOf(body: string): Record<string, number[][]> {
  const image = loadImage(programOf(body), TEST_MACHINE, noWeights);
  const tapes = image.codes.map((code) => buildTimingTape(code, TEST_MACHINE.core));
  const rows = buildRows(
    image,
    tapes.map(({ cells }) => cells),
    () => undefined,
  );
  const { toCores, toHost } = traceDeliveries(image, tapes, rows);
  const { queueLane, laneRouter, width } = image.fabric;
  const column = (queue: number) => laneRouter[queueLane[queue]!]! % width;
  const shown: Record<string, number[][]> = {};
  const show = (name: string, runs: Int32Array) => {
    shown[name] = [];
    for (let i = 0; i < runs.length; i += 3) shown[name].push([column(runs[i]!), runs[i + 1]!, runs[i + 2]!]);
  };
  for (const [queue, { runs }] of toCores) show(`core ${column(queue)}`, runs);
  for (const [stream, { runs }] of toHost) show(image.fabric.streams[stream]!.stream.name, runs);
  return shown;
}

const CODES = `
    code @tx colors(c) params(n) {
      buffer a : f32[8] at 0 B
      kernel k0
      bind out 0 c
      repeat i 2 {
        send c, a[0, n:1]
      }
      advance c
    }
    code @rx colors(c) params(n) {
      buffer a : f32[8] at 0 B
      kernel k0
      bind in 0 c
      recv c, a[0, n:1]
    }`;

test("bursts join, multicast goes to all, a switch divides", () => {
  const runs = deliveriesOf(`${CODES}
    code @tx2 colors(c) {
      buffer a : f32[8] at 0 B
      kernel k0
      bind out 0 c
      send c, a[0, 3:1]
      advance c
      send c, a[0, 4:1]
      send c, a[0, 1:1]
    }
    class k0 = @tx2 on (0,0)+1x1 colors(0)
    class k1 = @rx on (1,0)+1x1 colors(0) params(8)
    class k2 = @rx on (2,0)+1x1 colors(0) params(5)
    route color 0 on (0,0)+1x1 : ramp -> east
    route color 0 on (1,0)+1x1 : west -> ramp, west -> east ramp
    route color 0 on (2,0)+1x1 : west -> ramp`);
  expect(runs).toEqual({ "core 1": [[0, 0, 8]], "core 2": [[0, 3, 5]] });
});

test("a router takes from one side after the other", () => {
  const runs = deliveriesOf(`${CODES}
    class k0 = @tx on (0,0)+1x1 colors(0) params(2)
    class k1 = @tx on (1,0)+1x1 colors(0) params(1)
    route color 0 on (0,0)+1x1 : ramp -> east
    route color 0 on (1,0)+1x1 : ramp -> east, west -> east
    route color 0 on (2,0)+6x1 : west -> east
    stream out y = %y : f32[6] color 0 at east(7,0)`);
  expect(runs).toEqual({
    y: [
      [1, 0, 2],
      [0, 0, 4],
    ],
  });
});
