/**
 * Flow recovery: from router rules alone, every colour is followed from each of its sources (a core that sends, an `in` stream) to its ends,
 * and these are compared with what cores and streams take:
 *
 *   CHK-020  a core or `out` stream that takes a colour is reached by a source of it
 *   CHK-021  a core that a colour is delivered to takes it
 *   CHK-022  rules do not lead in a circle that nothing enters or leaves
 *   CHK-023  a router that a colour reaches has a rule for the port on which it arrives
 *   CHK-024  a core that sends a colour has a rule for it at its router
 *   CHK-025  an end takes as many wavelets as its source sends
 *
 * Colours that are never switched, closed or opened have one rule at a router and are judged exactly. For the others all positions and
 * epochs of a router are followed at once, so that only 020 and 024 are certain; the token run (tokens.ts) follows them exactly and reports
 * what gets stuck. Assumes rules that stay on the grid (routing.ts). Numbers are those of one combination of step scalars.
 */
import { coreSetContains, streamWavelets } from "@waferc/ir/program";
import type { Entry } from "@waferc/ir/program";
import { coordOfIndex, coreIndex } from "@waferc/machine";
import type { ClassModel } from "./class-model.ts";
import { CODES } from "./codes.ts";
import { classEntity, coreName, entryEntity, routeEntity, streamEntity } from "./findings.ts";
import type { Findings } from "./findings.ts";
import { hostKey, neighborRouter, oppositePort, portNumber, PORTS, RAMP } from "./route-table.ts";
import type { ColorRoutes, PortRule, RouteTable } from "./route-table.ts";
import type { Traffic } from "./traffic.ts";

export interface FlowContext {
  readonly entry: Entry;
  readonly models: readonly ClassModel[];
  readonly routes: RouteTable;
  readonly traffic: Traffic;
  readonly findings: Findings;
}

/** Where a colour enters the fabric, and how many wavelets. */
interface Source {
  readonly router: number;
  readonly port: number;
  readonly data: number;
  readonly entity: string;
  readonly name: string;
}

const NO_RULES: readonly PortRule[] = [];

export function checkFlows(context: FlowContext): void {
  for (const routes of context.routes.colors.values()) new ColorFlows(context, routes).check();
}

class ColorFlows {
  readonly #context: FlowContext;
  readonly #routes: ColorRoutes;
  /** By router * 5 + port of arrival: ports that some rule leads to. */
  readonly #exits: Uint8Array;
  /** By the same: whether a source leads there. */
  readonly #reached: Uint8Array;
  /** Routers whose core is reached, and out streams, by index. */
  readonly #ends: Uint8Array;
  readonly #reachedStreams = new Set<number>();
  readonly #none: Float64Array;

  constructor(context: FlowContext, routes: ColorRoutes) {
    this.#context = context;
    this.#routes = routes;
    const { routers } = context.routes;
    this.#exits = new Uint8Array(routers * 5);
    this.#reached = new Uint8Array(routers * 5);
    this.#ends = new Uint8Array(routers);
    this.#none = new Float64Array(routers);
    for (let router = 0; router < routers; router++) {
      for (const { from, to } of this.#rulesAt(router)) this.#exits[router * 5 + from]! |= to;
    }
  }

  check(): void {
    for (const source of this.#sources()) this.#follow(source);
    this.#checkEnds();
    if (this.#routes.isStatic) this.#checkCircles();
  }

  /** Rules that are in force at some time. */
  #rulesAt(router: number): readonly PortRule[] {
    const { lists, listAt, positionAt, closedAt, laterLists, isStatic } = this.#routes;
    const first = lists[listAt[router]!] ?? NO_RULES;
    if (!isStatic)
      return [...(closedAt[router] ? [] : first), ...(laterLists.get(router) ?? []).flatMap((list) => lists[list]!)];
    const current = closedAt[router] ? undefined : first[positionAt[router]!];
    return current ? [current] : NO_RULES;
  }

  #sources(): Source[] {
    const { entry, models, routes, traffic } = this.#context;
    const { color } = this.#routes;
    const sources: Source[] = [];
    for (const stream of entry.streams) {
      const { name, direction, color: own, port } = stream;
      if (direction !== "in" || own !== color) continue;
      sources.push({
        router: coreIndex(routes.grid, port.x, port.y),
        port: portNumber(port.side),
        data: streamWavelets(stream),
        entity: streamEntity(entry, name),
        name: `stream "${name}"`,
      });
    }
    const sent = traffic.sent.get(color) ?? this.#none;
    const controls = traffic.controls.get(color) ?? this.#none;
    for (const { xs, ys, coreClass } of models) {
      for (const [i, x] of xs.entries()) {
        const router = coreIndex(routes.grid, x, ys[i]!);
        if (sent[router] === 0 && controls[router] === 0) continue;
        const entity = classEntity(entry, coreClass);
        sources.push({ router, port: RAMP, data: sent[router]!, entity, name: coreName(x, ys[i]!) });
      }
    }
    return sources;
  }

  #follow(source: Source): void {
    const { routes } = this.#context;
    const pending = [source.router * 5 + source.port];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (this.#reached[at]) continue;
      this.#reached[at] = 1;
      const router = Math.floor(at / 5);
      const exits = this.#exits[at]!;
      if (exits === 0) this.#reportStuck(source, router, at % 5);
      for (let port = 0; port < 5; port++) {
        if (!((exits >> port) & 1)) continue;
        if (port === RAMP) {
          if (source.data > 0) this.#arrive(source, router);
          continue;
        }
        const next = neighborRouter(routes.grid, router, port);
        if (next >= 0) pending.push(next * 5 + oppositePort(port));
        else this.#leave(source, router, port);
      }
    }
  }

  #reportStuck(source: Source, router: number, port: number): void {
    const { findings, entry } = this.#context;
    const { color } = this.#routes;
    const { x, y } = coordOfIndex(this.#context.routes.grid, router);
    if (port === RAMP) {
      const message = `Cannot send colour ${color} from ${source.name}: its router has no rule that takes it from the ramp`;
      findings.report(CODES["CHK-024"], { entity: source.entity, message });
      return;
    }
    if (!this.#routes.isStatic) return;
    const [rule] = this.#rulesAt(router);
    const has = rule ? `takes it from ${PORTS[rule.from]!}` : "has no rule for it";
    const message = `Cannot take colour ${color} from ${PORTS[port]!} at router (${x},${y}), where it arrives from ${source.name}: the router ${has}`;
    findings.report(CODES["CHK-023"], {
      entity: this.#routeAt(router) ?? source.entity ?? entryEntity(entry),
      message,
    });
  }

  /** Data of a source comes down the ramp. */
  #arrive(source: Source, router: number): void {
    this.#ends[router] = 1;
    if (!this.#routes.isStatic) return;
    const { traffic, findings, routes } = this.#context;
    const { color } = this.#routes;
    const taken = traffic.taken.get(color)?.[router] ?? 0;
    if (taken === source.data) return;
    const { x, y } = coordOfIndex(routes.grid, router);
    const core = coreName(x, y);
    const entity = this.#routeAt(router) ?? source.entity;
    if (taken === 0) {
      const message = `Cannot deliver colour ${color} from ${source.name} to ${core}, which takes none of it`;
      findings.report(CODES["CHK-021"], { entity, message });
      return;
    }
    const message = `Cannot match colour ${color} from ${source.name} to ${core}: ${source.data} wavelets are sent, ${taken} taken`;
    findings.report(CODES["CHK-025"], { entity: this.#classAt(router) ?? entity, message });
  }

  /** A source reaches a port of the grid's edge. */
  #leave(source: Source, router: number, port: number): void {
    const { entry, routes, findings } = this.#context;
    const { color } = this.#routes;
    for (const [index, stream] of entry.streams.entries()) {
      if (stream.direction !== "out" || stream.color !== color) continue;
      const { x, y, side } = stream.port;
      if (hostKey(routes.grid, color, x, y, side) !== (color * routes.routers + router) * 4 + port) continue;
      this.#reachedStreams.add(index);
      const wavelets = streamWavelets(stream);
      if (!this.#routes.isStatic || wavelets === source.data) continue;
      const message = `Cannot match colour ${color} from ${source.name} to stream "${stream.name}": ${source.data} wavelets are sent, it has ${wavelets}`;
      findings.report(CODES["CHK-025"], { entity: streamEntity(entry, stream.name), message });
    }
  }

  #checkEnds(): void {
    const { entry, models, routes, traffic, findings } = this.#context;
    const { color } = this.#routes;
    const taken = traffic.taken.get(color);
    for (const { xs, ys, entity } of taken ? models : []) {
      for (const [i, x] of xs.entries()) {
        const router = coreIndex(routes.grid, x, ys[i]!);
        if (taken![router] === 0 || this.#ends[router]) continue;
        const message = `Cannot take colour ${color} on ${coreName(x, ys[i]!)}: no source of it leads there`;
        findings.report(CODES["CHK-020"], { entity, message });
      }
    }
    for (const [index, { name, direction, color: own }] of entry.streams.entries()) {
      if (direction === "in" || own !== color || this.#reachedStreams.has(index)) continue;
      const message = `Cannot fill stream "${name}": no source of colour ${color} leads to its port`;
      findings.report(CODES["CHK-020"], { entity: streamEntity(entry, name), message });
    }
  }

  /** With one source port at every router, a circle is one that cannot be entered: walk against the rules from what is not reached. */
  #checkCircles(): void {
    const { routers, grid } = this.#context.routes;
    const walkOf = new Int32Array(routers);
    for (let start = 0; start < routers; start++) {
      let router = start;
      while (walkOf[router] === 0) {
        walkOf[router] = start + 1;
        const [rule] = this.#rulesAt(router);
        if (!rule || rule.from === RAMP || this.#reached[router * 5 + rule.from]) break;
        const before = neighborRouter(grid, router, rule.from);
        if (before < 0 || !this.#rulesAt(before).some(({ to }) => (to >> oppositePort(rule.from)) & 1)) break;
        router = before;
        if (walkOf[router] !== start + 1) continue;
        const { x, y } = coordOfIndex(grid, router);
        const message = `Cannot route colour ${this.#routes.color} in a circle: following the rules from router (${x},${y}) leads back to it`;
        this.#context.findings.report(CODES["CHK-022"], { entity: this.#routeAt(router)!, message });
        break;
      }
    }
  }

  #routeAt(router: number): string | undefined {
    const { entry, routes } = this.#context;
    const { x, y } = coordOfIndex(routes.grid, router);
    const index = entry.routes.findIndex(
      ({ color, cores }) => color === this.#routes.color && coreSetContains(cores, x, y),
    );
    return index < 0 ? undefined : routeEntity(entry, index);
  }

  #classAt(router: number): string | undefined {
    const { entry, routes } = this.#context;
    const { x, y } = coordOfIndex(routes.grid, router);
    const found = entry.classes.find(({ cores }) => coreSetContains(cores, x, y));
    return found && classEntity(entry, found);
  }
}
