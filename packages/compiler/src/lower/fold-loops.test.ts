import { describe, expect, test } from "vitest";
import type { Kernel, MeshTensor, Operand, Sharding } from "@waferc/ir/dataflow";
import { foldLoops } from "./fold-loops.ts";
import type { FlatSchedule } from "./fold-loops.ts";

const SHARDING: Sharding = {
  rows: { extent: 4, block: 2, axis: "y" },
  cols: { extent: 4, block: 2, axis: "x" },
};

/** Builds schedules: each kernel makes the next tensor. */
class Schedule {
  readonly tensors: MeshTensor[] = [];
  readonly kernels: Kernel[] = [];

  kernel(template: string, ...operands: (number | string)[]): number {
    const id = this.tensors.push({ name: template, shape: [4, 4], group: 0, sharding: SHARDING }) - 1;
    const weight = (text: string): Operand => ({ kind: "weight", weights: [Number(text)], sharding: SHARDING });
    this.kernels.push({
      template,
      group: 0,
      operands: operands.map((o) => (typeof o === "number" ? { kind: "tensor", tensor: o } : weight(o))),
      results: [id],
      params: new Map(),
      loc: [`/${template}${this.kernels.length}`],
    });
    return id;
  }
}

/** x -> x + f(g(h(x), w), mask), `layers` times. */
function layers(count: number, mask?: (schedule: Schedule, i: number, shared: number) => number): FlatSchedule {
  const schedule = new Schedule();
  let x = schedule.kernel("in");
  const shared = schedule.kernel("mask");
  for (let i = 0; i < count; i++) {
    const h = schedule.kernel("h", x);
    const g = schedule.kernel("g", h, String(i));
    const f = schedule.kernel("f", g, mask?.(schedule, i, shared) ?? shared);
    x = schedule.kernel("add", x, f);
  }
  schedule.kernel("out", x);
  return schedule;
}

const shapeOf = (flat: FlatSchedule) =>
  foldLoops(flat).steps.map((step) => (step.kind === "loop" ? `${step.count} x ${step.body.length}` : "kernel"));

describe("foldLoops", () => {
  test("equal layers become a loop that carries the stream; what all of them read stays outside", () => {
    const folded = foldLoops(layers(3));
    expect(folded.steps.map(({ kind }) => kind)).toEqual(["kernel", "kernel", "loop", "kernel"]);
    const loop = folded.steps[2];
    if (loop?.kind !== "loop") throw new Error("the third step is a loop");
    const into = 15;
    expect(loop).toMatchObject({ count: 3, body: [2, 3, 4, 5], carried: [{ into, initial: 0, next: 5 }] });
    const operands = loop.body.map((k) => folded.kernels.get(k)?.operands);
    expect(operands).toMatchObject([
      [{ tensor: into }],
      [{ tensor: 2 }, { weights: [0, 1, 2] }],
      [{ tensor: 3 }, { tensor: 1 }],
      [{ tensor: into }, { tensor: 4 }],
    ]);
    expect(folded.kernels.get(14)?.operands).toMatchObject([{ tensor: 5 }]);
    expect(folded.kernels.get(2)?.loc).toEqual(["/h2", "/h6", "/h10"]);
  });

  test("a layer whose result is read later ends the loop before the others", () => {
    const schedule = layers(4) as Schedule;
    const firstLayer = 5;
    schedule.kernel("late", firstLayer);
    expect(shapeOf(schedule)).toEqual([...Array<string>(6).fill("kernel"), "3 x 4", "kernel", "kernel"]);
  });

  test("layers that read something else each are no loop", () => {
    const odd = layers(3, (_, i, shared) => (i === 1 ? 0 : shared));
    expect(shapeOf(odd)).not.toContain("3 x 4");
  });

  test("short repetitions are left alone", () => {
    const schedule = new Schedule();
    let x = schedule.kernel("in");
    for (let i = 0; i < 6; i++) x = schedule.kernel("relu", x);
    // Six equal kernels are one and a half times four.
    expect(shapeOf(schedule)).toEqual(Array<string>(7).fill("kernel"));
  });

  test("two stacks of layers become two loops", () => {
    const schedule = layers(2) as Schedule;
    let x = schedule.tensors.length - 1;
    for (let i = 0; i < 3; i++) {
      const parts = ["p", "q", "r"].reduce((y, name) => schedule.kernel(name, y), x);
      x = schedule.kernel("join", parts, x);
    }
    expect(shapeOf(schedule)).toEqual(["kernel", "kernel", "2 x 4", "kernel", "3 x 4"]);
  });
});
