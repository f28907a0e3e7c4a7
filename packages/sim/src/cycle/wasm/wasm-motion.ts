// Moving in WebAssembly: the loops of ../../../assembly run cycle after cycle until a main thread has something to do; what is here starts operations, answers
// conditions, and passes on what has happened.
import * as L from "../../../assembly/layout.ts";
import type { ProgramFault } from "../../fault.ts";
import type { Image } from "../../image.ts";
import { PORT } from "../../image/fabric.ts";
import type { ResolvedView } from "../../image/view.ts";
import type { EndState } from "../../stalemate.ts";
import { LAYOUT } from "../layout.ts";
import type { Motion, MotionCounts, MotionListener, MovingOperation, Operation } from "../motion.ts";
import { nothingBeyond, surplusElement } from "../router-faults.ts";
import { groupByPort } from "../streams.ts";
import { firstUnits, pausesOf } from "../units.ts";
import { fillMemory } from "./fill-memory.ts";
import type { WasmMemory } from "./wasm-memory.ts";

const { BUSY } = LAYOUT;
const PORTS = 6;

// Copied, because an imported name may be a property access (../layout.ts).
const {
  CODE_SHIFT,
  TAG_UNIT,
  UNIT_SHIFT,
  REST_SIZE,
  NEVER,
  COUNT_SHIFT,
  FREE_SHIFT,
  FIELD_MASK,
  ACTION_SHIFT,
  EMITS_SHIFT,
  COLOR_SHIFT,
} = L;

export class WasmMotion implements Motion {
  now = 0;
  readonly paths = undefined;
  readonly isBoundIn: Uint8Array;
  readonly isBoundOut: Uint8Array;
  readonly firstUnit: Int32Array;
  readonly #image: Image;
  readonly #memory: WasmMemory;
  readonly #u32: Uint32Array;
  readonly #streamAt: Uint32Array;
  readonly #pace: number;

  constructor(image: Image, memory: WasmMemory, streams: readonly Int32Array[]) {
    const { fabric, codes, cores, machine } = image;
    this.#image = image;
    this.#memory = memory;
    this.#u32 = memory.u32;
    this.#pace = machine.core.sendPauseEvery || NEVER;
    this.isBoundIn = new Uint8Array(fabric.laneCount);
    this.isBoundOut = new Uint8Array(fabric.laneCount);
    this.firstUnit = firstUnits(codes, cores);
    const ports = groupByPort(image.fabric);
    this.#streamAt = fillMemory(memory, { image, firstUnit: this.firstUnit, ports, streams });
  }

  setNow(cycle: number): void {
    this.now = cycle;
  }

  advance(limit: number, listener: MotionListener): number {
    const u32 = this.#u32;
    const { loops, at } = this.#memory;
    let isBusy = loops.run(this.now, limit);
    this.now = u32[L.CYCLE >> 2]!;
    const events = u32[L.EVENT_COUNT >> 2]!;
    if (events > 0) {
      u32[L.EVENT_COUNT >> 2] = 0;
      const first = at.events >>> 2;
      for (let i = first; i < first + events; i++) {
        const event = u32[i]!;
        const core = event >>> L.EVENT_CORE_SHIFT;
        if (event & 1) listener.recheck(core);
        else listener.finished(core, (event >>> L.EVENT_UNIT_SHIFT) & 31);
      }
      isBusy = loops.isBusy();
    }
    if (u32[L.FAULT >> 2] !== L.FAULT_NONE) throw this.#fault();
    return isBusy ? this.now + 1 : -1;
  }

  #fault(): ProgramFault {
    const u32 = this.#u32;
    const lane = u32[L.FAULT_LANE >> 2]!;
    if (u32[L.FAULT >> 2] === L.FAULT_NOWHERE) {
      const flags = u32[(this.#memory.at.lanes >>> 2) + lane * 8 + (L.LANE_FLAGS >> 2)]!;
      return nothingBeyond(this.#image.fabric, lane, flags & L.PORT_BITS_MASK);
    }
    const address = this.#memory.at.streams + (u32[L.FAULT_STREAM >> 2]! << L.STREAM_SHIFT);
    return surplusElement(this.#image.fabric, this.#streamAt.indexOf(address), lane);
  }

  start(core: number, unit: number, operation: Operation, delay: number): void {
    const u32 = this.#u32;
    const { at, rows } = this.#memory;
    const { inLane, outLane, wavelets, row, view } = operation;
    const record = this.#unit(core, unit);
    const rest = this.#rest(core, unit);
    const code = (core << CODE_SHIFT) | (unit << 2) | TAG_UNIT;
    const input = inLane < 0 ? 0 : this.queueOf(inLane, PORT.core);
    const output = outLane < 0 ? 0 : this.queueOf(outLane, PORT.ramp);
    const action = this.#image.isTimingOnly ? L.PASS : operation.action;
    const color = outLane < 0 ? 0 : this.#image.fabric.laneColor[outLane]!;
    u32[record + (L.UNIT_WHAT >> 2)] =
      L.UNIT_STARTING | (action << ACTION_SHIFT) | (operation.emits << EMITS_SHIFT) | (color << COLOR_SHIFT);
    u32[record + (L.UNIT_PACE >> 2)] = this.#pace;
    u32[record + (L.UNIT_IN >> 2)] = input;
    u32[record + (L.UNIT_OUT >> 2)] = output;
    if (view && action !== L.PASS) this.#setWalk(record, rest, view);
    else this.#setInnermost(record, rest, wavelets, 0);
    u32[rest + (L.REST_LEFT >> 2)] = view && action !== L.PASS ? view.total : wavelets;
    u32[rest + (L.REST_ROW >> 2)] = row < 0 ? 0 : at.rows + row * 8;
    u32[rest + (L.REST_PC >> 2)] = operation.pc;
    if (row >= 0) rows[row + BUSY]! += wavelets + pausesOf(operation, this.#pace);
    if (input > 0) u32[(input + L.QUEUE_TAKER) >>> 2] = code;
    if (output > 0) u32[(output + L.QUEUE_FEEDER) >>> 2] = code;
    const slot = (at.starts >>> 2) + ((this.now + delay) % u32[L.START_SLOTS >> 2]!);
    u32[rest + (L.REST_NEXT >> 2)] = u32[slot]!;
    u32[slot] = code;
    u32[L.STARTS_PENDING >> 2]!++;
  }

  /** The innermost dimension of a walk: `count` elements, `jump` bytes apart. */
  #setInnermost(record: number, rest: number, count: number, jump: number): void {
    const u32 = this.#u32;
    u32[record + (L.UNIT_TO_GO >> 2)] = count;
    u32[rest + (L.REST_COUNT >> 2)] = count;
    u32[record + (L.UNIT_STEP >> 2)] = jump;
    u32[record + (L.UNIT_STEP >> 2) + 1] = jump < 0 ? -2 : -1;
  }

  /** The walk through a view's elements; dimensions that continue one another are joined. */
  #setWalk(record: number, rest: number, view: ResolvedView): void {
    const u32 = this.#u32;
    const levels = rest + (L.REST_LEVELS >> 2);
    const bytes = 4 / view.perWord;
    u32[record + (L.UNIT_ELEMENT >> 2)] = this.#memory.at.words + view.start * bytes;
    for (let i = 0; i < 9; i += 3) {
      u32[levels + i] = 1;
      u32[levels + i + 1] = 1;
      u32[levels + i + 2] = 0;
    }
    let innermost = 1;
    let jump = 0;
    let level = -1;
    let reach = 0;
    let inner = 0;
    let innerStride = 0;
    for (let d = view.rank - 1; d >= 0; d--) {
      const count = view.counts[d]!;
      const stride = view.strides[d]!;
      if (count === 1) continue;
      const isJoined = inner > 0 && stride === innerStride * inner;
      if (isJoined) {
        inner *= count;
      } else {
        level++;
        inner = count;
        innerStride = stride;
      }
      if (level === 0) {
        innermost = inner;
        if (!isJoined) jump = stride;
      } else {
        const at = levels + (level - 1) * 3;
        u32[at] = inner;
        u32[at + 1] = inner;
        if (!isJoined) u32[at + 2] = (stride - reach) * bytes;
      }
      reach += (count - 1) * stride;
    }
    this.#setInnermost(record, rest, innermost, jump * bytes);
  }

  /** Index of a unit's first word. */
  #unit(core: number, unit: number): number {
    return (this.#memory.at.units + ((this.firstUnit[core]! + unit) << UNIT_SHIFT)) >>> 2;
  }

  /** Index of the first word of the rest of it. */
  #rest(core: number, unit: number): number {
    return (this.#memory.at.unitRests + (this.firstUnit[core]! + unit) * REST_SIZE) >>> 2;
  }

  #kind(core: number, unit: number): number {
    return this.#u32[this.#unit(core, unit) + (L.UNIT_WHAT >> 2)]! & 255;
  }

  isIdle(core: number, unit: number): boolean {
    return this.#kind(core, unit) === L.UNIT_IDLE;
  }

  moving(core: number, unit: number): MovingOperation | undefined {
    const kind = this.#kind(core, unit);
    if (kind === L.UNIT_IDLE || kind === L.UNIT_BLOCKED) return undefined;
    const u32 = this.#u32;
    const record = this.#unit(core, unit);
    const rest = this.#rest(core, unit);
    const input = u32[record + (L.UNIT_IN >> 2)]!;
    const lacksInput = input > 0 && this.#count(input) === 0;
    // On its other side, each queue has a lane.
    const code = lacksInput ? input + L.QUEUE_FEEDER : u32[record + (L.UNIT_OUT >> 2)]! + L.QUEUE_TAKER;
    const lane = this.#laneOf(u32[code >>> 2]!);
    const moved = u32[rest + (L.REST_COUNT >> 2)]! - u32[record + (L.UNIT_TO_GO >> 2)]!;
    const elements = u32[rest + (L.REST_LEFT >> 2)]! - moved;
    const isPair = ((u32[record + (L.UNIT_WHAT >> 2)]! >>> ACTION_SHIFT) & 255) >= L.PAIR;
    const left = isPair ? Math.ceil(elements / 2) : elements;
    return { pc: u32[rest + (L.REST_PC >> 2)]!, left, lacksInput, lane };
  }

  #laneOf(code: number): number {
    return this.#image.fabric.laneStart[code >>> CODE_SHIFT]! + ((code >>> 2) & 31);
  }

  #count(queue: number): number {
    return (this.#u32[(queue + L.QUEUE_STATE) >>> 2]! >>> COUNT_SHIFT) & FIELD_MASK;
  }

  setBlocked(core: number, isBlocked: boolean): void {
    this.#u32[this.#unit(core, 0) + (L.UNIT_WHAT >> 2)] = isBlocked ? L.UNIT_BLOCKED : L.UNIT_IDLE;
  }

  isClosed(lane: number, core: number): boolean {
    const u32 = this.#u32;
    const state = (this.#memory.at.laneStates >>> 2) + lane * 4;
    const closed = u32[state + (L.STATE_CLOSED >> 2)]!;
    if (closed <= this.now) return true;
    if (closed === NEVER) u32[state + (L.STATE_AWAITED >> 2)] = 1;
    else this.#memory.loops.wake((core << CODE_SHIFT) | TAG_UNIT);
    return false;
  }

  isDrained(lane: number, direction: "in" | "out", core: number): boolean {
    const u32 = this.#u32;
    const queue = this.queueOf(lane, direction === "in" ? PORT.core : PORT.ramp);
    const code = (core << CODE_SHIFT) | TAG_UNIT;
    if (this.#count(queue) === 0) {
      if (u32[(queue + L.QUEUE_LAST_POP) >>> 2] !== this.now) return true;
      this.#memory.loops.wake(code);
    } else if (direction === "out") {
      u32[(queue + L.QUEUE_FEEDER) >>> 2] = code;
      u32[(queue + L.QUEUE_STATE) >>> 2]! |= 1;
    }
    return false;
  }

  open(lane: number, ruleList: number): void {
    this.#memory.loops.open(lane, ruleList);
  }

  setBoundIn(lane: number, isBound: boolean): void {
    const u32 = this.#u32;
    this.isBoundIn[lane] = isBound ? 1 : 0;
    const queue = this.queueOf(lane, PORT.core);
    const state = (queue + L.QUEUE_STATE) >>> 2;
    const isAwaited = u32[state]! & 1;
    // The queue is empty, or this is its first binding.
    const free = isBound ? this.#image.machine.fabric.inputQueueDepth : 0;
    u32[state] = (u32[state]! & ~((FIELD_MASK << FREE_SHIFT) | (isBound ? 1 : 0))) | (free << FREE_SHIFT);
    if (isBound && isAwaited) this.#memory.loops.wake(u32[(queue + L.QUEUE_FEEDER) >>> 2]!);
  }

  queueOf(lane: number, port: number): number {
    return this.#u32[(this.#memory.at.laneQueues >>> 2) + lane * PORTS + port]!;
  }

  counts(): MotionCounts {
    const u32 = this.#u32;
    const long = (address: number) => u32[address >> 2]! + u32[(address >> 2) + 1]! * 2 ** 32;
    return {
      waveletHops: long(L.WAVELET_HOPS),
      contentionEvents: long(L.CONTENTION_EVENTS),
      lastMove: u32[L.LAST_MOVE >> 2]! | 0,
      lastOutput: u32[L.LAST_OUTPUT >> 2]! | 0,
      linkWavelets: this.#memory.linkWavelets,
    };
  }

  collectOutputs(streams: readonly Int32Array[]): void {
    const { fabric, isTimingOnly } = this.#image;
    if (isTimingOnly) return;
    fabric.streams.forEach(({ stream, wavelets }, s) => {
      if (stream.direction !== "out") return;
      const data = this.#u32[(this.#streamAt[s]! + L.STREAM_DATA) >>> 2]! >>> 2;
      streams[s]!.set(this.#memory.i32.subarray(data, data + wavelets));
    });
  }

  endState(): Omit<EndState, "threads"> {
    const u32 = this.#u32;
    const { at } = this.#memory;
    const { queueLane, queuePort } = this.#image.fabric;
    const address = (queue: number) => this.queueOf(queueLane[queue]!, queuePort[queue]!);
    const state = (lane: number) => (at.laneStates >>> 2) + lane * 4;
    const rules = (lane: number) => u32[state(lane) + (L.STATE_RULES >> 2)]!;
    return {
      queueLength: (queue) => this.#count(address(queue)),
      queueCapacity: (queue) => {
        const free = (u32[(address(queue) + L.QUEUE_STATE) >>> 2]! >>> FREE_SHIFT) & FIELD_MASK;
        return free + this.#count(address(queue));
      },
      isClosed: (lane) => u32[state(lane) + (L.STATE_CLOSED >> 2)] !== NEVER,
      ruleList: (lane) => ((rules(lane) & L.NO_RULES) === L.NO_RULES ? -1 : rules(lane) & L.NO_RULES),
      rulePosition: (lane) => rules(lane) >>> L.POSITION_SHIFT,
      isBoundIn: (lane) => this.isBoundIn[lane] === 1,
      streamMoved: (stream) => u32[(this.#streamAt[stream]! + L.STREAM_MOVED) >>> 2]!,
    };
  }
}
