// Router rules by colour and router: those an entry declares and those its cores install with `open`. Ports are numbered
// north, east, south, west, ramp; sets of ports are bit masks.
import { enumerateCores } from "@waferc/ir/program";
import type { Entry, Instruction, Rule, RouterPort, Side } from "@waferc/ir/program";
import { coreIndex, isOnGrid } from "@waferc/machine";
import type { Grid } from "@waferc/machine";
import type { ClassModel } from "./class-model.ts";
import type { Budget } from "./findings.ts";
import { executedOn } from "./prove.ts";

export const PORTS = ["north", "east", "south", "west", "ramp"] as const satisfies readonly RouterPort[];
export const RAMP = 4;

export interface PortRule {
  readonly from: number;
  /** Bit p: port p. */
  readonly to: number;
  readonly transit: boolean;
}

export interface ColorRoutes {
  readonly color: number;
  /** Every list of rules that some router of this colour has at some time. */
  readonly lists: readonly (readonly PortRule[])[];
  /** By router: its first list, -1 for none; the position in it; whether the colour is closed at first. */
  readonly listAt: Int32Array;
  readonly positionAt: Int32Array;
  readonly closedAt: Uint8Array;
  /** By router: lists that its core may install later. */
  readonly laterLists: ReadonlyMap<number, readonly number[]>;
  /** Whether no control wavelet is ever sent on it and no core opens it, so that its rules never change. */
  readonly isStatic: boolean;
}

export interface RouteTable {
  readonly grid: Grid;
  readonly routers: number;
  readonly colors: ReadonlyMap<number, ColorRoutes>;
  /** List that an `open` installs, by instruction and actual colour. */
  listOfOpen(instruction: Instruction, color: number): number;
}

export function portNumber(port: RouterPort): number {
  return PORTS.indexOf(port);
}

export function portNames(mask: number): string {
  return PORTS.filter((_, port) => (mask >> port) & 1).join(" ");
}

/** Key of a host port of a colour. */
export function hostKey(grid: Grid, color: number, x: number, y: number, side: Side): number {
  return (color * grid.width * grid.height + coreIndex(grid, x, y)) * 4 + portNumber(side);
}

/** The router that `port` leads to, -1 off the grid. */
export function neighborRouter({ width, height }: Grid, router: number, port: number): number {
  switch (port) {
    case 0:
      return router >= width ? router - width : -1;
    case 1:
      return router % width < width - 1 ? router + 1 : -1;
    case 2:
      return router < width * (height - 1) ? router + width : -1;
    default:
      return router % width > 0 ? router - 1 : -1;
  }
}

/** The port on which a wavelet that left by `port` arrives. */
export function oppositePort(port: number): number {
  return port ^ 2;
}

interface MutableRoutes extends ColorRoutes {
  readonly lists: (readonly PortRule[])[];
  readonly laterLists: Map<number, number[]>;
  isStatic: boolean;
}

export function buildRouteTable(entry: Entry, models: readonly ClassModel[], grid: Grid, budget: Budget): RouteTable {
  const routers = grid.width * grid.height;
  const colors = new Map<number, MutableRoutes>();
  const routesOf = (color: number): MutableRoutes => {
    let routes = colors.get(color);
    if (!routes) {
      routes = {
        color,
        lists: [],
        listAt: new Int32Array(routers).fill(-1),
        positionAt: new Int32Array(routers),
        closedAt: new Uint8Array(routers).fill(1),
        laterLists: new Map(),
        isStatic: true,
      };
      colors.set(color, routes);
    }
    return routes;
  };
  for (const { color, cores, rules, position, closed } of entry.routes) {
    const routes = routesOf(color);
    const list = routes.lists.push(rules.map(portRule)) - 1;
    for (const { x, y } of enumerateCores(cores)) {
      if (!isOnGrid(grid, x, y)) continue;
      const router = coreIndex(grid, x, y);
      routes.listAt[router] = list;
      routes.positionAt[router] = position;
      routes.closedAt[router] = closed || rules.length === 0 ? 1 : 0;
    }
  }
  const opens = new Map<Instruction, Map<number, number>>();
  for (const model of models) noteControl(model, grid, routesOf, opens, budget);
  for (const { color } of entry.streams) routesOf(color);
  return { grid, routers, colors, listOfOpen: (instruction, color) => opens.get(instruction)?.get(color) ?? -1 };
}

function noteControl(
  model: ClassModel,
  grid: Grid,
  routesOf: (color: number) => MutableRoutes,
  opens: Map<Instruction, Map<number, number>>,
  budget: Budget,
): void {
  for (const color of model.coreClass.colors) routesOf(color);
  for (const site of model.sites) {
    const { instruction } = site;
    if (instruction.op !== "advance" && instruction.op !== "close" && instruction.op !== "open") continue;
    const routes = routesOf(model.coreClass.colors[instruction.color]!);
    const executed = executedOn(model, site, budget);
    if (!executed.includes(1)) continue;
    routes.isStatic = false;
    if (instruction.op !== "open") continue;
    const byColor = opens.get(instruction) ?? new Map<number, number>();
    opens.set(instruction, byColor);
    const list = byColor.get(routes.color) ?? routes.lists.push(instruction.rules.map(portRule)) - 1;
    byColor.set(routes.color, list);
    for (const [i, x] of model.xs.entries()) {
      if (!executed[i]) continue;
      const router = coreIndex(grid, x, model.ys[i]!);
      const lists = routes.laterLists.get(router) ?? [];
      routes.laterLists.set(router, lists.includes(list) ? lists : [...lists, list]);
    }
  }
}

function portRule({ from, to, transit }: Rule): PortRule {
  return { from: portNumber(from), to: to.reduce((mask, port) => mask | (1 << portNumber(port)), 0), transit };
}
