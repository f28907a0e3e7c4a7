/**
 * Redistribution of a matrix on a mesh: each row of cores has `rowsPerCore` * P rows of it, split by columns over its P cores; afterwards each core
 * has `rowsPerCore` rows in full. Blocks go once round the row's interleaved ring (ring.ts), and every core copies from each what it
 * needs: slow, but neighbours only, for any shape.
 *
 * Cycles by recurrence: a step issues send and receive, `start` apart, then the copy; the block of the core before, which began at t', is there
 * at t' + loop + start + stage(d) + span(block); two waits.
 */
import { makeExample } from "./example.ts";
import type { Example, ExampleOptions } from "./example.ts";
import { printRegion } from "./program-text.ts";
import { interleavedRing, ringColors, ringDistance, ringFlows } from "./ring.ts";
import { range } from "./segments.ts";
import { timingOf } from "./timing.ts";

export interface RedistributeOptions extends ExampleOptions {
  readonly cores: number;
  readonly rows: number;
  readonly rowsPerCore: number;
  readonly columnsPerCore: number;
}

export function redistribute(options: RedistributeOptions): Example {
  const { machine, cores, rows, rowsPerCore, columnsPerCore, bare = false } = options;
  const ring = interleavedRing(cores);
  const rank = ring.rankText("i");
  const size = rowsPerCore * cores * columnsPerCore;
  const width = cores * columnsPerCore;
  const take = (step: string) =>
    `copy out[${columnsPerCore}*((${rank} - ${step}) mod ${cores}), ${rowsPerCore}:${width}, ${columnsPerCore}:1], ` +
    `part[${size}*(${step} mod 2) + ${rowsPerCore * columnsPerCore}*${rank}, ${rowsPerCore}:${columnsPerCore}, ${columnsPerCore}:1]`;
  const lines = [
    "bind out 0 next",
    "bind in 0 previous",
    `repeat s ${cores - 1} {`,
    `  async 0 send next, part[${size}*(s mod 2), ${size}:1]`,
    `  async 1 recv previous, part[${size}*((s + 1) mod 2), ${size}:1]`,
    `  ${take("s")}`,
    "  wait 0",
    "  wait 1",
    "}",
    take(String(cores - 1)),
  ];
  const roleOf = (i: number) => {
    const { out, in: into } = ringColors(ring, i, 0);
    return { name: "core", colors: { next: out, previous: into }, params: ring.rankParams(i, "i"), lines };
  };
  const text = printRegion({
    name: "redistribute",
    machine,
    width: cores,
    height: rows,
    buffers: [
      { name: "part", elements: 2 * size, start: `100*${rank} + 1000*j` },
      { name: "out", elements: rowsPerCore * width },
    ],
    result: bare ? undefined : { buffer: "out", elements: rowsPerCore * width },
    roleOf,
    columnKey: (i) => JSON.stringify([i % 2, roleOf(i).colors]),
    rowKey: () => "",
    flows: [{ axis: "x", flows: ringFlows(ring, 0) }],
    spare: { color: 3, inputQueue: 1, outputQueue: 1 },
  });
  return makeExample("redistribute", machine, text, cyclesOf(options));
}

function cyclesOf({ machine, cores, rowsPerCore, columnsPerCore }: RedistributeOptions): number | undefined {
  const { control, start, loop, stage, span, canStream } = timingOf(machine);
  const { vectorStartCycles, centicyclesPerElement } = machine.core;
  if (!canStream) return undefined;
  const ring = interleavedRing(cores);
  const taken = rowsPerCore * columnsPerCore;
  const size = taken * cores;
  const copy = vectorStartCycles + Math.ceil((taken * centicyclesPerElement.move.f32) / 100);
  let begin = range(cores).map(() => 2 * control);
  for (let step = 0; step < cores - 1; step++) {
    begin = begin.map((t, i) => {
      const arrived = begin[ring.previous[i]!]! + loop + start + stage(ringDistance(ring, i)) + span(size);
      const sent = t + loop + start + span(size);
      const received = Math.max(t + loop + 2 * start + size - 1, arrived);
      return [sent, received].reduce((now, end) => Math.max(now + control, end + 1), t + loop + 2 * start + copy);
    });
  }
  return Math.max(...begin) + copy;
}
