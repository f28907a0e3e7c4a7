// From the plan of a random program to its entry: cores with equal colours become classes, routers with equal rules one route,
// buffers get addresses (phases of a code share theirs).
import type { Rng } from "@waferc/base";
import { bufferBytes, enumerateCores } from "@waferc/ir/program";
import type { Buffer, Code, CoreClass, CoreSet, Entry, HostStream, ParamValue, RouterRules } from "@waferc/ir/program";
import type { BufferPlan, CodeGroup } from "./code-group.ts";
import { affineFit } from "./core-expr.ts";
import { coverCores } from "./core-cover.ts";
import { streamElements } from "./pattern.ts";
import type { Plan } from "./plan.ts";

export function assembleEntry(name: string, plan: Plan): Entry {
  const codes = plan.groups.map((group) => codeOf(plan.rng, group));
  return {
    name,
    steps: plan.steps,
    codes,
    classes: plan.groups.flatMap((group, code) => classesOf(plan.rng, group, code)),
    routes: routesOf(plan),
    streams: plan.streams.map((stream): HostStream => {
      const { name, direction, color, router, side, type } = stream;
      const { width } = plan.machine;
      const port = { x: router % width, y: Math.floor(router / width), side };
      return { name, direction, color, port, tensor: name, type, shape: streamShape(plan.rng, streamElements(stream)) };
    }),
  };
}

function streamShape(rng: Rng, elements: number): number[] {
  const divisors = [1, 2, 3, 4, 5].filter((d) => elements % d === 0);
  const outer = rng.pick(divisors);
  return rng.chance(0.5) ? [elements] : [outer, elements / outer];
}

function codeOf(rng: Rng, group: CodeGroup): Code {
  return {
    name: group.name,
    colors: group.formals.map(({ name }) => name),
    params: group.params.map(({ name }) => name),
    buffers: placeBuffers(rng, group),
    bindings: group.bindings,
    body: group.body,
  };
}

function placeBuffers(rng: Rng, group: CodeGroup): Buffer[] {
  const addresses = new Map<number, number>();
  let next = 0;
  const place = (index: number, buffer: BufferPlan) => {
    const gap = !buffer.isShared && rng.chance(0.2) ? rng.below(5) : 0;
    addresses.set(index, next);
    next += 4 * (Math.ceil(bufferBytes(buffer) / 4) + gap);
  };
  group.buffers.forEach((buffer, index) => {
    if (buffer.phase === undefined) place(index, buffer);
  });
  const shared = next;
  for (const phase of new Set(group.buffers.map((buffer) => buffer.phase))) {
    if (phase === undefined) continue;
    next = shared;
    group.buffers.forEach((buffer, index) => {
      if (buffer.phase === phase) place(index, buffer);
    });
  }
  return group.buffers.map(({ name, type, elements, persistent }, index) => {
    return { name, type, address: addresses.get(index) ?? 0, elements, persistent };
  });
}

function classesOf(rng: Rng, group: CodeGroup, code: number): CoreClass[] {
  const byColors = new Map<string, { colors: readonly number[]; cores: number[] }>();
  for (const core of group.cores) {
    // A core that never uses a formal colour gets any of its actual ones.
    const colors = group.formals.map(({ actual }) => actual.get(core) ?? [...actual.values()][0] ?? 0);
    const key = colors.join();
    const found = byColors.get(key) ?? { colors, cores: [] };
    found.cores.push(core);
    byColors.set(key, found);
  }
  return [...byColors.values()].map(({ colors, cores }, i): CoreClass => {
    const set = coverCores(cores, group.width);
    const params = group.params.map(({ values }) => paramOf(rng, set, values, group.width));
    return { name: `${group.name}_${i}`, code, cores: set, colors, params };
  });
}

function paramOf(rng: Rng, cores: CoreSet, values: ReadonlyMap<number, number>, width: number): ParamValue {
  const ordered = [...enumerateCores(cores)].map(({ x, y }) => y * width + x);
  const wanted = new Map(ordered.map((core) => [core, values.get(core) ?? 0]));
  const expr = rng.chance(0.9) ? affineFit({ width }, wanted) : undefined;
  return expr ? { kind: "expr", expr } : { kind: "table", values: [...wanted.values()] };
}

function routesOf(plan: Plan): RouterRules[] {
  const routes: RouterRules[] = [];
  for (const [color, routers] of plan.fabric.initial) {
    const byRules = new Map<string, number[]>();
    for (const [router, initial] of routers) {
      const key = JSON.stringify(initial);
      byRules.set(key, [...(byRules.get(key) ?? []), router]);
    }
    for (const same of byRules.values()) {
      const initial = routers.get(same[0] ?? -1);
      if (initial) routes.push({ color, cores: coverCores(same, plan.machine.width), ...initial });
    }
  }
  return routes;
}
