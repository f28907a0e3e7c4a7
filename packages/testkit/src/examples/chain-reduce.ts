/**
 * Chain reduce: the last core of a row sends, every other one adds its own elements as they pass, the first one keeps the sum. Two colours
 * by turns, one `forward` a core.
 *
 * Cycles: control + start until the last core's first wavelet; a stage(1) for each of the cores - 1 links; span(elements) until the
 * last wavelet, one cycle to the end. A core between binds two queues, control longer than the last one; stage(1) hides that.
 */
import { makeExample } from "./example.ts";
import type { Example } from "./example.ts";
import type { LineFlow } from "./line-flows.ts";
import { printLine, type LineOptions } from "./line-program.ts";
import type { Role } from "./program-text.ts";
import { range } from "./segments.ts";
import { timingOf } from "./timing.ts";

/** Each core but the first sends to the one before it, on colours `first` and `first + 1` by turns. */
export function chainFlows(cores: number, first = 0): LineFlow[] {
  return range(cores - 1).map((i) => ({ color: first + ((i + 1) % 2), from: i + 1, to: i }));
}

export function chainReduce(options: LineOptions): Example {
  const { machine, cores, elements } = options;
  const all = `v[0, ${elements}:1]`;
  const [even, odd] = [
    { from: 1, to: 0 },
    { from: 0, to: 1 },
  ];
  const roleOf = (i: number): Role => {
    const { from, to } = i % 2 === 0 ? even : odd;
    if (i === 0) return { name: "root", colors: { from }, lines: ["bind in 0 from", `recv_reduce add from, ${all}`] };
    if (i === cores - 1) return { name: "tail", colors: { to }, lines: ["bind out 0 to", `send to, ${all}`] };
    return {
      name: "link",
      colors: { from, to },
      lines: ["bind in 0 from", "bind out 0 to", `forward add from -> to, ${all}`],
    };
  };
  const text = printLine(options, {
    name: "chain-reduce",
    roleOf,
    columnKey: (i) => (i === 0 ? "root" : i === cores - 1 ? "tail" : `link ${i % 2}`),
    flows: [{ axis: "x", flows: chainFlows(cores) }],
    spare: { color: 2, inputQueue: 1, outputQueue: 1 },
  });
  return makeExample("chain-reduce", machine, text, chainCycles({ machine, cores, elements }));
}

function chainCycles({ machine, cores, elements }: LineOptions): number | undefined {
  const { control, start, stage, span, canStream } = timingOf(machine);
  if (!canStream || stage(1) < control) return undefined;
  return control + start + (cores - 1) * stage(1) + span(elements) + 1;
}
