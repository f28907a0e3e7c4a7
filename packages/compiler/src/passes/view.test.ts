import { describe, expect, it } from "vitest";
import { expandView, identityView, planView, reshapeView, transposeView, type View } from "./view.ts";

type Step = readonly ["reshape" | "transpose" | "expand", ...number[]];

function viewOf(shape: readonly number[], ...steps: readonly Step[]): View | undefined {
  let view = identityView(shape);
  for (const [kind, ...args] of steps) {
    if (view === undefined) return undefined;
    if (kind === "reshape") view = reshapeView(view, args);
    else view = kind === "transpose" ? transposeView(view, args) : expandView(view, args);
  }
  return view;
}

/** Row-major element numbers after the steps, computed plainly. */
function apply(shape: readonly number[], steps: readonly Step[]): { shape: readonly number[]; data: number[] } {
  const count = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
  let current = { shape, data: Array.from({ length: count(shape) }, (_, i) => i) };
  const at = (index: readonly number[]): number =>
    index.reduce((sum, i, axis) => sum * (current.shape[axis] ?? 1) + i, 0);
  for (const [kind, ...args] of steps) {
    if (kind === "reshape") {
      current = { shape: args, data: current.data };
      continue;
    }
    const next = kind === "transpose" ? args.map((axis) => current.shape[axis] ?? 1) : args;
    const data = Array.from({ length: count(next) }, (_, flat) => {
      const index: number[] = [];
      for (let axis = next.length - 1, rest = flat; axis >= 0; axis--) {
        index[axis] = rest % (next[axis] ?? 1);
        rest = Math.floor(rest / (next[axis] ?? 1));
      }
      if (kind === "transpose") {
        const source: number[] = [];
        args.forEach((axis, i) => (source[axis] = index[i] ?? 0));
        return current.data[at(source)] ?? -1;
      }
      const shift = next.length - current.shape.length;
      return (
        current.data[at(current.shape.map((length, axis) => (length === 1 ? 0 : (index[axis + shift] ?? 0))))] ?? -1
      );
    });
    current = { shape: next, data };
  }
  return current;
}

const planned = (view: View | undefined): Step[] | undefined =>
  view && planView(view).map((step) => [step.kind, ...(step.kind === "transpose" ? step.perm : step.shape)] as const);

describe("planView", () => {
  it("undoes a head split by a head merge", () => {
    const steps: Step[] = [
      ["reshape", 2, 5, 4, 8],
      ["transpose", 0, 2, 1, 3],
      ["transpose", 0, 2, 1, 3],
      ["reshape", 2, 5, 32],
    ];
    expect(planned(viewOf([2, 5, 32], ...steps))).toEqual([]);
  });

  it("sees one head split in a batch of 1, with the unit dimension kept", () => {
    expect(planned(viewOf([1, 5, 32], ["reshape", 5, 4, 8], ["transpose", 1, 0, 2], ["reshape", 1, 4, 5, 8]))).toEqual([
      ["reshape", 1, 5, 4, 8],
      ["transpose", 0, 2, 1, 3],
    ]);
  });

  it("sees that a K transpose in 3-D is one in 4-D", () => {
    const in3d = viewOf([2, 4, 5, 8], ["reshape", 8, 5, 8], ["transpose", 0, 2, 1], ["reshape", 2, 4, 8, 5]);
    expect(planned(in3d)).toEqual([["transpose", 0, 1, 3, 2]]);
  });

  it("turns a transpose that moves unit dimensions only into a reshape", () => {
    expect(planned(viewOf([1, 5, 1, 8], ["transpose", 2, 1, 0, 3], ["transpose", 1, 0, 2, 3]))).toEqual([
      ["reshape", 5, 1, 1, 8],
    ]);
  });

  it("keeps repetition of key/value heads as one expand", () => {
    const view = viewOf([2, 3, 5, 8], ["reshape", 2, 3, 1, 5, 8], ["expand", 2, 3, 2, 5, 8], ["reshape", 2, 6, 5, 8]);
    expect(planned(view)).toEqual([
      ["reshape", 2, 3, 1, 5, 8],
      ["expand", 2, 3, 2, 5, 8],
      ["reshape", 2, 6, 5, 8],
    ]);
  });

  it("refuses reshapes that cut a length unevenly", () => {
    expect(viewOf([4, 6], ["transpose", 1, 0], ["reshape", 8, 3])).toBeUndefined();
    expect(viewOf([0, 6])).toBeUndefined();
  });

  it("moves the elements as the steps did, for random chains", () => {
    let seed = 1;
    const pick = (n: number): number => (seed = (seed * 48271) % 2147483647) % n;
    for (let round = 0; round < 300; round++) {
      let shape = Array.from({ length: 1 + pick(4) }, () => [1, 2, 3, 4, 6][pick(5)] ?? 1);
      const start = shape;
      const steps: Step[] = [];
      for (let n = 1 + pick(6); n > 0; n--) {
        const kind = pick(3);
        if (kind === 0) {
          const perm = shape.map((_, axis) => axis);
          for (let i = perm.length - 1; i > 0; i--) {
            const j = pick(i + 1);
            [perm[i], perm[j]] = [perm[j] ?? 0, perm[i] ?? 0];
          }
          shape = perm.map((axis) => shape[axis] ?? 1);
          steps.push(["transpose", ...perm]);
        } else if (kind === 1) {
          shape = shape.map((length) => (length === 1 && pick(2) === 0 ? 2 : length));
          steps.push(["expand", ...shape]);
        } else {
          const axis = pick(shape.length);
          const next = [...shape];
          const length = next[axis] ?? 1;
          const part = [2, 3, 1][pick(3)] ?? 1;
          if (pick(2) === 0 && axis + 1 < next.length) next.splice(axis, 2, length * (next[axis + 1] ?? 1));
          else if (length % part === 0) next.splice(axis, 1, part, length / part);
          shape = next;
          steps.push(["reshape", ...shape]);
        }
      }
      const view = viewOf(start, ...steps);
      if (view === undefined) continue;
      const plan = planned(view) ?? [];
      expect(apply(start, plan), JSON.stringify({ start, steps, plan })).toEqual(apply(start, steps));
      expect(plan.length).toBeLessThanOrEqual(5);
    }
  });
});
