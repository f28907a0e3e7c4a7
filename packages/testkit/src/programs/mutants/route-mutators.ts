// Single faults in router rules, classes and host streams.
import type { Rng } from "@waferc/base";
import { enumerateCores, expr as build, printExpr, rectOfCores } from "@waferc/ir/program";
import type { CoreSet, ParamValue, Program, RouterRules, Rule } from "@waferc/ir/program";
import { entityOf, isSame, partsOf, pickOrNone, splice, withPart } from "./edit.ts";
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
  const { rest, one, name } = splitRoute(rng, part.item);
  const where = `${routeName(program, part)}: ${name(one)} removed`;
  return { program: withPart(program, "routes", part, ...rest), where };
});

const changeRouteColor = mutator("route-color", "the rules of one router are of another colour", (program, rng) => {
  const part = pickOrNone(rng, partsOf(program, "routes"));
  if (!part) return undefined;
  const { rest, one, name } = splitRoute(rng, part.item);
  const color = otherColor(program, rng, part.item.color);
  const where = `${routeName(program, part)}: colour ${color} at ${name(one)}`;
  return { program: withPart(program, "routes", part, ...rest, { ...one, color }), where };
});

const changeRouteState = mutator("route-state", "a route begins closed, or at another position", (program, rng) =>
  changeRoute(program, rng, (route) => {
    const { closed, position, rules } = route;
    const moves = rules.length > 1 && rng.chance(0.5);
    return moves
      ? { what: "next position", route: { ...route, position: (position + 1) % rules.length } }
      : { what: closed ? "open" : "closed", route: { ...route, closed: !closed } };
  }),
);

/** A route without one of its routers, and that router's. */
function splitRoute(rng: Rng, route: RouterRules) {
  const cores = [...enumerateCores(route.cores)];
  const chosen = rng.pick(cores);
  const others = cores.filter((core) => core !== chosen).map(({ x, y }) => rectOfCores(x, y, 1, 1));
  return {
    rest: others.length === 0 ? [] : [{ ...route, cores: others }],
    one: { ...route, cores: [rectOfCores(chosen.x, chosen.y, 1, 1)] },
    name: ({ cores: [core] }: RouterRules) => `router (${core?.x},${core?.y})`,
  };
}

/** A route that has rules changed, on all of its routers or on one. */
function changeRoute(
  program: Program,
  rng: Rng,
  change: (route: RouterRules) => { readonly what: string; readonly route: RouterRules } | undefined,
): Fault | undefined {
  const routes = partsOf(program, "routes").filter(({ item }) => item.rules.length > 0);
  const part = pickOrNone(rng, routes);
  const changed = part && change(part.item);
  if (!part || !changed) return undefined;
  const where = `${routeName(program, part)}: ${changed.what}`;
  if (rng.chance(0.5)) return { program: withPart(program, "routes", part, changed.route), where };
  const { rest, one, name } = splitRoute(rng, part.item);
  const { cores } = one;
  const faulty = { ...changed.route, cores };
  return { program: withPart(program, "routes", part, ...rest, faulty), where: `${where} at ${name(one)}` };
}

function changeRule(program: Program, rng: Rng, change: (rule: Rule) => Rule | undefined): Fault | undefined {
  return changeRoute(program, rng, (route) => {
    const index = rng.below(route.rules.length);
    const rule = change(route.rules[index]!);
    return rule && { what: printRule(rule), route: { ...route, rules: splice(route.rules, index, rule) } };
  });
}

function routeName(program: Program, part: Part<RouterRules>): string {
  return `${entityOf(program, "routes", part)} (colour ${part.item.color}, ${part.item.rules.map(printRule).join("; ")})`;
}

/** Mostly one that the program uses, else the first that it does not. */
function otherColor(program: Program, rng: Rng, color: number): number {
  const used = [...new Set(partsOf(program, "routes").map(({ item }) => item.color))];
  const free = Math.max(color, ...used) + 1;
  return rng.pick([...used.filter((other) => other !== color), free]);
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

const changeStreamPort = mutator("stream-port", "a host stream is at another port", (program, rng) => {
  const part = pickOrNone(rng, partsOf(program, "streams"));
  if (!part) return undefined;
  const { width, height } = program.machine;
  const side = rng.pick(["north", "east", "south", "west"] as const);
  const edge = { north: { y: 0 }, east: { x: width - 1 }, south: { y: height - 1 }, west: { x: 0 } };
  const port = { x: rng.below(width), y: rng.below(height), ...edge[side], side };
  if (isSame(port, part.item.port)) return undefined;
  const where = `${entityOf(program, "streams", part)}: port ${side}(${port.x},${port.y})`;
  return { program: withPart(program, "streams", part, { ...part.item, port }), where };
});

const changeStreamShape = mutator("stream-shape", "a host stream is longer or shorter", (program, rng) => {
  const part = pickOrNone(
    rng,
    partsOf(program, "streams").filter(({ item }) => item.shape.length > 0),
  );
  if (!part) return undefined;
  const index = rng.below(part.item.shape.length);
  const shape = splice(part.item.shape, index, part.item.shape[index]! + rng.pick([-2, -1, 1, 2, 3]));
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
