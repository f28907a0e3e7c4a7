/**
 * Two-phase reduce: chains within groups of `group` cores toward the first of each, then a chain over these heads, whose wavelets
 * pass the cores between in routers only. Four colours.
 *
 * Cycles, with G groups of S: as a chain of S cores, control + start + (S - 1) stage(1) + span + 1, when every head has its group's sum;
 * the last head then starts its send, start, and each head but it adds a stage(S); span + 1 to the end. Heads bind three queues at most
 * before they receive, which stage(1) has to hide.
 */
import { makeExample } from "./example.ts";
import type { Example } from "./example.ts";
import type { LineFlow } from "./line-flows.ts";
import { printLine, type LineOptions } from "./line-program.ts";
import type { Role } from "./program-text.ts";
import { range } from "./segments.ts";
import { timingOf } from "./timing.ts";

export interface TwoPhaseOptions extends LineOptions {
  /** Cores of a group, at least 2; divides `cores`. */
  readonly group: number;
}

export function twoPhaseReduce(options: TwoPhaseOptions): Example {
  const { machine, cores, elements, group } = options;
  if (group < 2 || cores % group !== 0) throw new RangeError(`groups of ${group} must divide ${cores} cores`);
  const groups = cores / group;
  const all = `v[0, ${elements}:1]`;
  const keyOf = (i: number): string => {
    const [k, within] = [Math.floor(i / group), i % group];
    const place =
      within === 0 ? (k === 0 ? "root" : k === groups - 1 ? "last" : "head") : within < group - 1 ? "link" : "tail";
    return `${place} ${i % 2} ${place === "link" || place === "tail" ? (k * group) % 2 : k % 2}`;
  };
  const flows = range(cores - 1).flatMap((i): LineFlow[] =>
    (i + 1) % group === 0 ? [] : [{ color: ((i + 1) % group) % 2, from: i + 1, to: i }],
  );
  const heads = range(groups - 1).map((k): LineFlow => ({
    color: 2 + ((k + 1) % 2),
    from: (k + 1) * group,
    to: k * group,
  }));
  const text = printLine(options, {
    name: "two-phase-reduce",
    roleOf: (i) => roleOf(i % group, Math.floor(i / group), { group, groups, all }),
    columnKey: keyOf,
    flows: [{ axis: "x", flows: [...flows, ...heads] }],
    spare: { color: 4, inputQueue: 2, outputQueue: 1 },
  });
  return makeExample("two-phase-reduce", machine, text, cyclesOf(options));
}

function roleOf(within: number, k: number, shape: { group: number; groups: number; all: string }): Role {
  const { group, groups, all } = shape;
  const [from, to] = [(within + 1) % 2, within % 2];
  if (within === group - 1) return { name: "tail", colors: { to }, lines: ["bind out 0 to", `send to, ${all}`] };
  if (within > 0) {
    return {
      name: "link",
      colors: { from, to },
      lines: ["bind in 0 from", "bind out 0 to", `forward add from -> to, ${all}`],
    };
  }
  const own = ["bind in 0 from", `recv_reduce add from, ${all}`];
  const [heads, on] = [2 + ((k + 1) % 2), 2 + (k % 2)];
  if (groups === 1) return { name: "root", colors: { from }, lines: own };
  if (k === 0) {
    return {
      name: "root",
      colors: { from, heads },
      lines: ["bind in 1 heads", ...own, `recv_reduce add heads, ${all}`],
    };
  }
  if (k === groups - 1)
    return { name: "last", colors: { from, on }, lines: ["bind out 0 on", ...own, `send on, ${all}`] };
  return {
    name: "head",
    colors: { from, heads, on },
    lines: ["bind in 1 heads", "bind out 0 on", ...own, `forward add heads -> on, ${all}`],
  };
}

function cyclesOf({ machine, cores, elements, group }: TwoPhaseOptions): number | undefined {
  const { control, start, stage, span, canStream } = timingOf(machine);
  const hidden = 2 * control <= (group - 1) * stage(1) && control <= stage(1);
  if (!canStream || !hidden) return undefined;
  const groups = cores / group;
  const first = control + start + (group - 1) * stage(1) + span(elements) + 1;
  return groups === 1 ? first : first + start + (groups - 1) * stage(group) + span(elements) + 1;
}
