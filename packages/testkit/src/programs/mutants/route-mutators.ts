// Single faults in router rules, classes and host streams.
import type { Rng } from "@waferc/base";
import { enumerateCores, expr as build, printExpr, rectOfCores } from "@waferc/ir/program";
import type { CoreSet, ParamValue, Program, RouterRules, Rule } from "@waferc/ir/program";
import { entityOf, partsOf, pickOrNone, splice, withPart } from "./edit.ts";
import type { Part } from "./edit.ts";
import { mutator } from "./mutator.ts";
import type { Fault, Mutator } from "./mutator.ts";
import { printRule, withOtherDestination, withOtherSource } from "./rules.ts";

const changeDestination = mutator("route-destination", "a rule leads to another port", (program, rng) =>
  changeRule(program, rng, (rule) => withOtherDestination(rng, rule)),
);

const changeSource = mutator("route-source", "a rule takes from another port", (program, rng) =>
  changeRule(program, rng, (rule) => withOtherSource(rng, rule)),
);

const flipTransit = mutator("route-transit", "a rule's transit flag is flipped", (program, rng) =>
  changeRule(program, rng, (rule) => ({ ...rule, transit: !rule.transit })),
);

const removeHop = mutator("route-hop", "one router loses its rules of a colour", (program, rng) => {
  const part = pickOrNone(rng, partsOf(program, "routes"));
  if (!part) return undefined;
  const cores = [...enumerateCores(part.item.cores)];
  const lost = rng.pick(cores);
  const rest = cores.filter((core) => core !== lost).map(({ x, y }) => rectOfCores(x, y, 1, 1));
  const kept = rest.length === 0 ? [] : [{ ...part.item, cores: rest }];
  const where = `${routeName(program, part)}: router (${lost.x},${lost.y}) removed`;
  return { program: withPart(program, "routes", part, ...kept), where };
});

const changeRouteColor = mutator("route-color", "the rules of one router are of another colour", (program, rng) => {
  const part = pickOrNone(rng, partsOf(program, "routes"));
  if (!part) return undefined;
  const color = otherColor(program, rng, part.item.color);
  const cores = [...enumerateCores(part.item.cores)];
  const moved = rng.pick(cores);
  const rest = cores.filter((core) => core !== moved).map(({ x, y }) => rectOfCores(x, y, 1, 1));
  const kept = rest.length === 0 ? [] : [{ ...part.item, cores: rest }];
  const changed = { ...part.item, color, cores: [rectOfCores(moved.x, moved.y, 1, 1)] };
  const where = `${routeName(program, part)}: colour ${color} at (${moved.x},${moved.y})`;
  return { program: withPart(program, "routes", part, ...kept, changed), where };
});

const changeRouteState = mutator("route-state", "a route begins closed, or at another position", (program, rng) => {
  const part = pickOrNone(
    rng,
    partsOf(program, "routes").filter(({ item }) => item.rules.length > 0),
  );
  if (!part) return undefined;
  const { closed, position, rules } = part.item;
  const moves = rules.length > 1 && rng.chance(0.5);
  const item = moves ? { ...part.item, position: (position + 1) % rules.length } : { ...part.item, closed: !closed };
  const where = `${routeName(program, part)}: ${moves ? "next position" : closed ? "open" : "closed"}`;
  return { program: withPart(program, "routes", part, item), where };
});

/** One rule of one route, on all its routers. */
function changeRule(program: Program, rng: Rng, change: (rule: Rule) => Rule | undefined): Fault | undefined {
  const part = pickOrNone(
    rng,
    partsOf(program, "routes").filter(({ item }) => item.rules.length > 0),
  );
  if (!part) return undefined;
  const index = rng.below(part.item.rules.length);
  const rule = change(part.item.rules[index]!);
  if (!rule) return undefined;
  const where = `${routeName(program, part)}: ${printRule(rule)}`;
  return {
    program: withPart(program, "routes", part, { ...part.item, rules: splice(part.item.rules, index, rule) }),
    where,
  };
}

function routeName(program: Program, part: Part<RouterRules>): string {
  return `${entityOf(program, "routes", part)} (colour ${part.item.color}, ${part.item.rules.map(printRule).join("; ")})`;
}

/** Another colour that the program uses. */
function otherColor(program: Program, rng: Rng, color: number): number {
  const used = new Set(partsOf(program, "routes").map(({ item }) => item.color));
  return (
    pickOrNone(
      rng,
      [...used].filter((other) => other !== color),
    ) ?? color + 1
  );
}

// Classes

const changeClassColor = mutator("class-color", "a class binds a formal colour to another colour", (program, rng) => {
  const part = pickOrNone(
    rng,
    partsOf(program, "classes").filter(({ item }) => item.colors.length > 0),
  );
  if (!part) return undefined;
  const index = rng.below(part.item.colors.length);
  const color = otherColor(program, rng, part.item.colors[index]!);
  const changed = { ...part.item, colors: splice(part.item.colors, index, color) };
  const where = `${entityOf(program, "classes", part)}: formal colour ${index} is ${color}`;
  return { program: withPart(program, "classes", part, changed), where };
});

const changeClassCores = mutator("class-cores", "a class's rectangle is shifted or shrunk", (program, rng) => {
  const part = pickOrNone(rng, partsOf(program, "classes"));
  if (!part) return undefined;
  const { cores } = changeRectangle(rng, part.item.cores);
  if (cores.length === 0)
    return { program: withPart(program, "classes", part), where: `${entityOf(program, "classes", part)} removed` };
  const params = part.item.params.map((param) => fitTable(param, cores));
  const where = `${entityOf(program, "classes", part)}: cores ${JSON.stringify(cores)}`;
  return { program: withPart(program, "classes", part, { ...part.item, cores, params }), where };
});

function changeRectangle(rng: Rng, cores: CoreSet): { readonly cores: CoreSet } {
  const index = rng.below(cores.length);
  const rect = cores[index]!;
  const along = rng.pick(["x", "y"] as const);
  const extent = along === "x" ? "w" : "h";
  if (rng.chance(0.5)) return { cores: splice(cores, index, { ...rect, [along]: rect[along] + rng.pick([-1, 1]) }) };
  return { cores: splice(cores, index, ...(rect[extent] > 1 ? [{ ...rect, [extent]: rect[extent] - 1 }] : [])) };
}

/** A table keeps one value per core, so that the fault is in the cores only. */
function fitTable(param: ParamValue, cores: CoreSet): ParamValue {
  if (param.kind === "expr") return param;
  const count = cores.reduce((sum, { w, h }) => sum + w * h, 0);
  return { kind: "table", values: param.values.slice(0, count) };
}

const changeClassParam = mutator("class-param", "a class's parameter is off by one", (program, rng) => {
  const part = pickOrNone(
    rng,
    partsOf(program, "classes").filter(({ item }) => item.params.length > 0),
  );
  if (!part) return undefined;
  const index = rng.below(part.item.params.length);
  const delta = rng.pick([-1, 1]);
  const param = shiftParam(rng, part.item.params[index]!, delta);
  const shown = param.kind === "expr" ? printExpr(param.expr) : `a table, ${delta} in one place`;
  const where = `${entityOf(program, "classes", part)}: parameter ${index} is ${shown}`;
  return {
    program: withPart(program, "classes", part, { ...part.item, params: splice(part.item.params, index, param) }),
    where,
  };
});

function shiftParam(rng: Rng, param: ParamValue, delta: number): ParamValue {
  if (param.kind === "expr") return { kind: "expr", expr: build.add(param.expr, delta) };
  const index = rng.below(param.values.length);
  return { kind: "table", values: splice(param.values, index, param.values[index]! + delta) };
}

// Host streams

const changeStreamColor = mutator("stream-color", "a host stream has another colour", (program, rng) => {
  const part = pickOrNone(rng, partsOf(program, "streams"));
  if (!part) return undefined;
  const color = otherColor(program, rng, part.item.color);
  const where = `${entityOf(program, "streams", part)}: colour ${color}`;
  return { program: withPart(program, "streams", part, { ...part.item, color }), where };
});

const changeStreamPort = mutator("stream-port", "a host stream is at the next port of its side", (program, rng) => {
  const part = pickOrNone(rng, partsOf(program, "streams"));
  if (!part) return undefined;
  const { port } = part.item;
  const along = port.side === "west" || port.side === "east" ? "y" : "x";
  const moved = { ...port, [along]: port[along] === 0 ? 1 : port[along] - 1 };
  const where = `${entityOf(program, "streams", part)}: port ${moved.side}(${moved.x},${moved.y})`;
  return { program: withPart(program, "streams", part, { ...part.item, port: moved }), where };
});

const changeStreamShape = mutator("stream-shape", "a host stream is longer or shorter", (program, rng) => {
  const part = pickOrNone(
    rng,
    partsOf(program, "streams").filter(({ item }) => item.shape.length > 0),
  );
  if (!part) return undefined;
  const index = rng.below(part.item.shape.length);
  const shape = splice(part.item.shape, index, part.item.shape[index]! + rng.pick([-1, 1]));
  const where = `${entityOf(program, "streams", part)}: shape [${shape.join(",")}]`;
  return { program: withPart(program, "streams", part, { ...part.item, shape }), where };
});

export const routeMutators: readonly Mutator[] = [
  changeDestination,
  changeSource,
  removeHop,
  changeRouteColor,
  flipTransit,
  changeRouteState,
];
export const classMutators: readonly Mutator[] = [changeClassColor, changeClassCores, changeClassParam];
export const streamMutators: readonly Mutator[] = [changeStreamColor, changeStreamPort, changeStreamShape];
