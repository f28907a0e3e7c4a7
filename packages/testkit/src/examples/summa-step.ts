/**
 * One step of SUMMA from a barrier, as it would be if routers could change the root of a multicast for nothing: the column of cores `root` gives
 * blocks of X to its rows and the row `root` blocks of W to its columns, by multicast to both sides, while every core multiplies what the
 * step before brought. Only for measuring; summa-gemm.ts is the algorithm.
 *
 * Cycles: two binds; then X is issued, and W a start later; the last core has W when 2 control + 2 start + stage(distance) + span(block)
 * have passed; the product takes from 2 control + 2 start on; two waits. Root cores bind and issue as all others do.
 */
import { makeExample } from "./example.ts";
import type { Example } from "./example.ts";
import type { LineFlow } from "./line-flows.ts";
import { printRegion } from "./program-text.ts";
import type { Role } from "./program-text.ts";
import type { GemmOptions } from "./ring-gemm.ts";
import { timingOf } from "./timing.ts";

export interface SummaStepOptions extends Omit<GemmOptions, "aligned" | "shifts" | "bare"> {
  readonly root: number;
}

export function summaStep(options: SummaStepOptions): Example {
  const { machine, side, block, root } = options;
  const { m, k, n } = block;
  const part = (axis: string, size: number, thread: number, isRoot: boolean) =>
    isRoot
      ? [`async ${thread} send ${axis}, ${axis}_next[0, ${size}:1]`]
      : [`async ${thread} recv ${axis}, ${axis}_next[0, ${size}:1]`];
  const roleOf = (i: number, j: number): Role => ({
    name: `${i === root ? "x_root" : "x"}_${j === root ? "w_root" : "w"}`,
    colors: { x: 0, w: 1 },
    lines: [
      `bind ${i === root ? "out" : "in"} 0 x`,
      `bind ${j === root ? "out" : "in"} 1 w`,
      ...part("x", m * k, 0, i === root),
      ...part("w", k * n, 1, j === root),
      `matmul c[0, ${m}:${n}, ${n}:1], x_now[0, ${m}:${k}, ${k}:1], w_now[0, ${k}:${n}, ${n}:1]`,
      "wait 0",
      "wait 1",
    ],
  });
  const flows = (color: number): LineFlow[] =>
    [0, side - 1].filter((end) => end !== root).map((to) => ({ color, from: root, to, taps: true }));
  const text = printRegion({
    name: "summa-step",
    machine,
    width: side,
    height: side,
    buffers: ["x_now", "x_next", "w_now", "w_next", "c"].map((name) => {
      return { name, elements: name === "c" ? m * n : name.startsWith("x") ? m * k : k * n };
    }),
    result: undefined,
    roleOf,
    columnKey: (i) => String(i === root),
    rowKey: (j) => String(j === root),
    flows: [
      { axis: "x", flows: flows(0) },
      { axis: "y", flows: flows(1) },
    ],
    spare: { color: 2, inputQueue: 2, outputQueue: 2 },
  });
  return makeExample("summa-step", machine, text, cyclesOf(options));
}

function cyclesOf({ machine, side, block, root }: SummaStepOptions): number | undefined {
  const { control, start, stage, span, matmul, canStream } = timingOf(machine);
  const { m, k, n } = block;
  const far = stage(Math.max(root, side - 1 - root));
  // What the root cores send must have entered the ramp before they send W.
  if (!canStream || span(m * k) >= start || side < 3) return undefined;
  const base = 2 * control;
  const ends = [base + start + far + span(m * k), base + 2 * start + far + span(k * n)];
  return ends.reduce((now, end) => Math.max(now + control, end + 1), base + 2 * start + matmul(m, k, n));
}
