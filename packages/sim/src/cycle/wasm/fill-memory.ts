// Writes an image's initial state into the memory of the compiled loops: what the tables of image/fabric.ts and image/cores.ts say, as records that name one another
// by address.
import * as L from "../../../assembly/layout.ts";
import type { Image } from "../../image.ts";
import { neighborRouter, PORT } from "../../image/fabric.ts";
import { queueSizes, slotsFor, type WasmMemory } from "./wasm-memory.ts";

const PORTS = 6;

export interface FillSource {
  readonly image: Image;
  readonly firstUnit: Int32Array;
  /** `in` streams of each host port, by ascending colour. */
  readonly ports: readonly (readonly number[])[];
  readonly streams: readonly Int32Array[];
}

/** Fills the memory and returns the address of each stream's record. */
export function fillMemory(memory: WasmMemory, source: FillSource): Uint32Array {
  fillControl(memory, source);
  fillRouters(memory, source.image);
  fillQueues(memory, source.image);
  fillLaneStates(memory, source.image);
  fillRules(memory, source.image);
  fillCores(memory, source);
  memory.loops.takeOver();
  const streamAt = fillStreams(memory, source);
  link(memory, source, streamAt);
  memory.loops.resolve();
  return streamAt;
}

function fillControl({ u32, at, linkWavelets }: WasmMemory, { image, ports }: FillSource): void {
  const { fabric, cores, machine } = image;
  const { hopCycles, rampCycles } = machine.fabric;
  const { emitCycles, sendPauseEvery, fabricStartCycles, controlCycles } = machine.core;
  const words: readonly (readonly [address: number, value: number])[] = [
    [L.ROUTERS, at.routers],
    [L.LANES, at.lanes],
    [L.LANE_LINKS, at.laneLinks],
    [L.LANE_QUEUES, at.laneQueues],
    [L.LANE_STATES, at.laneStates],
    [L.LANE_BITS, at.laneBits],
    [L.LANE_SUMMARY, at.laneSummary],
    [L.CORES, at.cores],
    [L.UNIT_BITS, at.unitBits],
    [L.UNIT_SUMMARY, at.unitSummary],
    [L.UNITS, at.units],
    [L.UNIT_RESTS, at.unitRests],
    [L.TRIED, at.tried],
    [L.EMPTY_QUEUE + L.QUEUE_LAST_POP, L.LONG_AGO],
    [L.PORTS, at.ports],
    [L.PORT_BITS, at.portBits],
    [L.PORT_SUMMARY, at.portSummary],
    [L.STREAMS, at.streams],
    [L.RULE_LISTS, at.ruleLists],
    [L.LINK_WAVELETS, linkWavelets ? at.linkWavelets : 0],
    [L.STARTS, at.starts],
    [L.EVENTS, at.events],
    [L.ROUTER_COUNT, fabric.width * fabric.height],
    [L.LANE_COUNT, fabric.laneCount],
    [L.CORE_COUNT, cores.count],
    [L.PORT_COUNT, ports.length],
    [L.COLORS, fabric.colors],
    [L.HOP_CYCLES, hopCycles],
    [L.RAMP_CYCLES, rampCycles],
    [L.EMIT_CYCLES, emitCycles],
    [L.PACE, sendPauseEvery || L.NEVER],
    [L.START_SLOTS, Math.max(fabricStartCycles, controlCycles) + 1],
    [L.LAST_MOVE, -1],
    [L.LAST_OUTPUT, -1],
  ];
  for (const [address, value] of words) u32[address >> 2] = value;
}

function fillRouters({ u32, at }: WasmMemory, { fabric, cores }: Image): void {
  const { laneStart, laneColor, width, height } = fabric;
  for (let router = 0; router < width * height; router++) {
    const record = (at.routers >>> 2) + router * 4;
    let colors = 0;
    for (let lane = laneStart[router]!; lane < laneStart[router + 1]!; lane++) colors |= 1 << laneColor[lane]!;
    u32[record + (L.ROUTER_LANES >> 2)] = at.lanes + laneStart[router]! * (1 << L.LANE_SHIFT);
    u32[record + (L.ROUTER_COLORS >> 2)] = colors;
    u32[record + (L.ROUTER_CORE >> 2)] = cores.ofRouter[router]!;
  }
}

function fillQueues({ u32, at }: WasmMemory, { fabric, machine }: Image): void {
  const { linkQueueDepth, inputQueueDepth, outputQueueDepth } = machine.fabric;
  const sizes = queueSizes(machine.fabric);
  const stateOf = (depth: number) => ((slotsFor(depth) - 1) << L.RING_SHIFT) | (depth << L.FREE_SHIFT);
  const link = stateOf(linkQueueDepth);
  // A core's queue has no room until the colour is bound.
  const own = (slotsFor(inputQueueDepth) - 1) << L.RING_SHIFT;
  const states = [link, link, link, link, stateOf(outputQueueDepth), own];
  let queue = at.queues;
  for (let i = 0; i < fabric.laneCount * PORTS; i++) {
    if (fabric.laneQueues[i]! < 0) continue;
    const port = i % PORTS;
    u32[(at.laneQueues >>> 2) + i] = queue;
    const record = queue >>> 2;
    u32[record + (L.QUEUE_LAST_POP >> 2)] = L.LONG_AGO;
    u32[record + (L.QUEUE_STATE >> 2)] = states[port]!;
    u32[record + (L.QUEUE_FEEDER >> 2)] = L.NOBODY;
    u32[record + (L.QUEUE_TAKER >> 2)] = L.NOBODY;
    queue += sizes[port]!;
  }
}

function fillLaneStates({ u32, at }: WasmMemory, { fabric }: Image): void {
  for (let lane = 0; lane < fabric.laneCount; lane++) {
    const record = (at.laneStates >>> 2) + lane * 4;
    const rules = fabric.laneRules[lane]!;
    u32[record + (L.STATE_CLOSED >> 2)] = fabric.laneClosed[lane] ? 0 : L.NEVER;
    u32[record + (L.STATE_RULES >> 2)] =
      rules < 0 ? L.NO_RULES : rules | (fabric.lanePosition[lane]! << L.POSITION_SHIFT);
  }
}

function fillRules({ u32, at }: WasmMemory, { fabric }: Image): void {
  const { ruleLists } = fabric;
  let next = at.ruleLists + (ruleLists.length << L.RULE_LIST_SHIFT);
  ruleLists.forEach((rules, i) => {
    const record = (at.ruleLists >>> 2) + i * 2;
    u32[record] = rules.length;
    u32[record + 1] = next;
    for (const { from, to, transit } of rules) {
      const ports = to.reduce((set, port) => set | (1 << port), 0);
      u32[next >>> 2] = from | (ports << L.RULE_PORTS_SHIFT) | ((transit ? 1 : 0) << L.RULE_TRANSIT_SHIFT);
      next += 4;
    }
  });
}

function fillCores({ u32, at }: WasmMemory, { image, firstUnit }: FillSource): void {
  const { cores, machine } = image;
  for (let core = 0; core < cores.count; core++) {
    u32[(at.cores >>> 2) + core * 2 + 1] = at.units + firstUnit[core]! * (1 << L.UNIT_SHIFT);
    for (let unit = firstUnit[core]!; unit < firstUnit[core + 1]!; unit++) {
      u32[(at.unitRests + unit * L.REST_SIZE + L.REST_CORE) >>> 2] = core;
    }
  }
  const slots = Math.max(machine.core.fabricStartCycles, machine.core.controlCycles) + 1;
  u32.fill(L.NOBODY, at.starts >>> 2, (at.starts >>> 2) + slots);
}

function fillStreams({ u32, i32, at, loops }: WasmMemory, { image, ports, streams }: FillSource): Uint32Array {
  const { fabric, isTimingOnly } = image;
  const streamAt = new Uint32Array(fabric.streams.length);
  let next = at.streams;
  let data = at.streamData;
  const fill = (s: number) => {
    const { wavelets, lane, port } = fabric.streams[s]!;
    streamAt[s] = next;
    const record = next >>> 2;
    u32[record + (L.STREAM_ELEMENTS >> 2)] = wavelets;
    u32[record + (L.STREAM_COLOR >> 2)] = fabric.laneColor[lane]!;
    u32[record + (L.STREAM_QUEUE >> 2)] = u32[(at.laneQueues >>> 2) + lane * PORTS + port]!;
    next += 1 << L.STREAM_SHIFT;
    if (isTimingOnly) return;
    u32[record + (L.STREAM_DATA >> 2)] = data;
    if (fabric.streams[s]!.stream.direction === "in") i32.set(streams[s]!, data >>> 2);
    data += wavelets * 4;
  };
  ports.forEach((group, port) => {
    const record = (at.ports >>> 2) + port * 4;
    u32[record + (L.PORT_FIRST >> 2)] = next;
    u32[record + (L.PORT_STREAMS >> 2)] = group.length;
    group.forEach((s, i) => {
      fill(s);
      const code = (port << L.CODE_SHIFT) | (i << 2) | L.TAG_STREAM;
      u32[(u32[(streamAt[s]! + L.STREAM_QUEUE) >>> 2]! + L.QUEUE_FEEDER) >>> 2] = code;
      loops.wake(code);
    });
  });
  fabric.streams.forEach(({ stream }, s) => {
    if (stream.direction === "out") fill(s);
  });
  return streamAt;
}

/** Joins neighbours, then what is beyond dead links and host ports. */
function link({ u32, at, loops }: WasmMemory, { image }: FillSource, streamAt: Uint32Array): void {
  const { fabric, machine } = image;
  const { width, height, laneStart } = fabric;
  const beyond = (router: number, port: number) => neighborRouter(router, port, width, height);
  for (let router = 0; router < width * height; router++) {
    if (laneStart[router] === laneStart[router + 1]) continue;
    loops.linkRouter(router, beyond(router, 0), beyond(router, 1), beyond(router, 2), beyond(router, 3));
  }
  const target = (lane: number, port: number) => (at.laneLinks >>> 2) + lane * 4 + port;
  for (const { x, y, direction } of machine.defects.links) {
    const router = y * width + x;
    for (let lane = laneStart[router]!; lane < laneStart[router + 1]!; lane++)
      u32[target(lane, PORT[direction])] = L.NOWHERE;
  }
  fabric.streams.forEach(({ stream, lane, port }, s) => {
    if (stream.direction !== "out") return;
    const index = (streamAt[s]! - at.streams) >>> L.STREAM_SHIFT;
    u32[target(lane, port)] = (index << 3) | L.STREAM_TAG;
  });
}
