/**
 * SUMMA: C = X W on P x P cores; in step k column k gives its blocks of X to its rows and row k its blocks of W to its columns, and every core
 * multiplies what it got. Routes cannot change their root in every step (a router holds few positions), so cores pass blocks on themselves, by
 * `forward store`, to both sides of the root: the software stages that WaferLLM counts against SUMMA. Eight colours.
 *
 * No cycles are derived: what a root sends to both sides, and what rows and columns bring, meets at ramps and is contended.
 */
import { makeExample } from "./example.ts";
import type { Example } from "./example.ts";
import type { LineFlow } from "./line-flows.ts";
import { printRegion } from "./program-text.ts";
import type { Role } from "./program-text.ts";
import type { GemmOptions } from "./ring-gemm.ts";
import { range } from "./segments.ts";

/** Neighbours to both sides: ahead on colours first and first + 1 by turns, back on the next two. */
function bothWays(side: number, first: number): LineFlow[] {
  return range(side - 1).flatMap((p) => [
    { color: first + (p % 2), from: p, to: p + 1 },
    { color: first + 2 + ((p + 1) % 2), from: p + 1, to: p },
  ]);
}

/** Colours of a position: to and from the core ahead, to and from the core behind. */
function sides(at: number, first: number) {
  return {
    to_ahead: first + (at % 2),
    from_ahead: first + 2 + ((at + 1) % 2),
    to_back: first + 2 + (at % 2),
    from_back: first + ((at + 1) % 2),
  };
}

function prefixed(prefix: string, record: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [`${prefix}_${key}`, value]));
}

/** Elements that go on ahead and back, and those that end here, by position: 0 where there is no such neighbour. */
function amounts(at: number, side: number, size: number) {
  return {
    ahead: at < side - 1 ? size : 0,
    back: at > 0 ? size : 0,
    end_ahead: at === side - 1 ? size : 0,
    end_back: at === 0 ? size : 0,
  };
}

export function summaGemm({ machine, side, block, bare = false }: Omit<GemmOptions, "aligned" | "shifts">): Example {
  const { m, k, n } = block;
  const roleOf = (i: number, j: number): Role => ({
    name: "core",
    colors: { ...prefixed("x", sides(i, 0)), ...prefixed("w", sides(j, 4)) },
    params: { ...prefixed("x", amounts(i, side, m * k)), ...prefixed("w", amounts(j, side, k * n)) },
    lines: [
      ...["x", "w"].flatMap((axis, index) => [
        `bind out ${2 * index} ${axis}_to_ahead`,
        `bind in ${2 * index} ${axis}_from_back`,
        `bind out ${2 * index + 1} ${axis}_to_back`,
        `bind in ${2 * index + 1} ${axis}_from_ahead`,
      ]),
      `repeat s ${side} {`,
      ...broadcast("x", "i", m * k, 0).map((line) => `  ${line}`),
      ...broadcast("w", "j", k * n, 2).map((line) => `  ${line}`),
      ...[0, 1, 2, 3].map((thread) => `  wait ${thread}`),
      `  matmul c[0, ${m}:${n}, ${n}:1], x[${m * k}, ${m}:${k}, ${k}:1], w[${k * n}, ${k}:${n}, ${n}:1]`,
      "}",
    ],
  });
  const edge = (at: number) => `${at % 2} ${at === 0} ${at === side - 1}`;
  const text = printRegion({
    name: "summa-gemm",
    machine,
    width: side,
    height: side,
    buffers: [
      { name: "x", elements: 2 * m * k, start: "(3*j + 5*i) mod 7 - 3" },
      { name: "w", elements: 2 * k * n, start: "(2*i + 3*j) mod 5 - 2" },
      { name: "c", elements: m * n },
    ],
    result: bare ? undefined : { buffer: "c", elements: m * n },
    roleOf,
    columnKey: edge,
    rowKey: edge,
    flows: [
      { axis: "x", flows: bothWays(side, 0) },
      { axis: "y", flows: bothWays(side, 4) },
    ],
    spare: { color: 8, inputQueue: 4, outputQueue: 4 },
  });
  return makeExample("summa-gemm", machine, text, undefined);
}

/** Step s of one axis: the own block begins the buffer, the one of the root goes behind it. Of these only what the position asks for happens. */
function broadcast(axis: string, position: string, size: number, thread: number): string[] {
  const isAfter = `min(1, max(0, ${position} - s))`;
  const isBefore = `min(1, max(0, s - ${position}))`;
  const isRoot = `(1 - ${isAfter} - ${isBefore})`;
  const got = (count: string) => `${axis}[${size}, ${count}:1]`;
  const own = (count: string) => `${axis}[0, ${count}:1]`;
  return [
    `async ${thread} forward store ${axis}_from_back -> ${axis}_to_ahead, ${got(`${axis}_ahead*${isAfter}`)}`,
    `async ${thread} recv ${axis}_from_back, ${got(`${axis}_end_ahead*${isAfter}`)}`,
    `async ${thread} forward store ${axis}_from_ahead -> ${axis}_to_back, ${got(`${axis}_back*${isBefore}`)}`,
    `async ${thread} recv ${axis}_from_ahead, ${got(`${axis}_end_back*${isBefore}`)}`,
    `async ${thread} send ${axis}_to_ahead, ${own(`${axis}_ahead*${isRoot}`)}`,
    `async ${thread + 1} send ${axis}_to_back, ${own(`${axis}_back*${isRoot}`)}`,
    `copy ${got(`${size}*${isRoot}`)}, ${own(`${size}*${isRoot}`)}`,
  ];
}
