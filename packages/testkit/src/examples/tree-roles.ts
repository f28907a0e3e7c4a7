/**
 * The two-level all-reduce of WaferLLM (OSDI 2025, section 6) along a row, as roles and flows that others can precede by work of
 * their own. Groups of equal size; in each the middle core adds up what two chains bring from both ends; the middle cores do the
 * same among themselves; the root of all sends the sum to both sides at once. Four colours for the chains within groups, four for those of
 * the middle cores, one for the way back.
 */
import type { LineFlow } from "./line-flows.ts";
import type { Role } from "./program-text.ts";
import { range } from "./segments.ts";
import { timingOf } from "./timing.ts";
import type { Machine } from "@waferc/machine";

export interface TreeShape {
  readonly cores: number;
  /** Cores of a group, at least 2; there are two groups or more. */
  readonly group: number;
}

/** Colours that the tree uses, from 0 on. */
export const TREE_COLORS = 9;
const BACK = 8;

interface Place {
  readonly group: number;
  readonly groups: number;
  /** Middle position of a group, and the group whose middle is the root. */
  readonly middle: number;
  readonly rootGroup: number;
  readonly root: number;
}

/** @throws RangeError unless there are two groups or more of two cores or more */
export function treePlace({ cores, group }: TreeShape): Place {
  const groups = cores / group;
  if (!Number.isInteger(groups) || group < 2 || groups < 2)
    throw new RangeError(`groups of ${group} must divide ${cores} cores into two or more`);
  const [middle, rootGroup] = [Math.floor(group / 2), Math.floor(groups / 2)];
  return { group, groups, middle, rootGroup, root: rootGroup * group + middle };
}

/** Chains toward the middle of a line of `length` members: from each member but the middle to its neighbour. */
function chains(length: number, middle: number, first: number): { color: number; from: number; to: number }[] {
  return range(length)
    .filter((k) => k !== middle)
    .map((k) =>
      k < middle ? { color: first + (k % 2), from: k, to: k + 1 } : { color: first + 2 + (k % 2), from: k, to: k - 1 },
    );
}

export function treeFlows(shape: TreeShape): LineFlow[] {
  const { group, groups, middle, rootGroup, root } = treePlace(shape);
  const within = range(groups).flatMap((g) =>
    chains(group, middle, 0).map(({ color, from, to }) => ({ color, from: g * group + from, to: g * group + to })),
  );
  const among = chains(groups, rootGroup, 4).map(({ color, from, to }) => {
    return { color, from: from * group + middle, to: to * group + middle };
  });
  const ends = [0, shape.cores - 1].filter((end) => end !== root);
  const back = ends.map((to) => ({ color: BACK, from: root, to, taps: true }));
  return [...within, ...among, ...back];
}

/** What a member of a chain does: receive, receive from both sides, add and pass on, or send. */
function chainLines(k: number, length: number, middle: number, queue: number, first: number, all: string) {
  const colors: Record<string, number> = {};
  const binds: string[] = [];
  const lines: string[] = [];
  const level = first === 0 ? "group" : "heads";
  const [before, after] = [first + ((k - 1) % 2), first + 2 + ((k + 1) % 2)];
  if (k === middle) {
    for (const [side, color, exists, q] of [
      ["west", before, k > 0, queue],
      ["east", after, k < length - 1, queue + 1],
    ] as const) {
      if (!exists) continue;
      colors[`${level}_${side}`] = color;
      binds.push(`bind in ${q} ${level}_${side}`);
      lines.push(`recv_reduce add ${level}_${side}, ${all}`);
    }
    return { name: k < length - 1 ? "both" : "one", colors, lines: [...binds, ...lines] };
  }
  const isEnd = k === 0 || k === length - 1;
  const out = `${level}_out`;
  const into = `${level}_in`;
  if (!isEnd) {
    colors[into] = k < middle ? before : after;
    binds.push(`bind in ${queue} ${into}`);
  }
  colors[out] = k < middle ? first + (k % 2) : first + 2 + (k % 2);
  binds.push(`bind out ${queue === 0 ? 0 : 1} ${out}`);
  lines.push(isEnd ? `send ${out}, ${all}` : `forward add ${into} -> ${out}, ${all}`);
  return { name: isEnd ? "end" : "link", colors, lines: [...binds, ...lines] };
}

/** The role of a position; `before` are instructions that every core does first. Uses input queues 0 to 4 and output queues 0 to 2. */
export function treeRole(i: number, shape: TreeShape, all: string, before: readonly string[] = []): Role {
  const { group, groups, middle, rootGroup, root } = treePlace(shape);
  const [g, within] = [Math.floor(i / group), i % group];
  const low = chainLines(within, group, middle, 0, 0, all);
  const high = within === middle ? chainLines(g, groups, rootGroup, 2, 4, all) : { name: "", colors: {}, lines: [] };
  const back = i === root ? ["bind out 2 back", `send back, ${all}`] : ["bind in 4 back", `recv back, ${all}`];
  const name = `${low.name}${high.name === "" ? "" : `_${high.name}`}${i === root ? "_root" : ""}`;
  return {
    name,
    colors: { ...low.colors, ...high.colors, back: BACK },
    lines: [...before, ...low.lines, ...high.lines, ...back],
  };
}

/**
 * Cycles from the end of `before` on. Within a group, with r cores before the middle one: the end binds and sends, control + start, r links
 * of stage(1), span to the last wavelet at the middle; the chain of the other side, if there is one, waits there: start, and its wavelets. Among the
 * middle cores, the one at the end binds and sends, control + start, q links of stage(group); again the other side, if there is one. The root
 * binds and sends, control + start, and the sum is at the farther end after stage(distance). Chains that wait go on at full rate, which
 * pauses would break.
 */
export function treeCycles(machine: Machine, shape: TreeShape, wavelets: number): number | undefined {
  const { control, start, stage, canStream, hasPauses } = timingOf(machine);
  const { group, groups, middle, rootGroup, root } = treePlace(shape);
  if (!canStream || hasPauses || stage(1) < control) return undefined;
  const other = (exists: boolean) => (exists ? start + wavelets : 0);
  const low = control + start + middle * stage(1) + wavelets + other(middle < group - 1);
  const high = control + start + rootGroup * stage(group) + wavelets + other(rootGroup < groups - 1);
  const back = control + start + stage(Math.max(root, shape.cores - 1 - root)) + wavelets;
  return low + high + back;
}
