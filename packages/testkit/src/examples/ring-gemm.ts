/**
 * C = X W on P x P cores by cyclic shifts: core (i, j) keeps its block of C; in every step it multiplies the blocks of X and W that it has while
 * it sends them on, X along its row's ring and W along its column's, and receives the next ones. On the interleaved ring (ring.ts) that is
 * MeshGEMM of WaferLLM (OSDI 2025, section 5): all transfers go over two links at most. On the plain ring, whose last core sends past
 * all others, it is Cannon's algorithm.
 *
 * With ranks (r, q) of a core in its row's and column's ring, it has X(q, k) and W(k, r) in step s, k = r + q - s modulo P. Blocks of W are
 * laid out like that to begin with; X(q, r) has to be turned back q times along the row, which the interleaved ring does in half as many
 * steps, forward in odd rows. `aligned` leaves that out, as if X had come so.
 *
 * Cycles of the aligned form, by recurrence over the steps: a step that begins at t issues four transfers from t + loop on, `start` apart, then the
 * product; X of the core before, which began at t', is there at t' + loop + start + stage(d) + span(block), W at t' + loop + 3 start + stage(d) +
 * span(block), but not before the own receive, issued at t + loop + start or + 3 start, could take them; four waits take control
 * each, or until their transfer is over. That holds while X has entered the ramp before W begins, so that nothing is contended.
 */
import { makeExample } from "./example.ts";
import type { Example, ExampleOptions } from "./example.ts";
import { printRegion } from "./program-text.ts";
import type { Role } from "./program-text.ts";
import { interleavedRing, ringColors, ringDistance, ringFlows, wrappedRing } from "./ring.ts";
import type { Ring } from "./ring.ts";
import { range } from "./segments.ts";
import { timingOf } from "./timing.ts";

/** Rows of a block of X, columns of X, columns of W. */
export interface GemmBlock {
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

export interface GemmOptions extends ExampleOptions {
  /** Cores along each side, at least 2. */
  readonly side: number;
  readonly block: GemmBlock;
  /** X lies as the first step needs it. */
  readonly aligned?: boolean;
  /** Shifts to do, for measuring some of them from a barrier; side - 1 is all of them. */
  readonly shifts?: number;
}

export function meshGemm(options: GemmOptions): Example {
  const turn = { count: "((j + 1) floordiv 2)", isReverse: (j: number) => j % 2 === 0 };
  return ringGemm("mesh-gemm", interleavedRing(options.side), turn, options);
}

export function cannonGemm(options: GemmOptions): Example {
  return ringGemm("cannon-gemm", wrappedRing(options.side), { count: "j", isReverse: () => true }, options);
}

/** How X is turned into place in row j. */
interface Turn {
  readonly count: string;
  readonly isReverse: (j: number) => boolean;
}

function ringGemm(name: string, ring: Ring, turn: Turn, options: GemmOptions): Example {
  const { machine, side, block, aligned = false, bare = false } = options;
  const { m, k, n } = block;
  const [r, q] = [ring.rankText("i"), ring.rankText("j")];
  const ofX = aligned ? `((${r} + ${q}) mod ${side})` : r;
  const lines = gemmLines(options, turn);
  const roleOf = (i: number, j: number): Role => {
    const [x, w] = [ringColors(ring, i, 0), ringColors(ring, j, 3)];
    const a = ringColors(ring, i, 6, turn.isReverse(j));
    return {
      name: "core",
      colors: { x_out: x.out, x_in: x.in, w_out: w.out, w_in: w.in, ...(aligned ? {} : { a_out: a.out, a_in: a.in }) },
      params: { ...ring.rankParams(i, "i"), ...ring.rankParams(j, "j") },
      lines,
    };
  };
  const alongX = (reverse: boolean) => ({
    axis: "x" as const,
    flows: ringFlows(ring, 6, reverse),
    lines: range(side).filter((j) => turn.isReverse(j) === reverse),
  });
  const text = printRegion({
    name,
    machine,
    width: side,
    height: side,
    buffers: [
      { name: "x", elements: 2 * m * k, start: `(3*${q} + 5*${ofX}) mod 7 - 3` },
      { name: "w", elements: 2 * k * n, start: `(2*${r} + 3*((${r} + ${q}) mod ${side})) mod 5 - 2` },
      { name: "c", elements: m * n },
    ],
    result: bare ? undefined : { buffer: "c", elements: m * n },
    roleOf,
    columnKey: (i) => JSON.stringify([i % 2, ringColors(ring, i, 0)]),
    rowKey: (j) => JSON.stringify([j % 2, ringColors(ring, j, 3)]),
    flows: [
      { axis: "x", flows: ringFlows(ring, 0) },
      { axis: "y", flows: ringFlows(ring, 3) },
      ...(aligned ? [] : [alongX(true), alongX(false)].filter(({ lines: some }) => some.length > 0)),
    ],
    spare: { color: 9, inputQueue: 3, outputQueue: 3 },
  });
  return makeExample(name, machine, text, aligned ? gemmCycles(ring, options) : undefined);
}

/** Each of X and W has two places by turns: that of step s, and the one where the next arrives. */
function gemmLines({ side, block, aligned = false, shifts = side - 1 }: GemmOptions, turn: Turn): string[] {
  const { m, k, n } = block;
  const turned = aligned ? "" : `${turn.count} + `;
  const x = (step: string) => `x[${m * k}*((${turned}${step}) mod 2)`;
  const w = (step: string) => `w[${k * n}*((${step}) mod 2)`;
  const product = (step: string) =>
    `matmul c[0, ${m}:${n}, ${n}:1], ${x(step)}, ${m}:${k}, ${k}:1], ${w(step)}, ${k}:${n}, ${n}:1]`;
  const align = [
    "bind out 2 a_out",
    "bind in 2 a_in",
    `repeat a ${turn.count} {`,
    `  async 0 send a_out, x[${m * k}*(a mod 2), ${m * k}:1]`,
    `  async 1 recv a_in, x[${m * k}*((a + 1) mod 2), ${m * k}:1]`,
    "  wait 0",
    "  wait 1",
    "}",
  ];
  return [
    "bind out 0 x_out",
    "bind in 0 x_in",
    "bind out 1 w_out",
    "bind in 1 w_in",
    ...(aligned ? [] : align),
    `repeat s ${shifts} {`,
    `  async 0 send x_out, ${x("s")}, ${m * k}:1]`,
    `  async 1 recv x_in, ${x("s + 1")}, ${m * k}:1]`,
    `  async 2 send w_out, ${w("s")}, ${k * n}:1]`,
    `  async 3 recv w_in, ${w("s + 1")}, ${k * n}:1]`,
    `  ${product("s")}`,
    "  wait 0",
    "  wait 1",
    "  wait 2",
    "  wait 3",
    "}",
    product(String(shifts)),
  ];
}

function gemmCycles(ring: Ring, { machine, side, block, shifts = side - 1 }: GemmOptions): number | undefined {
  const { control, start, loop, stage, span, matmul, canStream } = timingOf(machine);
  const { m, k, n } = block;
  const [sizeX, sizeW] = [m * k, k * n];
  if (!canStream || span(sizeX) >= 2 * start || side > 64) return undefined;
  const product = matmul(m, k, n);
  let begin = new Float64Array(side * side).fill(4 * control);
  for (let step = 0; step < shifts; step++) {
    begin = begin.map((t, core) => {
      const [i, j] = [core % side, Math.floor(core / side)];
      const [fromX, fromW] = [begin[j * side + ring.previous[i]!]!, begin[ring.previous[j]! * side + i]!];
      const arrivedX = fromX + loop + start + stage(ringDistance(ring, i)) + span(sizeX);
      const arrivedW = fromW + loop + 3 * start + stage(ringDistance(ring, j)) + span(sizeW);
      const ends = [
        t + loop + start + span(sizeX),
        Math.max(t + loop + 2 * start + sizeX - 1, arrivedX),
        t + loop + 3 * start + span(sizeW),
        Math.max(t + loop + 4 * start + sizeW - 1, arrivedW),
      ];
      return ends.reduce((now, end) => Math.max(now + control, end + 1), t + loop + 4 * start + product);
    });
  }
  return Math.max(...begin) + product;
}
