/**
 * Ring all-reduce: in cores - 1 steps every core sends a part of its elements to the next in the ring and adds one from the core before, until each
 * part is summed up at one core; in as many steps the sums go round. The ring is interleaved (ring.ts).
 *
 * Cycles, by recurrence over the steps: a step that begins at t issues its send at t + loop, pushes from t + loop + start on, may receive from
 * t + loop + 2 start on, and has the last wavelet of the core before, d links away, which began its step at t', not before
 * t' + loop + start + stage(d) + span(part); `wait` takes control, or until the send is over.
 */
import { makeExample } from "./example.ts";
import type { Example } from "./example.ts";
import { printLine, type LineOptions } from "./line-program.ts";
import { interleavedRing, ringColors, ringDistance, ringFlows } from "./ring.ts";
import { range } from "./segments.ts";
import { timingOf } from "./timing.ts";

/** @throws RangeError unless the cores divide the elements */
export function ringAllReduce(options: LineOptions): Example {
  const { machine, cores, elements } = options;
  if (elements % cores !== 0) throw new RangeError(`${cores} cores must divide ${elements} elements`);
  const ring = interleavedRing(cores);
  const part = elements / cores;
  const rank = ring.rankText("i");
  const partAt = (shift: string) => `v[${part}*((${rank} ${shift}) mod ${cores}), ${part}:1]`;
  const round = (variable: string, send: string, receive: string) => [
    `repeat ${variable} ${cores - 1} {`,
    `  async 0 send next, ${send}`,
    `  ${receive}`,
    "  wait 0",
    "}",
  ];
  const lines = [
    "bind out 0 next",
    "bind in 0 previous",
    ...round("s", partAt("- s"), `recv_reduce add previous, ${partAt("- s - 1")}`),
    ...round("t", partAt("- t + 1"), `recv previous, ${partAt("- t")}`),
  ];
  const roleOf = (i: number) => {
    const { out, in: into } = ringColors(ring, i, 0);
    return { name: "core", colors: { next: out, previous: into }, params: ring.rankParams(i, "i"), lines };
  };
  const text = printLine(options, {
    name: "ring-all-reduce",
    roleOf,
    columnKey: (i) => JSON.stringify([i % 2, roleOf(i).colors]),
    flows: [{ axis: "x", flows: ringFlows(ring, 0) }],
    spare: { color: 3, inputQueue: 1, outputQueue: 1 },
  });
  return makeExample("ring-all-reduce", machine, text, cyclesOf(options));
}

function cyclesOf({ machine, cores, elements }: LineOptions): number | undefined {
  const { control, start, loop, stage, span, canStream } = timingOf(machine);
  if (!canStream) return undefined;
  const ring = interleavedRing(cores);
  const part = elements / cores;
  let begin = range(cores).map(() => 2 * control);
  for (let step = 0; step < 2 * (cores - 1); step++) {
    begin = begin.map((t, i) => {
      const before = begin[ring.previous[i]!]!;
      const arrived = before + loop + start + stage(ringDistance(ring, i)) + span(part);
      const received = Math.max(t + loop + 2 * start + part - 1, arrived);
      return Math.max(received + 1 + control, t + loop + start + span(part) + 1);
    });
  }
  return Math.max(...begin);
}
