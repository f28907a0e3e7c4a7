/**
 * Well-formedness of layouts, as numbered rules. A floorplan (no channels, ports and routes) only has regions to verify.
 *
 *   LAY-001  parts name groups and flows of the dataflow; every group has one region, of the group's size
 *   LAY-002  regions lie on the grid and do not overlap
 *   LAY-003  a channel has its number of colours, all different, and a group has one of each kind
 *   LAY-004  colours are 0 to 31
 *   LAY-005  every host flow has one port, the outward side of an edge router; other flows have none
 *   LAY-006  every flow has one route
 *   LAY-007  a hop has a source that is not among its destinations, each destination once, one hop for each router
 *   LAY-008  a route leads from its source to its end, to nothing else, and every hop is on the way
 *   LAY-009  no two parts use one colour at one router
 *
 * The dataflow's own rules are verified too. Gaps: dead cores and links, host sides and the number of colours are the machine's, and which
 * channels a group needs is its kernels': `@waferc/check` judges the program made from the layout.
 */
import { makeDiagnostic } from "@waferc/base";
import type { Diagnostic, DiagnosticCode } from "@waferc/base";
import { coreIndex, isOnGrid, neighborOf, oppositeDirection, rectsOverlap } from "@waferc/machine";
import type { Coord, LinkDirection } from "@waferc/machine";
import { CODES } from "../codes.ts";
import type { Flow } from "../dataflow/dataflow.ts";
import { verifyDataflow } from "../dataflow/verify.ts";
import type { RouterPort } from "../program/program.ts";
import { channelColorCount, channelRulesAt } from "./channel-rules.ts";
import { channelEntity, hopEntity, portEntity, regionEntity, routeEntity } from "./entity.ts";
import type { ChannelColors, Hop, Layout, Region, Route } from "./layout.ts";

const MAX_COLOR = 31;

/** Every broken rule of the layout and its dataflow. Empty if both are well-formed. */
export function verifyLayout(layout: Layout): readonly Diagnostic[] {
  return [...verifyDataflow(layout.dataflow), ...new LayoutVerifier(layout).verify()];
}

class LayoutVerifier {
  readonly #layout: Layout;
  readonly #found: Diagnostic[] = [];
  /** For each colour, by router: index into `#users` of the part that uses it there, plus 1. */
  readonly #colorUsers = new Map<number, Uint32Array>();
  readonly #users: string[] = [];

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  verify(): readonly Diagnostic[] {
    this.#verifyRegions();
    const { channels, ports, routes } = this.#layout;
    if (channels.length + ports.length + routes.length === 0) return this.#found;
    for (const [index, channel] of channels.entries()) this.#verifyChannel(channel, index);
    this.#verifyPorts();
    for (const route of routes) this.#verifyRoute(route);
    for (const [id, flow] of this.#layout.dataflow.flows.entries()) {
      const count = routes.filter((route) => route.flow === id).length;
      if (count === 1) continue;
      this.#report(CODES["LAY-006"], routeEntity(id), `Cannot have ${count} routes for flow f${id} "${flow.name}"`);
    }
    return this.#found;
  }

  #verifyRegions(): void {
    const { regions, dataflow } = this.#layout;
    for (const [id, group] of dataflow.groups.entries()) {
      const own = regions.filter((region) => region.group === id);
      if (own.length !== 1) {
        const message = `Cannot have ${own.length} regions for group g${id} "${group.name}"`;
        this.#report(CODES["LAY-001"], regionEntity(id), message);
      }
    }
    for (const [index, region] of regions.entries()) {
      const entity = regionEntity(region.group);
      const group = dataflow.groups[region.group];
      if (group === undefined) {
        this.#report(CODES["LAY-001"], entity, `Cannot find group g${region.group}`);
      } else if (group.width !== region.width || group.height !== region.height) {
        const message = `Cannot give ${region.width}x${region.height} cores to group g${region.group}, which needs ${group.width}x${group.height}`;
        this.#report(CODES["LAY-001"], entity, message);
      }
      this.#verifyRect(region, index, entity);
    }
  }

  #verifyRect(region: Region, index: number, entity: string): void {
    const { regions, dataflow } = this.#layout;
    const rect = rectOf(region);
    const isOn =
      isOnGrid(dataflow.machine, rect.x, rect.y) &&
      isOnGrid(dataflow.machine, rect.x + rect.w - 1, rect.y + rect.h - 1);
    if (!isOn) {
      const grid = `${dataflow.machine.width}x${dataflow.machine.height}`;
      this.#report(CODES["LAY-002"], entity, `Cannot place ${printRect(region)}: the grid has ${grid} cores`);
    }
    for (const other of regions.slice(0, index)) {
      if (!rectsOverlap(rect, rectOf(other))) continue;
      const message = `Cannot place ${printRect(region)} over region g${other.group} at ${printRect(other)}`;
      this.#report(CODES["LAY-002"], entity, message);
    }
  }

  #verifyChannel(channel: ChannelColors, index: number): void {
    const { group, kind, colors } = channel;
    const entity = channelEntity(group, kind);
    const region = this.#layout.regions.find((candidate) => candidate.group === group);
    if (region === undefined) {
      this.#report(CODES["LAY-001"], entity, `Cannot find a region of g${group}`);
      return;
    }
    const first = this.#layout.channels.findIndex((other) => other.group === group && other.kind === kind);
    if (first !== index) this.#report(CODES["LAY-003"], entity, `Cannot have a second channel ${kind} in g${group}`);
    const wanted = channelColorCount(kind);
    if (colors.length !== wanted || new Set(colors).size !== wanted) {
      const message = `Cannot use colors ${colors.join(", ")}: channel ${kind} takes ${wanted} different ones`;
      this.#report(CODES["LAY-003"], entity, message);
      return;
    }
    for (const color of colors) this.#verifyColor(color, entity);
    for (let v = 0; v < region.height; v++) {
      for (let u = 0; u < region.width; u++) {
        for (const rule of channelRulesAt(kind, region, u, v)) {
          this.#use(colors[rule.color] ?? 0, { x: region.x + u, y: region.y + v }, entity);
        }
      }
    }
  }

  #verifyPorts(): void {
    const { ports, dataflow } = this.#layout;
    for (const [id, flow] of dataflow.flows.entries()) {
      const own = ports.filter((port) => port.flow === id);
      const wanted = isHostFlow(flow) ? 1 : 0;
      if (own.length === wanted) continue;
      const message = `Cannot have ${own.length} host ports for flow f${id} "${flow.name}": it needs ${wanted}`;
      this.#report(CODES["LAY-005"], portEntity(id), message);
    }
    for (const { flow, x, y, side } of ports) {
      const entity = portEntity(flow);
      if (dataflow.flows[flow] === undefined) this.#report(CODES["LAY-001"], entity, `Cannot find flow f${flow}`);
      const isOutward = isOnGrid(dataflow.machine, x, y) && neighborOf(dataflow.machine, x, y, side) === undefined;
      if (isOutward) continue;
      this.#report(
        CODES["LAY-005"],
        entity,
        `Cannot reach the host at ${side}(${x}, ${y}): that is no edge of the grid`,
      );
    }
  }

  #verifyRoute(route: Route): void {
    const { flow, color, hops } = route;
    const entity = routeEntity(flow);
    if (this.#layout.dataflow.flows[flow] === undefined) {
      this.#report(CODES["LAY-001"], entity, `Cannot find flow f${flow}`);
      return;
    }
    this.#verifyColor(color, entity);
    const byCore = new Map<string, number>();
    for (const [index, hop] of hops.entries()) {
      this.#verifyHop(hop, hopEntity(flow, index), byCore.has(key(hop.x, hop.y)));
      byCore.set(key(hop.x, hop.y), index);
      this.#use(color, hop, entity, hopEntity(flow, index));
    }
    const end = this.#endOf(route);
    if (end !== undefined) this.#follow(route, byCore, end);
  }

  #verifyHop({ x, y, from, to }: Hop, entity: string, isRepeated: boolean): void {
    const where = `core(${x}, ${y})`;
    const { machine } = this.#layout.dataflow;
    if (!isOnGrid(machine, x, y)) this.#report(CODES["LAY-007"], entity, `Cannot route over ${where}: off the grid`);
    if (isRepeated) this.#report(CODES["LAY-007"], entity, `Cannot have a second hop at ${where}`);
    if (to.includes(from)) this.#report(CODES["LAY-007"], entity, `Cannot send back to ${from}, where it comes from`);
    if (to.length === 0 || new Set(to).size !== to.length) {
      this.#report(CODES["LAY-007"], entity, `Cannot leave ${where} by "${to.join(", ")}": each port once`);
    }
  }

  /** Where a route must start and end; undefined if other rules are broken that say so. */
  #endOf({ flow }: Route): { readonly start: RoutePoint; readonly end: RoutePoint } | undefined {
    const { from, to } = this.#layout.dataflow.flows[flow] ?? {};
    const port = this.#layout.ports.find((candidate) => candidate.flow === flow);
    const pointOf = (end: Flow["from"] | undefined): RoutePoint | undefined => {
      if (end === undefined) return undefined;
      if (end.kind === "host") return port && { x: port.x, y: port.y, port: port.side };
      const region = this.#layout.regions.find((candidate) => candidate.group === end.group);
      return region && { x: region.x, y: region.y, port: "ramp" };
    };
    const [start, end] = [pointOf(from), pointOf(to)];
    return start && end && { start, end };
  }

  /** Walks the tree of hops from its source. */
  #follow(
    { flow, hops }: Route,
    byCore: ReadonlyMap<string, number>,
    { start, end }: { readonly start: RoutePoint; readonly end: RoutePoint },
  ): void {
    const { machine } = this.#layout.dataflow;
    const reached = new Set<number>();
    const complain = (message: string, hop?: number) =>
      this.#report(CODES["LAY-008"], hop === undefined ? routeEntity(flow) : hopEntity(flow, hop), message);
    let isEndReached = false;
    const pending: RoutePoint[] = [start];
    for (let arrival = pending.pop(); arrival !== undefined; arrival = pending.pop()) {
      const { x, y, port } = arrival;
      const index = byCore.get(key(x, y));
      const hop = index === undefined ? undefined : hops[index];
      if (index === undefined || hop === undefined || hop.from !== port) {
        complain(`Cannot follow the route: no hop at core(${x}, ${y}) takes what comes from ${port}`, index);
        continue;
      }
      if (reached.has(index)) {
        complain(`Cannot follow the route: it comes back to core(${x}, ${y})`, index);
        continue;
      }
      reached.add(index);
      for (const out of hop.to) {
        if (x === end.x && y === end.y && out === end.port) isEndReached = true;
        else {
          const next = out === "ramp" ? undefined : neighborOf(machine, x, y, out);
          if (next === undefined) complain(`Cannot end at ${out} of core(${x}, ${y})`, index);
          else pending.push({ ...next, port: oppositeDirection(out as LinkDirection) });
        }
      }
    }
    if (!isEndReached) complain(`Cannot reach ${end.port} of core(${end.x}, ${end.y}), where flow f${flow} ends`);
    for (const index of hops.keys()) {
      if (reached.has(index)) continue;
      complain(`Cannot have this hop: nothing leads to it`, index);
    }
  }

  #verifyColor(color: number, entity: string): void {
    if (isColor(color)) return;
    this.#report(CODES["LAY-004"], entity, `Cannot use color ${color}: colors are 0 to ${MAX_COLOR}`);
  }

  /** Notes that `user` has a rule for the colour at a router; `entity` is the part of it to report at. */
  #use(color: number, { x, y }: Coord, user: string, entity = user): void {
    const { machine } = this.#layout.dataflow;
    if (!isOnGrid(machine, x, y) || !isColor(color)) return;
    const users = this.#colorUsers.get(color) ?? new Uint32Array(machine.width * machine.height);
    this.#colorUsers.set(color, users);
    const place = coreIndex(machine, x, y);
    const other = this.#users[(users[place] ?? 0) - 1];
    if (other === user) return;
    if (other !== undefined) {
      this.#report(CODES["LAY-009"], entity, `Cannot use color ${color} at core(${x}, ${y}): ${other} uses it there`);
      return;
    }
    if (this.#users.at(-1) !== user) this.#users.push(user);
    users[place] = this.#users.length;
  }

  #report(code: DiagnosticCode, entity: string, message: string): void {
    // A broken channel would be reported at each of its cores: once is enough.
    if (this.#found.some((found) => found.code === code.code && found.at.kind === "entity" && found.at.id === entity))
      return;
    this.#found.push(makeDiagnostic(code, { at: { kind: "entity", id: entity }, message }));
  }
}

function isColor(color: number): boolean {
  return Number.isInteger(color) && color >= 0 && color <= MAX_COLOR;
}

interface RoutePoint {
  readonly x: number;
  readonly y: number;
  readonly port: RouterPort;
}

function isHostFlow({ from, to }: Flow): boolean {
  return from.kind === "host" || to.kind === "host";
}

function rectOf({ x, y, width, height }: Region): { x: number; y: number; w: number; h: number } {
  return { x, y, w: width, h: height };
}

function printRect({ x, y, width, height }: Region): string {
  return `rect(${x}, ${y}, ${width}, ${height})`;
}

function key(x: number, y: number): string {
  return `${x},${y}`;
}
