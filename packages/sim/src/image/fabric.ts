// The routers of an image, sparse: a *lane* is one colour at one router, and exists only where the entry names rules, a core may
// open, send or receive the colour, or a wavelet of it may arrive. Queues exist only at ports that can be fed. Struct of arrays,
// lanes in order of router then colour. State of a run (counts, positions) belongs to the engines.
import type { Machine } from "@waferc/machine";
import { streamWavelets, type Entry, type HostStream, type Rule } from "@waferc/ir/program";
import { ProgramFault, Violation } from "../fault.ts";
import type { CompiledCode } from "./code.ts";
import { forEachCore } from "./core-set.ts";
import type { CoreTable } from "./cores.ts";

/** Port numbers. N, E, S, W, RAMP are router ports (RAMP: core to router); CORE is the queue from router to core. */
export const PORT = { north: 0, east: 1, south: 2, west: 3, ramp: 4, core: 5 } as const;
export const PORT_NAMES = ["north", "east", "south", "west", "ramp", "core"] as const;
const PORTS = 6;

export interface CompiledRule {
  /** Port number. */
  readonly from: number;
  /** Port numbers in ascending order, so that ramp is last. */
  readonly to: readonly number[];
  readonly transit: boolean;
}

export interface Fabric {
  readonly width: number;
  readonly height: number;
  readonly colors: number;
  readonly laneCount: number;
  /** Lanes of router r: laneStart[r] .. laneStart[r + 1] - 1, by ascending colour. */
  readonly laneStart: Int32Array;
  readonly laneRouter: Int32Array;
  readonly laneColor: Uint8Array;
  /** Initial rule list (index into `ruleLists`, -1 for none), position and closed (1) or open (0). */
  readonly laneRules: Int32Array;
  readonly lanePosition: Uint8Array;
  readonly laneClosed: Uint8Array;
  readonly ruleLists: readonly (readonly CompiledRule[])[];
  /** Queue at (lane, port): laneQueues[lane * 6 + port], -1 where nothing can arrive. */
  readonly laneQueues: Int32Array;
  readonly queueCount: number;
  readonly queueLane: Int32Array;
  readonly queuePort: Uint8Array;
  readonly streams: readonly StreamImage[];
  /** The lane of a colour at a router, or -1. */
  laneOf(router: number, color: number): number;
  /**
   * Where a wavelet goes that leaves `lane` by `port`: the queue (0 or more), host stream s as -2 - s, or -1 for nowhere (off the
   * grid without a stream, or a dead link).
   */
  destination(lane: number, port: number): number;
}

export interface StreamImage {
  readonly stream: HostStream;
  /** Wavelets that it moves. */
  readonly wavelets: number;
  /** Lane at whose router the stream enters or leaves. */
  readonly lane: number;
  readonly port: number;
  /** Queue that an `in` stream feeds; -1 for `out`. */
  readonly queue: number;
}

export function oppositePort(port: number): number {
  return (port + 2) & 3;
}

/** Interns rule lists so that lanes and `open` instructions name them by number. */
export class RuleLists {
  readonly lists: CompiledRule[][] = [];
  readonly #byText = new Map<string, number>();

  readonly indexOf = (rules: readonly Rule[]): number => {
    const compiled = rules.map((rule) => ({
      from: PORT[rule.from],
      to: rule.to.map((port) => PORT[port]).sort((a, b) => a - b),
      transit: rule.transit,
    }));
    const text = JSON.stringify(compiled);
    let index = this.#byText.get(text);
    if (index === undefined) {
      index = this.lists.push(compiled) - 1;
      this.#byText.set(text, index);
    }
    return index;
  };

  /** Bit set of the ports that any rule of the list sends to. */
  destinations(index: number): number {
    let ports = 0;
    for (const rule of this.lists[index]!) for (const port of rule.to) ports |= 1 << port;
    return ports;
  }
}

export interface FabricSource {
  readonly machine: Machine;
  readonly entry: Entry;
  readonly codes: readonly CompiledCode[];
  readonly cores: CoreTable;
  readonly ruleLists: RuleLists;
}

export function buildFabric(source: FabricSource): Fabric {
  return new FabricBuilder(source).build();
}

type LaneTables = Pick<
  Fabric,
  | "laneCount"
  | "laneStart"
  | "laneRouter"
  | "laneColor"
  | "laneRules"
  | "lanePosition"
  | "laneClosed"
  | "laneQueues"
  | "queueCount"
  | "queueLane"
  | "queuePort"
>;

const IS_PRESENT = 1 << 7;
const IN_CORE = 1 << PORT.core;

class FabricBuilder {
  readonly #source: FabricSource;
  readonly #width: number;
  readonly #height: number;
  readonly #colors: number;
  /** Per router * colours + colour: ports that rules may send to; IS_PRESENT and ports that can be fed; initial rules. */
  readonly #sendsTo: Uint8Array;
  readonly #fed: Uint8Array;
  readonly #initial: Int32Array;
  /** Rule list of each route. */
  readonly #routeRules: Int32Array;
  readonly #deadLinks: Set<number>;

  constructor(source: FabricSource) {
    const { machine } = source;
    this.#source = source;
    this.#width = machine.width;
    this.#height = machine.height;
    this.#colors = machine.fabric.colors;
    const cells = this.#width * this.#height * this.#colors;
    this.#sendsTo = new Uint8Array(cells);
    this.#fed = new Uint8Array(cells);
    this.#initial = new Int32Array(cells).fill(-1);
    this.#routeRules = Int32Array.from(source.entry.routes, ({ rules }) => source.ruleLists.indexOf(rules));
    this.#deadLinks = new Set(machine.defects.links.map((l) => (l.y * this.#width + l.x) * 4 + PORT[l.direction]));
  }

  build(): Fabric {
    this.#markRoutes();
    this.#markCores();
    this.#markStreams();
    this.#markNeighbors();
    return this.#assemble();
  }

  #cell(x: number, y: number, color: number): number {
    if (!(x >= 0 && y >= 0 && x < this.#width && y < this.#height)) {
      throw new ProgramFault("SIM-001", `Cannot find core(${x},${y}) on a grid of ${this.#width} x ${this.#height}`);
    }
    if (!(color >= 0 && color < this.#colors)) {
      throw new ProgramFault("SIM-001", `Cannot use colour ${color}: the machine has ${this.#colors}`);
    }
    return (y * this.#width + x) * this.#colors + color;
  }

  #markRoutes(): void {
    const { entry, ruleLists } = this.#source;
    entry.routes.forEach((route, i) => {
      const ports = ruleLists.destinations(this.#routeRules[i]!);
      forEachCore(route.cores, (x, y) => {
        const cell = this.#cell(x, y, route.color);
        if (this.#initial[cell] !== -1) {
          throw new ProgramFault("SIM-001", `Cannot give colour ${route.color} two initial states`, { core: { x, y } });
        }
        this.#initial[cell] = i;
        this.#sendsTo[cell]! |= ports;
        this.#fed[cell]! |= IS_PRESENT;
      });
    });
  }

  #markCores(): void {
    const { entry, codes, cores, ruleLists } = this.#source;
    for (let k = 0; k < cores.count; k++) {
      const coreClass = entry.classes[cores.classOf[k]!]!;
      const router = cores.router[k]!;
      codes[coreClass.code]!.colorUses.forEach((use, formal) => {
        if (!use.receives && !use.emits && use.opens.length === 0) return;
        const cell = this.#cell(router % this.#width, Math.floor(router / this.#width), coreClass.colors[formal]!);
        this.#fed[cell]! |= IS_PRESENT | (use.receives ? IN_CORE : 0) | (use.emits ? 1 << PORT.ramp : 0);
        for (const list of use.opens) this.#sendsTo[cell]! |= ruleLists.destinations(list);
      });
    }
  }

  #markStreams(): void {
    for (const stream of this.#source.entry.streams) {
      const cell = this.#cell(stream.port.x, stream.port.y, stream.color);
      this.#fed[cell]! |= IS_PRESENT | (stream.direction === "in" ? 1 << PORT[stream.port.side] : 0);
    }
  }

  #markNeighbors(): void {
    for (let cell = 0; cell < this.#sendsTo.length; cell++) {
      const ports = this.#sendsTo[cell]!;
      if (ports === 0) continue;
      if (ports & (1 << PORT.ramp)) this.#fed[cell]! |= IN_CORE;
      const router = Math.floor(cell / this.#colors);
      for (let port = 0; port < 4; port++) {
        if (!(ports & (1 << port))) continue;
        const neighbor = neighborRouter(router, port, this.#width, this.#height);
        if (neighbor < 0 || this.#deadLinks.has(router * 4 + port)) continue;
        const there = neighbor * this.#colors + (cell % this.#colors);
        this.#fed[there]! |= IS_PRESENT | (1 << oppositePort(port));
      }
    }
  }

  #assemble(): Fabric {
    const tables = this.#numberLanes();
    const { laneStart, laneColor, laneQueues } = tables;
    const laneOf = (router: number, color: number): number => {
      for (let l = laneStart[router]!; l < laneStart[router + 1]!; l++) if (laneColor[l] === color) return l;
      return -1;
    };
    const streams = this.#streams(laneOf, laneQueues);
    return {
      width: this.#width,
      height: this.#height,
      colors: this.#colors,
      ...tables,
      ruleLists: this.#source.ruleLists.lists,
      streams,
      laneOf,
      destination: this.#destinations(tables, streams, laneOf),
    };
  }

  /** Numbers lanes and queues, and fills their tables. */
  #numberLanes(): LaneTables {
    const { entry } = this.#source;
    const routers = this.#width * this.#height;
    const tables = this.#allocate(routers);
    let lane = 0;
    let queue = 0;
    for (let router = 0; router < routers; router++) {
      tables.laneStart[router] = lane;
      for (let color = 0; color < this.#colors; color++) {
        const cell = router * this.#colors + color;
        const fed = this.#fed[cell]!;
        if (!(fed & IS_PRESENT)) continue;
        tables.laneRouter[lane] = router;
        tables.laneColor[lane] = color;
        const route = entry.routes[this.#initial[cell]!];
        if (route) {
          tables.laneRules[lane] = this.#routeRules[this.#initial[cell]!]!;
          tables.lanePosition[lane] = route.position;
          tables.laneClosed[lane] = route.closed || route.rules.length === 0 ? 1 : 0;
        }
        for (let port = 0; port < PORTS; port++) {
          if (!((fed >> port) & 1)) continue;
          tables.laneQueues[lane * PORTS + port] = queue;
          tables.queueLane[queue] = lane;
          tables.queuePort[queue++] = port;
        }
        lane++;
      }
    }
    tables.laneStart[routers] = lane;
    return tables;
  }

  #allocate(routers: number): LaneTables {
    let laneCount = 0;
    let queueCount = 0;
    for (const fed of this.#fed) {
      if (!(fed & IS_PRESENT)) continue;
      laneCount++;
      for (let port = 0; port < PORTS; port++) queueCount += (fed >> port) & 1;
    }
    return {
      laneCount,
      laneStart: new Int32Array(routers + 1),
      laneRouter: new Int32Array(laneCount),
      laneColor: new Uint8Array(laneCount),
      laneRules: new Int32Array(laneCount).fill(-1),
      lanePosition: new Uint8Array(laneCount),
      laneClosed: new Uint8Array(laneCount).fill(1),
      laneQueues: new Int32Array(laneCount * PORTS).fill(-1),
      queueCount,
      queueLane: new Int32Array(queueCount),
      queuePort: new Uint8Array(queueCount),
    };
  }

  #destinations(
    { laneRouter, laneColor, laneQueues }: LaneTables,
    streams: readonly StreamImage[],
    laneOf: Fabric["laneOf"],
  ): Fabric["destination"] {
    const width = this.#width;
    const height = this.#height;
    const deadLinks = this.#deadLinks;
    const outStreams = new Map<number, number>();
    streams.forEach((s, i) => {
      if (s.stream.direction === "out") outStreams.set(s.lane * PORTS + s.port, i);
    });
    return (from, port) => {
      if (port === PORT.ramp) return laneQueues[from * PORTS + PORT.core]!;
      const router = laneRouter[from]!;
      if (deadLinks.has(router * 4 + port)) return -1;
      const neighbor = neighborRouter(router, port, width, height);
      if (neighbor < 0) {
        const stream = outStreams.get(from * PORTS + port);
        return stream === undefined ? -1 : -2 - stream;
      }
      return laneQueues[laneOf(neighbor, laneColor[from]!) * PORTS + oppositePort(port)]!;
    };
  }

  #streams(laneOf: Fabric["laneOf"], laneQueues: Int32Array): StreamImage[] {
    const { machine, entry } = this.#source;
    const taken = new Set<string>();
    return entry.streams.map((stream) => {
      const { x, y, side } = stream.port;
      const router = y * this.#width + x;
      const port = PORT[side];
      const place = { core: { x, y } };
      if (!machine.hostSides.includes(side) || neighborRouter(router, port, this.#width, this.#height) >= 0) {
        throw new ProgramFault(
          "SIM-001",
          `Cannot find a host port on the ${side} side for stream "${stream.name}"`,
          place,
        );
      }
      const key = `${router} ${port} ${stream.color} ${stream.direction}`;
      if (taken.has(key)) throw new ProgramFault("SIM-001", `Cannot put two streams on colour ${stream.color}`, place);
      taken.add(key);
      const lane = laneOf(router, stream.color);
      const queue = stream.direction === "in" ? laneQueues[lane * PORTS + port]! : -1;
      return { stream, lane, port, queue, wavelets: streamWavelets(stream) };
    });
  }
}

/** Router beyond `port`, or -1 off the grid. */
export function neighborRouter(router: number, port: number, width: number, height: number): number {
  switch (port) {
    case PORT.north:
      return router >= width ? router - width : -1;
    case PORT.east:
      return (router + 1) % width === 0 ? -1 : router + 1;
    case PORT.south:
      return router + width < width * height ? router + width : -1;
    case PORT.west:
      return router % width === 0 ? -1 : router - 1;
    default:
      throw new Violation("SIM-001", `Cannot leave a router by port ${port}`);
  }
}
