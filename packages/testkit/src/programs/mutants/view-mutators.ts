// Single faults in how much an instruction moves or computes, and where in its buffers: counts, loops, offsets, strides.
import type { Rng } from "@waferc/base";
import { expr as build, isLocal, viewUses } from "@waferc/ir/program";
import type { Instruction, Program, View } from "@waferc/ir/program";
import { mapViews, pickOrNone, siteName, sitesOf, splice, withSite } from "./edit.ts";
import type { Site } from "./edit.ts";
import { mutator } from "./mutator.ts";
import type { Fault, Mutator } from "./mutator.ts";

const sendCount = mutator("send-count", "a send is one longer or shorter", (program, rng) =>
  changeCount(program, rng, ({ op }) => op === "send"),
);

const recvCount = mutator("recv-count", "a recv, recv_reduce or drop is one longer or shorter", (program, rng) =>
  changeCount(program, rng, ({ op }) => op === "recv" || op === "recv_reduce" || op === "drop"),
);

const forwardCount = mutator("forward-count", "a forward is one longer or shorter", (program, rng) =>
  changeCount(program, rng, ({ op }) => op === "forward"),
);

/** One dimension of the view, or the count of an instruction without one. */
function changeCount(program: Program, rng: Rng, isWanted: (i: Instruction) => boolean): Fault | undefined {
  const site = pickOrNone(rng, sitesOf(program, isWanted));
  if (!site) return undefined;
  const delta = rng.pick([-1, 1]);
  const { instruction } = site;
  const [use] = viewUses(instruction);
  if (!use) return changePlainCount(program, site, delta);
  if (use.view.dims.length === 0) return undefined;
  const dim = rng.below(use.view.dims.length);
  const changed = mapViews(instruction, (view) => withCount(view, dim, delta));
  return {
    program: withSite(program, site, changed),
    where: `${siteName(program, site)}: dimension ${dim}, ${signed(delta)}`,
  };
}

function changePlainCount(program: Program, site: Site, delta: number): Fault | undefined {
  const { instruction } = site;
  if ((instruction.op !== "drop" && instruction.op !== "forward") || !instruction.count) return undefined;
  const changed = { ...instruction, count: build.add(instruction.count, delta) };
  return { program: withSite(program, site, changed), where: `${siteName(program, site)}: ${signed(delta)}` };
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
  const site = pickOrNone(
    rng,
    sitesOf(program, ({ op }) => op === "matmul"),
  );
  if (site?.instruction.op !== "matmul") return undefined;
  const delta = rng.pick([-1, 1]);
  const { a, b } = site.instruction;
  const changed = { ...site.instruction, a: withCount(a, 1, delta), b: withCount(b, 0, delta) };
  return { program: withSite(program, site, changed), where: `${siteName(program, site)}: k ${signed(delta)}` };
});

const localCount = mutator(
  "local-count",
  "a local instruction's views are all one longer or shorter",
  (program, rng) => {
    const isWanted = (i: Instruction) => isLocal(i) && i.op !== "matmul" && i.dst.dims.length > 0;
    const site = pickOrNone(rng, sitesOf(program, isWanted));
    if (!site) return undefined;
    const [dst] = viewUses(site.instruction);
    const dim = rng.below(dst!.view.dims.length);
    const delta = rng.pick([-1, 1]);
    const changed = mapViews(site.instruction, (view) => withCount(view, dim, delta));
    return {
      program: withSite(program, site, changed),
      where: `${siteName(program, site)}: dimension ${dim}, ${signed(delta)}`,
    };
  },
);

const loopCount = mutator("loop-count", "a loop runs once more or less", (program, rng) => {
  const site = pickOrNone(
    rng,
    sitesOf(program, ({ op }) => op === "repeat"),
  );
  if (site?.instruction.op !== "repeat") return undefined;
  const delta = rng.pick([-1, 1]);
  const changed = { ...site.instruction, count: build.add(site.instruction.count, delta) };
  return { program: withSite(program, site, changed), where: `${siteName(program, site)}: ${signed(delta)}` };
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
  const site = pickOrNone(
    rng,
    sitesOf(program, (i) => viewUses(i).some(({ view }) => change(view) !== undefined)),
  );
  if (!site) return undefined;
  const views = viewUses(site.instruction).flatMap(({ view }, index) => (change(view) ? [index] : []));
  const chosen = rng.pick(views);
  const changed = mapViews(site.instruction, (view, index) => (index === chosen ? change(view)! : view));
  return { program: withSite(program, site, changed), where: `${siteName(program, site)}: view ${chosen}, ${what}` };
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
