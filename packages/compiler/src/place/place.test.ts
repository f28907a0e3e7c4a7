// Conformance of placement algorithms: legal, stable for a seed, pins and defects respected, infeasible said with amounts.
import { CompileError, Rng } from "@waferc/base";
import type { Dataflow, Flow, Group } from "@waferc/ir/dataflow";
import { verifyLayout } from "@waferc/ir/layout";
import { loadMachine, rectContains, rectsOverlap, type Machine } from "@waferc/machine";
import { describe, expect, test } from "vitest";
import { placeDataflow, placementAlgorithms } from "./place.ts";

const machine = loadMachine("mesh16x16");

function dataflowOf(groups: readonly Group[], flows: readonly Flow[] = []): Dataflow {
  const { name, sha256, width, height } = machine;
  return {
    name: "d",
    machine: { name, sha256, width, height },
    groups,
    tensors: [],
    weights: [],
    kernels: [],
    steps: [],
    flows,
  };
}

function flow(from: number | "host", to: number | "host", elements: number): Flow {
  const end = (at: number | "host"): Flow["from"] =>
    at === "host" ? { kind: "host", tensor: "t" } : { kind: "group", group: at };
  return { name: "f", from: end(from), to: end(to), shape: [1, elements] };
}

function randomGroups(seed: number): Dataflow {
  const rng = new Rng(seed);
  const groups = Array.from({ length: rng.between(1, 6) }, (_, g): Group => ({
    name: `g${g}`,
    width: rng.between(1, 6),
    height: rng.between(1, 6),
  }));
  const flows = groups.slice(1).map((_, g) => flow(g, g + 1, rng.between(1, 100)));
  return dataflowOf(groups, [flow("host", 0, 50), ...flows]);
}

describe.each(placementAlgorithms)("$name", ({ name }) => {
  const place = (dataflow: Dataflow, options = {}, on: Machine = machine) =>
    placeDataflow(dataflow, on, { seed: 1, algorithm: name, ...options });

  test("places random groups legally, the same for the same seed", () => {
    for (let seed = 0; seed < 40; seed++) {
      const dataflow = randomGroups(seed);
      if (name === "exhaustive" && dataflow.groups.length > 2) continue;
      const layout = place(dataflow);
      expect(verifyLayout(layout).filter(({ code }) => code === "LAY-001" || code === "LAY-002")).toEqual([]);
      expect(place(dataflow)).toEqual(layout);
    }
  });

  test("keeps pins, keep-outs and dead cores", () => {
    const groups = [
      { name: "a", width: 4, height: 4 },
      { name: "b", width: 3, height: 2 },
    ];
    const keepOut = { x: 0, y: 0, w: 8, h: 16 };
    const hurt = { ...machine, defects: { cores: [{ x: 12, y: 3 }], links: [] } };
    const pins = new Map([[1, { x: 13, y: 13 }]]);
    const { regions } = place(
      dataflowOf(groups, [flow("host", 0, 9), flow(0, 1, 9)]),
      { pins, keepOuts: [keepOut] },
      hurt,
    );
    expect(regions[1]).toMatchObject({ x: 13, y: 13 });
    for (const { x, y, width, height } of regions) {
      const region = { x, y, w: width, h: height };
      expect(rectsOverlap(region, keepOut)).toBe(false);
      expect(rectContains(region, 12, 3)).toBe(false);
    }
  });

  test("pins that cannot be are named", () => {
    const groups = [0, 1].map((id) => ({ name: `g${id}`, width: 4, height: 4 }));
    const dataflow = dataflowOf(groups);
    const offGrid = new Map([[0, { x: 14, y: 0 }]]);
    const overlapping = new Map([0, 1].map((id) => [id, { x: 3 * id, y: 3 * id }]));
    for (const pins of [offGrid, overlapping]) {
      expect(thrownBy(() => place(dataflow, { pins })).diagnostics.map(({ code }) => code)).toEqual(["PLC-004"]);
    }
  });

  test("says what does not fit, with amounts", () => {
    const tooWide = dataflowOf([{ name: "a", width: 17, height: 1 }]);
    const tooMany = dataflowOf([
      { name: "a", width: 16, height: 9 },
      { name: "b", width: 9, height: 16 },
    ]);
    for (const [dataflow, code] of [
      [tooWide, "PLC-001"],
      [tooMany, "PLC-002"],
    ] as const) {
      const error = thrownBy(() => place(dataflow));
      expect(error.diagnostics[0]).toMatchObject({ code });
      expect(error.diagnostics[0]?.facts?.demand).toBeGreaterThan(0);
    }
  });
});

test("a dead link keeps regions from lying across it, not from lying beside it", () => {
  const links = [{ x: 0, y: 0, direction: "east" as const }];
  const hurt = { ...machine, defects: { cores: [], links } };
  const cornerOf = (width: number, height: number) => {
    const groups = [{ name: "a", width, height }];
    return placeDataflow(dataflowOf(groups), hurt, { seed: 1 }).regions[0];
  };
  expect(cornerOf(16, 15)).toMatchObject({ x: 0, y: 1 });
  expect(cornerOf(15, 16)).toMatchObject({ x: 1, y: 0 });
  expect(cornerOf(1, 16)).toMatchObject({ x: 0, y: 0 });
});

test("exhaustive finds the optimum that annealing must not beat", () => {
  const dataflow = dataflowOf(
    [
      { name: "a", width: 5, height: 5 },
      { name: "b", width: 5, height: 5 },
    ],
    [flow("host", 0, 10), flow(0, 1, 30), flow(1, "host", 10)],
  );
  const [exact, annealed] = placementAlgorithms.map(({ name: algorithm }) => {
    const { regions } = placeDataflow(dataflow, machine, { seed: 1, algorithm });
    const [a, b] = [regions[0] ?? { x: 0, y: 0 }, regions[1] ?? { x: 0, y: 0 }];
    const toHost = (x: number) => Math.min(x, 15 - x);
    return 10 * toHost(a.x) + 10 * toHost(b.x) + 30 * (Math.abs(a.x - b.x) + Math.abs(a.y - b.y));
  });
  expect(exact).toBe(150);
  expect(annealed).toBeGreaterThanOrEqual(150);
});

test("an unknown algorithm is named", () => {
  const place = () => placeDataflow(dataflowOf([]), machine, { seed: 1, algorithm: "nope" });
  expect(thrownBy(place).diagnostics[0]?.code).toBe("PLC-003");
});

function thrownBy(run: () => unknown): CompileError {
  try {
    run();
  } catch (error) {
    if (error instanceof CompileError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
