/**
 * Star reduce: the cores of a row send to the first one by turns, the nearest first, all on one colour. A router lets its own core send
 * until an `advance` of that core makes it pass what comes from the east.
 *
 * Cycles: control + start + stage(1) until the first wavelet of the second core can be taken, elements until its last; then each further core
 * costs the root loop + start, in which its wavelets come to wait before the root, and elements. Pauses would break that.
 */
import { makeExample } from "./example.ts";
import type { Example } from "./example.ts";
import { printLine, type LineOptions } from "./line-program.ts";
import type { Role } from "./program-text.ts";
import { timingOf } from "./timing.ts";
import { usableRect } from "@waferc/machine";

export function starReduce(options: LineOptions): Example {
  const { machine, cores, elements, rows = 1, bare = false } = options;
  const all = `v[0, ${elements}:1]`;
  const colors = { star: 0 };
  const root: Role = {
    name: "root",
    colors,
    lines: ["bind in 0 star", `repeat k ${cores - 1} {`, `  recv_reduce add star, ${all}`, "}"],
  };
  const sender: Role = { name: "sender", colors, lines: ["bind out 0 star", `send star, ${all}`, "advance star"] };
  const last: Role = { name: "last", colors, lines: ["bind out 0 star", `send star, ${all}`] };
  const { x, y } = usableRect(machine);
  const between = `    route color 0 on (${x + 1},${y})+${cores - 2}x${rows} : ramp -> west, east -> west transit`;
  const text = printLine(options, {
    name: "star-reduce",
    roleOf: (i) => (i === 0 ? root : i < cores - 1 ? sender : last),
    columnKey: (i) => (i === 0 ? "root" : i < cores - 1 ? `sender ${bare ? "" : i % 2}` : "last"),
    flows: [],
    routes: [
      `    route color 0 on (${x},${y})+1x${rows} : east -> ramp`,
      ...(cores > 2 ? [between] : []),
      `    route color 0 on (${x + cores - 1},${y})+1x${rows} : ramp -> west`,
    ],
    spare: { color: 1, inputQueue: 1, outputQueue: 1 },
  });
  return makeExample("star-reduce", machine, text, cyclesOf(options));
}

function cyclesOf({ machine, cores, elements }: LineOptions): number | undefined {
  const { control, start, loop, stage, canStream, hasPauses } = timingOf(machine);
  if (!canStream || hasPauses || stage(1) < loop || loop + start < 1) return undefined;
  return control + start + stage(1) + elements + (cores - 2) * (loop + start + elements);
}
