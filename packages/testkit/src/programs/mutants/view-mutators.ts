// Single faults in how much an instruction moves or computes, and where in its buffers: counts, loops, offsets, strides.
import type { Rng } from "@waferc/base";
import { expr as build, isLocal, viewUses } from "@waferc/ir/program";
import type { Instruction, Program, View } from "@waferc/ir/program";
import { changeOne } from "./change-one.ts";
import type { Replacement } from "./change-one.ts";
import { isOp, mapViews, splice } from "./edit.ts";
import { mutator } from "./mutator.ts";
import type { Fault, Mutator } from "./mutator.ts";

const sendCount = mutator("send-count", "a send is one longer or shorter", (program, rng) =>
  changeCount(program, rng, isOp("send")),
);

const recvCount = mutator("recv-count", "a recv, recv_reduce or drop is one longer or shorter", (program, rng) =>
  changeCount(program, rng, isOp("recv", "recv_reduce", "drop")),
);

const forwardCount = mutator("forward-count", "a forward is one longer or shorter", (program, rng) =>
  changeCount(program, rng, isOp("forward")),
);

/** One dimension of the view, or the count of an instruction without one. */
function changeCount(program: Program, rng: Rng, isWanted: (i: Instruction) => boolean): Fault | undefined {
  const delta = rng.pick([-1, 1]);
  return changeOne(program, rng, isWanted, (i) => {
    const [use] = viewUses(i);
    if (!use) return changePlainCount(i, delta);
    if (use.view.dims.length === 0) return undefined;
    return changeDim(i, rng.below(use.view.dims.length), delta);
  });
}

function changePlainCount(i: Instruction, delta: number): Replacement | undefined {
  if ((i.op !== "drop" && i.op !== "forward") || !i.count) return undefined;
  return { what: signed(delta), list: [{ ...i, count: build.add(i.count, delta) }] };
}

/** In all views. */
function changeDim(i: Instruction, dim: number, delta: number): Replacement {
  const changed = mapViews(i, (view) => withCount(view, dim, delta));
  return { what: `dimension ${dim}, ${signed(delta)}`, list: [changed] };
}

function withCount(view: View, dim: number, delta: number): View {
  const old = view.dims[dim];
  if (!old) return view;
  return { ...view, dims: splice(view.dims, dim, { ...old, count: build.add(old.count, delta) }) };
}

function signed(delta: number): string {
  return delta > 0 ? `+${delta}` : `${delta}`;
}

const matmulDepth = mutator("matmul-k", "a matmul's k is one more or less, in both factors", (program, rng) => {
  const delta = rng.pick([-1, 1]);
  return changeOne(program, rng, isOp("matmul"), (i) => {
    if (i.op !== "matmul") return undefined;
    return { what: `k ${signed(delta)}`, list: [{ ...i, a: withCount(i.a, 1, delta), b: withCount(i.b, 0, delta) }] };
  });
});

const localCount = mutator(
  "local-count",
  "a local instruction's views are all one longer or shorter",
  (program, rng) => {
    const delta = rng.pick([-1, 1]);
    const isWanted = (i: Instruction) => isLocal(i) && i.op !== "matmul" && i.dst.dims.length > 0;
    return changeOne(program, rng, isWanted, (i) =>
      isLocal(i) ? changeDim(i, rng.below(i.dst.dims.length), delta) : undefined,
    );
  },
);

const loopCount = mutator("loop-count", "a loop runs once more or less", (program, rng) => {
  const delta = rng.pick([-1, 1]);
  return changeOne(program, rng, isOp("repeat"), (i) =>
    i.op === "repeat" ? { what: signed(delta), list: [{ ...i, count: build.add(i.count, delta) }] } : undefined,
  );
});

const viewOffset = mutator("view-offset", "a view begins elsewhere", (program, rng) => {
  const delta = rng.pick([-1, 1, rng.pick([-1, 1]) * rng.between(2, 40)]);
  return changeView(program, rng, `offset ${signed(delta)}`, (view) => ({
    ...view,
    offset: build.add(view.offset, delta),
  }));
});

const viewStride = mutator("view-stride", "a dimension of a view has another stride", (program, rng) => {
  const delta = rng.pick([-1, 1]);
  const dim = rng.below(3);
  return changeView(program, rng, `dimension ${dim}, stride ${signed(delta)}`, (view) => {
    const old = view.dims[dim];
    return old && { ...view, dims: splice(view.dims, dim, { ...old, stride: old.stride + delta }) };
  });
});

/** One view of one instruction. */
function changeView(
  program: Program,
  rng: Rng,
  what: string,
  change: (view: View) => View | undefined,
): Fault | undefined {
  const isWanted = (i: Instruction) => viewUses(i).some(({ view }) => change(view) !== undefined);
  return changeOne(program, rng, isWanted, (i) => {
    const views = viewUses(i).flatMap(({ view }, index) => (change(view) ? [index] : []));
    const chosen = rng.pick(views);
    const changed = mapViews(i, (view, index) => (index === chosen ? change(view)! : view));
    return { what: `view ${chosen}, ${what}`, list: [changed] };
  });
}

export const viewMutators: readonly Mutator[] = [
  sendCount,
  recvCount,
  forwardCount,
  matmulDepth,
  localCount,
  loopCount,
  viewOffset,
  viewStride,
];
