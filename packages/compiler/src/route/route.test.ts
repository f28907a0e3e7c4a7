// Routes of random floorplans: the layout verifier follows every route from its source to its end and finds no colour twice at a router.
import { CompileError, Rng } from "@waferc/base";
import type { Dataflow, Flow, Group, Kernel } from "@waferc/ir/dataflow";
import { verifyLayout, type Layout } from "@waferc/ir/layout";
import { loadMachine, type Machine } from "@waferc/machine";
import { expect, test } from "vitest";
import { routeLayout } from "./route.ts";

const machine = loadMachine("mesh16x16");

const host = (tensor: string): Flow["from"] => ({ kind: "host", tensor });
const group = (id: number): Flow["from"] => ({ kind: "group", group: id });

/** Groups in a row of 4 x 4 regions, in a chain of flows from and to the host. */
function chain(count: number, on: Machine = machine): Layout {
  const groups = Array.from({ length: count }, (_, g): Group => ({ name: `g${g}`, width: 4, height: 4 }));
  const flows = Array.from({ length: count + 1 }, (_, f): Flow => ({
    name: `f${f}`,
    from: f === 0 ? host("x") : group(f - 1),
    to: f === count ? host("y") : group(f),
    shape: [4, 4 + f],
  }));
  const tensors = groups.map((_, g) => ({
    name: `t${g}`,
    shape: [4, 4],
    group: g,
    sharding: { rows: { extent: 4, block: 1, axis: "y" }, cols: { extent: 4, block: 1, axis: "x" } } as const,
  }));
  const kernels = groups.flatMap((_, g): Kernel[] => [
    { template: "io.ingress", group: g, operands: [], results: [g], params: new Map(), flow: g, loc: [] },
    {
      template: "io.egress",
      group: g,
      operands: [{ kind: "tensor", tensor: g }],
      results: [],
      params: new Map(),
      flow: g + 1,
      loc: [],
    },
  ]);
  const { name, sha256, width, height } = on;
  const steps = kernels.map((_, kernel) => ({ kind: "kernel", kernel }) as const);
  const dataflow: Dataflow = {
    name: "d",
    machine: { name, sha256, width, height },
    groups,
    tensors,
    weights: [],
    kernels,
    steps,
    flows,
  };
  const rng = new Rng(count);
  const places = rng.shuffle(Array.from({ length: 16 }, (_, i) => i));
  const regions = groups.map((_, g) => {
    const place = places[g] ?? 0;
    return { group: g, x: 4 * (place % 4), y: 4 * Math.floor(place / 4), width: 4, height: 4 };
  });
  return { dataflow, seed: 1, regions, channels: [], ports: [], routes: [] };
}

const routing = (layout: Layout) => verifyLayout(layout).filter(({ code }) => code.startsWith("LAY"));

test("every flow of 1 to 12 groups gets a route that leads to its end, on colours of its own", () => {
  for (let count = 1; count <= 12; count++) {
    const layout = routeLayout(chain(count), machine);
    expect(routing(layout)).toEqual([]);
    expect(layout.routes).toHaveLength(count + 1);
    expect(layout.ports).toHaveLength(2);
    expect(routeLayout(chain(count), machine)).toEqual(layout);
  }
});

test("dead links are avoided", () => {
  const links = Array.from({ length: 15 }, (_, y) => ({ x: 3, y, direction: "east" as const }));
  const hurt = { ...machine, hostSides: ["west" as const], defects: { cores: [], links } };
  const floorplan = chain(1, hurt);
  const moved = { ...floorplan, regions: [{ group: 0, x: 8, y: 0, width: 4, height: 4 }] };
  const layout = routeLayout(moved, hurt);
  expect(routing(layout)).toEqual([]);
  const crossings = layout.routes[0]?.hops.filter(({ x, to }) => x === 3 && to.includes("east"));
  expect(crossings).toEqual([{ x: 3, y: 15, from: "west", to: ["east"] }]);
});

test("a flow to the host leaves by a port whose link works", () => {
  const links = Array.from({ length: 16 }, (_, y) => ({ x: 0, y, direction: "west" as const })).slice(1);
  const hurt = { ...machine, hostSides: ["west" as const], defects: { cores: [], links } };
  const { ports } = routeLayout(chain(3, hurt), hurt);
  expect(ports.map(({ flow, y }) => [flow, y])).toContainEqual([3, 0]);
  const none = { ...hurt, defects: { cores: [], links: [...links, { x: 0, y: 0, direction: "west" as const }] } };
  expect(() => routeLayout(chain(3, none), none)).toThrow(CompileError);
});

test("too few colours are reported with amounts", () => {
  const poor = (colors: number): Machine => ({ ...machine, fabric: { ...machine.fabric, colors } });
  for (const [colors, code] of [
    [3, "RTE-001"],
    [8, "RTE-002"],
  ] as const) {
    let found: unknown;
    try {
      routeLayout(chain(1), poor(colors));
    } catch (error) {
      found = error;
    }
    expect(found).toBeInstanceOf(CompileError);
    expect((found as CompileError).diagnostics[0]?.code).toBe(code);
  }
});
