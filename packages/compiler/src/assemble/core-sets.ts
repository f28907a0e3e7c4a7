/** Sets of cores as few strided rectangles: runs of equal distance in a row, equal runs of equally distant rows. */
import type { CoreSet, StridedRect } from "@waferc/ir/program";

/** Cores as [x, y] pairs, without repeats, in any order. */
export function compressCores(cores: readonly (readonly [x: number, y: number])[]): CoreSet {
  const rows = new Map<number, number[]>();
  for (const [x, y] of cores) {
    const row = rows.get(y);
    if (row === undefined) rows.set(y, [x]);
    else row.push(x);
  }
  const runs = [...rows]
    .sort(([a], [b]) => a - b)
    .flatMap(([y, xs]) => rowRuns(xs.sort((a, b) => a - b)).map((run): StridedRect => ({ ...run, y, h: 1, dy: 1 })));
  return stackRuns(runs);
}

function rowRuns(xs: readonly number[]): Pick<StridedRect, "x" | "w" | "dx">[] {
  const runs: Pick<StridedRect, "x" | "w" | "dx">[] = [];
  for (let i = 0; i < xs.length;) {
    const x = xs[i] ?? 0;
    const dx = i + 1 < xs.length ? (xs[i + 1] ?? 0) - x : 1;
    let w = 1;
    while (i + w < xs.length && xs[i + w] === x + w * dx) w++;
    // A lone pair far apart is better left to start the next run.
    if (w === 2 && dx > 2) w = 1;
    runs.push({ x, w, dx: w === 1 ? 1 : dx });
    i += w;
  }
  return runs;
}

/** Joins runs with equal x, w and dx whose rows are equally distant. */
function stackRuns(runs: readonly StridedRect[]): CoreSet {
  const open = new Map<string, StridedRect>();
  const done: StridedRect[] = [];
  for (const run of runs) {
    const key = `${run.x} ${run.w} ${run.dx}`;
    const above = open.get(key);
    const dy = above === undefined ? 0 : run.y - (above.y + (above.h - 1) * above.dy);
    if (above !== undefined && (above.h === 1 || above.dy === dy)) open.set(key, { ...above, h: above.h + 1, dy });
    else {
      if (above !== undefined) done.push(above);
      open.set(key, run);
    }
  }
  return [...done, ...open.values()].sort((a, b) => a.y - b.y || a.x - b.x || a.w - b.w);
}
