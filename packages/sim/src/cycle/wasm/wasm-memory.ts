// The memory of the compiled loops: one record for each router, used lane, used queue, core and unit, the words of all cores, streams and ledger rows, side by side in one
// WebAssembly memory of up to 4 GiB. ../../../assembly/layout.ts says what is in them; nothing is a JavaScript object by core or lane.
import type { ImageParts } from "../../image.ts";
import * as L from "../../../assembly/layout.ts";
import { PAGE_BYTES, WebAssembly } from "../../wasm-api.ts";
import { ledgerWords } from "../accounts.ts";
import { firstUnits } from "../units.ts";
import { loopBytes } from "./loops.generated.ts";

/** What assembly/index.ts exports. */
export interface Loops {
  takeOver(): void;
  linkRouter(router: number, north: number, east: number, south: number, west: number): void;
  resolve(): void;
  open(lane: number, ruleList: number): void;
  wake(code: number): void;
  isBusy(): number;
  run(from: number, limit: number): number;
}

const CACHE_LINE = 64;
const MAX_PAGES = 65536;

export interface Regions {
  readonly routers: number;
  readonly lanes: number;
  readonly laneLinks: number;
  readonly laneQueues: number;
  readonly laneStates: number;
  readonly laneBits: number;
  readonly laneSummary: number;
  readonly queues: number;
  readonly cores: number;
  readonly unitBits: number;
  readonly unitSummary: number;
  readonly units: number;
  readonly unitRests: number;
  readonly ports: number;
  readonly portBits: number;
  readonly portSummary: number;
  readonly streams: number;
  readonly ruleLists: number;
  readonly starts: number;
  readonly events: number;
  readonly tried: number;
  readonly rows: number;
  readonly linkWavelets: number;
  readonly words: number;
  readonly streamData: number;
}

export interface WasmMemoryOptions {
  readonly linkWavelets: boolean;
  readonly timingOnly: boolean;
  /** Host ports with `in` streams. */
  readonly ports: number;
}

export class WasmMemory {
  readonly at: Regions;
  /** The whole memory: entry i is the word at byte 4 * i. */
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly rows: Float64Array;
  readonly words: Int32Array;
  readonly linkWavelets: Uint32Array | undefined;
  readonly loops: Loops;

  private constructor(parts: ImageParts, at: Regions, options: WasmMemoryOptions, buffer: ArrayBuffer, loops: Loops) {
    const { cores, codes, fabric } = parts;
    this.at = at;
    this.loops = loops;
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.rows = new Float64Array(buffer, at.rows, ledgerWords(codes, cores));
    this.words = new Int32Array(buffer, at.words, options.timingOnly ? 0 : cores.memoryWords);
    if (options.linkWavelets) {
      this.linkWavelets = new Uint32Array(buffer, at.linkWavelets, fabric.width * fabric.height * 4);
    }
  }

  /** Undefined where the program exceeds what the loops hold, or WebAssembly is not to be had. */
  static allocate(parts: ImageParts, options: WasmMemoryOptions): WasmMemory | undefined {
    if (!WebAssembly || !fits(parts)) return undefined;
    const { at, bytes } = placeRegions(parts, options);
    const pages = Math.ceil(bytes / PAGE_BYTES);
    if (pages > MAX_PAGES) return undefined;
    try {
      const memory = new WebAssembly.Memory({ initial: pages });
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(loopBytes()), { env: { memory } });
      return new WasmMemory(parts, at, options, memory.buffer, exports as unknown as Loops);
    } catch (error) {
      // A memory reserves more addresses than it has pages, which may fail where an array would not.
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }
}

function fits({ machine, codes, fabric }: ImageParts): boolean {
  const { linkQueueDepth, inputQueueDepth, outputQueueDepth, hopCycles, rampCycles } = machine.fabric;
  return (
    Math.max(linkQueueDepth, inputQueueDepth, outputQueueDepth) <= L.MAX_DEPTH &&
    Math.max(hopCycles, machine.core.emitCycles + rampCycles) <= L.MAX_LATENCY &&
    fabric.colors <= 32 &&
    fabric.ruleLists.length < L.MAX_RULE_LISTS &&
    fabric.ruleLists.every(({ length }) => length <= L.MAX_POSITIONS) &&
    codes.every(({ threads }) => threads < 32)
  );
}

/** Slots that a queue of some depth has: a power of two. */
export function slotsFor(depth: number): number {
  let slots = 1;
  while (slots < depth) slots *= 2;
  return slots;
}

function placeRegions(parts: ImageParts, options: WasmMemoryOptions): { at: Regions; bytes: number } {
  const { machine, cores, codes, fabric } = parts;
  const routers = fabric.width * fabric.height;
  const units = firstUnits(codes, cores)[cores.count]!;
  const { fabricStartCycles, controlCycles } = machine.core;
  const rules = fabric.ruleLists.reduce((sum, { length }) => sum + length, 0);
  const wavelets = options.timingOnly ? 0 : fabric.streams.reduce((sum, stream) => sum + stream.wavelets, 0);
  const largestCore = codes.reduce((most, { memoryWords }) => Math.max(most, memoryWords * 4), 0);
  let end = L.EMPTY_QUEUE_END;
  const place = (bytes: number): number => {
    const start = Math.ceil(end / CACHE_LINE) * CACHE_LINE;
    end = start + bytes;
    return start;
  };
  const bits = (members: number) => Math.ceil(members / 64) * 8;
  const summary = (members: number) => Math.ceil(members / 4096) * 8;
  const at = {
    routers: place(routers << L.ROUTER_SHIFT),
    laneBits: place(bits(routers)),
    laneSummary: place(summary(routers)),
    lanes: place(fabric.laneCount * (1 << L.LANE_SHIFT)),
    queues: place(queueBytes(parts)),
    cores: place(cores.count << L.CORE_SHIFT),
    unitBits: place(bits(cores.count)),
    unitSummary: place(summary(cores.count)),
    units: place(units * (1 << L.UNIT_SHIFT)),
    unitRests: place(units * L.REST_SIZE),
    laneLinks: place(fabric.laneCount * (1 << L.LINKS_SHIFT)),
    laneQueues: place(fabric.laneCount * L.QUEUES_SIZE),
    laneStates: place(fabric.laneCount * (1 << L.STATE_SHIFT)),
    ports: place(options.ports << L.PORT_SHIFT),
    portBits: place(bits(options.ports)),
    portSummary: place(summary(options.ports)),
    streams: place(fabric.streams.length << L.STREAM_SHIFT),
    ruleLists: place((fabric.ruleLists.length << L.RULE_LIST_SHIFT) + rules * 4),
    starts: place((Math.max(fabricStartCycles, controlCycles) + 1) * 4),
    events: place(units * 4),
    tried: place(Math.max(fabric.laneCount, units, options.ports) * 4),
    linkWavelets: place(options.linkWavelets ? routers * 16 : 0),
    rows: place(ledgerWords(codes, cores) * 8),
    streamData: place(wavelets * 4),
    // The step after a view's last element, which is not taken, must not leave the addresses either.
    beforeWords: place(largestCore),
    words: place(options.timingOnly ? 0 : cores.memoryWords * 4),
    afterWords: place(largestCore),
  };
  return { at, bytes: end };
}

function queueBytes({ machine, fabric }: ImageParts): number {
  const sizes = queueSizes(machine.fabric);
  let bytes = 0;
  for (const port of fabric.queuePort) bytes += sizes[port]!;
  return bytes;
}

/** Bytes of a queue record by port. */
export function queueSizes({
  linkQueueDepth,
  inputQueueDepth,
  outputQueueDepth,
}: ImageParts["machine"]["fabric"]): readonly number[] {
  const size = (depth: number) => L.QUEUE_HEADER + 8 * slotsFor(depth);
  const link = size(linkQueueDepth);
  return [link, link, link, link, size(outputQueueDepth), size(inputQueueDepth)];
}
