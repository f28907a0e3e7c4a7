// Fabric operations under way: unit 0 of a core is its main thread, unit t + 1 its microthread t. `step` tries the units that may
// be able to move a wavelet in this cycle. A unit sleeps until what it lacks (a wavelet, a slot, the ramp) may be there; since
// nobody else takes from its input or fills its output, the cause of a stall is one and the same until then.
// Hot loops: one wavelet's whole way through a unit is inlined; ../testing/plain-timing.ts is the plain version, with which tests
// compare.
import type { Image } from "../image.ts";
import { PORT } from "../image/fabric.ts";
import type { ResolvedView } from "../image/view.ts";
import { ACTIONS, combineBits, combineHalf } from "../kernels/combine.ts";
import { type Accounts } from "./accounts.ts";
import type { MotionListener, Operation } from "./motion.ts";
import { type Network, wakeCode } from "./network.ts";
import { LAYOUT } from "./layout.ts";

const {
  ACTION,
  BLOCKED,
  BUSY,
  CAPACITY,
  CAUSE,
  COLOR,
  CONSUMER,
  COUNT,
  EMITS,
  HEAD,
  IDLE,
  IN,
  KIND,
  LAST_POP,
  LATENCY,
  LEDGER_ROW,
  LEFT,
  MOVING,
  NEVER,
  OUT,
  PACE,
  PC,
  RAMP,
  RECV,
  SEND,
  SINCE,
  SLOTS,
  TAG_UNIT,
  UNIT,
  WAITER,
  WALK,
  WORD,
} = LAYOUT;
const { PASS, LOAD, STORE, PAIR, ODD } = ACTIONS;
const combine = combineBits;

/** First unit of each core, which has one more than its code has microthreads; and their number. */
export function firstUnits(codes: Image["codes"], cores: Image["cores"]): Int32Array {
  const first = new Int32Array(cores.count + 1);
  for (let k = 0; k < cores.count; k++) first[k + 1] = first[k]! + codes[cores.codeOf[k]!]!.threads + 1;
  return first;
}

/** Pauses of a `send` that moves `pace` wavelets between two of them. */
export function pausesOf({ inLane, wavelets }: Operation, pace: number): number {
  return inLane >= 0 ? 0 : Math.floor((wavelets - 1) / pace);
}

export class Units {
  readonly records: Int32Array;
  /** First unit of each core; it has one more than its code has microthreads. */
  readonly first: Int32Array;
  readonly #network: Network;
  readonly #accounts: Accounts;
  /** Wavelets that a `send` moves between two pauses. */
  readonly #pace: number;
  shuffle: ((members: Int32Array, count: number) => void) | undefined;

  constructor(network: Network, accounts: Accounts) {
    const { cores, codes, machine } = network.image;
    this.#pace = machine.core.sendPauseEvery || NEVER;
    this.#network = network;
    this.#accounts = accounts;
    this.first = firstUnits(codes, cores);
    this.records = new Int32Array(this.first[cores.count]! * UNIT);
  }

  /** Starts an operation, which may move from `delay` cycles on. */
  start(core: number, unit: number, operation: Operation, delay: number): void {
    const network = this.#network;
    const { records } = this;
    const { inLane, outLane, wavelets, row } = operation;
    const at = (this.first[core]! + unit) * UNIT;
    const code = wakeCode(core, unit, TAG_UNIT);
    const input = inLane < 0 ? -1 : network.queueOf(inLane, PORT.core);
    records[at + IN] = input;
    records[at + OUT] = outLane < 0 ? -1 : network.queueOf(outLane, PORT.ramp);
    records[at + COLOR] = outLane < 0 ? 0 : network.image.fabric.laneColor[outLane]!;
    records[at + EMITS] = operation.emits;
    records[at + ACTION] = operation.action;
    records[at + LEDGER_ROW] = row;
    records[at + PC] = operation.pc;
    records[at + WORD] = 0;
    this.#setWalk(at, operation.view);
    records[at + KIND] = MOVING;
    records[at + LEFT] = wavelets;
    records[at + SINCE] = network.now + delay;
    records[at + CAUSE] = input >= 0 ? RECV : SEND;
    records[at + PACE] = this.#pace;
    // What moves is busy, and the pauses of a `send`; all of it moves, or the run ends in a deadlock.
    if (row >= 0) this.#accounts.rows[row + BUSY]! += wavelets + pausesOf(operation, this.#pace);
    if (input >= 0) network.pool[input + CONSUMER] = code;
    network.wake(code, network.slotIn(delay));
  }

  /** Sets up the walk through a view's elements; dimensions that continue one another are joined. */
  #setWalk(at: number, view: ResolvedView | undefined): void {
    const records = this.records;
    for (let i = WALK; i < WALK + 12; i += 3) {
      records[at + i] = 1;
      records[at + i + 1] = 1;
      records[at + i + 2] = 0;
    }
    if (!view) return;
    records[at + WORD] = view.start;
    let level = WALK;
    let reach = 0;
    let inner = 0;
    let innerStride = 0;
    for (let d = view.rank - 1; d >= 0; d--) {
      const count = view.counts[d]!;
      const stride = view.strides[d]!;
      if (count === 1) continue;
      if (inner > 0 && stride === innerStride * inner) {
        inner *= count;
        reach += (count - 1) * stride;
        records[at + level] = inner;
        records[at + level + 1] = inner;
        continue;
      }
      if (inner > 0) level += 3;
      records[at + level] = count;
      records[at + level + 1] = count;
      records[at + level + 2] = stride - reach;
      reach += (count - 1) * stride;
      inner = count;
      innerStride = stride;
    }
  }

  /** Moves what can move in the current cycle: at most one wavelet of each unit, and one of each core into its ramp. */
  step(listener: MotionListener): void {
    const network = this.#network;
    const { records, first } = this;
    const { readyUnits, readyLanes, slotNow, slotNext, ring, now, pool, image, paths } = network;
    const { words, isTimingOnly } = image;
    const count = readyUnits.collect(slotNow);
    if (count === 0) return;
    const { found } = readyUnits;
    this.shuffle?.(found, count);
    for (let f = 0; f < count; f++) {
      const core = found[f]!;
      let mask = readyUnits.take(slotNow, core);
      let isRampTaken = false;
      while (mask !== 0) {
        const unit = (mask & (mask - 1)) === 0 ? 31 - Math.clz32(mask) : this.#firstOf(core, mask);
        const bit = 1 << unit;
        mask &= ~bit;
        const index = first[core]! + unit;
        const at = index * UNIT;
        if (records[at + KIND] !== MOVING) {
          if (records[at + KIND] === BLOCKED) listener.recheck(core);
          continue;
        }
        const since = records[at + SINCE]!;
        // Woken by an arrival before its start cycles are over; its start has it tried then.
        if (since > now) continue;
        const from = records[at + IN]!;
        const to = records[at + OUT]!;
        let slot = 0;
        if (from >= 0) {
          if (pool[from + COUNT] === 0) {
            this.#stall(at, RECV);
            continue;
          }
          slot = from + SLOTS + 2 * pool[from + HEAD]!;
          const available = pool[slot + 1]! >> 2;
          if (available > now) {
            this.#stall(at, RECV);
            readyUnits.add(network.slotIn(available - now), core, bit);
            continue;
          }
        }
        if (to >= 0) {
          const free = pool[to + CAPACITY]! - pool[to + COUNT]!;
          if (free <= 0 || (free === 1 && pool[to + LAST_POP] === now)) {
            this.#stall(at, SEND);
            network.hasSpace(to, wakeCode(core, unit, TAG_UNIT));
            continue;
          }
          if (isRampTaken) {
            this.#stall(at, RAMP);
            network.contentionEvents++;
            readyUnits.add(slotNext, core, bit);
            continue;
          }
          isRampTaken = true;
        }
        // It moves.
        network.lastMove = now;
        if (now > since) {
          const row = records[at + LEDGER_ROW]!;
          if (row >= 0) this.#accounts.rows[row + records[at + CAUSE]!]! += now - since;
          if (paths) {
            const cause = records[at + CAUSE]!;
            const [wavelet, queue] = [cause === RECV ? slot : -1, cause === SEND ? to : -1];
            paths.resume(core, index, now, records[at + PC]!, wavelet, queue);
          }
        }
        records[at + SINCE] = now + 1;
        let value = 0;
        let held = 0;
        if (from >= 0) {
          value = pool[slot]!;
          held = pool[from + COUNT]! - 1;
          const head = pool[from + HEAD]! + 1;
          pool[from + HEAD] = head === pool[from + CAPACITY]! ? 0 : head;
          pool[from + COUNT] = held;
          pool[from + LAST_POP] = now;
          const waiter = pool[from + WAITER]!;
          if (waiter >= 0) {
            pool[from + WAITER] = -1;
            readyLanes.add(slotNext, waiter >> 7, 1 << ((waiter >> 2) & 31));
          }
          paths?.took(index, from);
        }
        const action = records[at + ACTION]!;
        if (!isTimingOnly && action !== PASS) {
          const word = records[at + WORD]!;
          if (action === LOAD) value = words[word]!;
          else if (action === STORE) words[word] = value;
          else if (action < PAIR) value = combine(action, image, word, value);
          else value = this.#movePair(at, action, value);
        }
        if (to >= 0) {
          const before = pool[to + COUNT]!;
          const capacity = pool[to + CAPACITY]!;
          const latency = pool[to + LATENCY]!;
          let place = pool[to + HEAD]! + before;
          if (place >= capacity) place -= capacity;
          const empty = to + SLOTS + 2 * place;
          pool[empty] = value;
          pool[empty + 1] = ((now + latency) << 2) | records[at + EMITS]!;
          pool[to + COUNT] = before + 1;
          if (before === 0) {
            const consumer = pool[to + CONSUMER]!;
            let due = slotNow + latency;
            if (due >= ring) due -= ring;
            readyLanes.add(due, consumer >> 7, 1 << ((consumer >> 2) & 31));
          }
          paths?.emitted(core, index, now, records[at + PC]!, empty);
        }
        const left = --records[at + LEFT]!;
        if (left === 0) {
          records[at + KIND] = IDLE;
          if (from >= 0) pool[from + CONSUMER] = -1;
          listener.finished(core, unit);
          continue;
        }
        if (--records[at + WALK]! > 0) records[at + WORD]! += records[at + WALK + 2]!;
        else this.#carry(at);
        if (from < 0) {
          if (--records[at + PACE]! === 0) {
            records[at + PACE] = this.#pace;
            records[at + SINCE] = now + 2;
            readyUnits.add(network.slotIn(2), core, bit);
          } else {
            readyUnits.add(slotNext, core, bit);
          }
          continue;
        }
        records[at + CAUSE] = RECV;
        if (held === 0) continue;
        const available = pool[from + SLOTS + 2 * pool[from + HEAD]! + 1]! >> 2;
        readyUnits.add(available <= now + 1 ? slotNext : network.slotIn(available - now), core, bit);
      }
    }
  }

  /** Of several units: those that emit nothing first, then by colour in rotating order, since one may enter the ramp. */
  #firstOf(core: number, mask: number): number {
    const { colors } = this.#network.image.fabric;
    const first = this.#network.now % colors;
    let chosen = -1;
    let least = colors;
    for (let unit = 0; unit < 32; unit++) {
      if (!(mask & (1 << unit))) continue;
      const at = (this.first[core]! + unit) * UNIT;
      if (this.records[at + KIND] !== MOVING || this.records[at + OUT]! < 0) return unit;
      const rank = (this.records[at + COLOR]! - first + colors) % colors;
      if (rank < least) {
        least = rank;
        chosen = unit;
      }
    }
    return chosen;
  }

  /** Moves the two elements of a wavelet, or the last one; the walk stands at the last that was moved. Returns what goes on. */
  #movePair(at: number, action: number, value: number): number {
    const { image } = this.#network;
    const records = this.records;
    const low = combineHalf(action, image, records[at + WORD]!, value & 0xffff);
    if (records[at + LEFT] === 1 && (action & ODD) !== 0) return low;
    if (--records[at + WALK]! > 0) records[at + WORD]! += records[at + WALK + 2]!;
    else this.#carry(at);
    return low | (combineHalf(action, image, records[at + WORD]!, value >>> 16) << 16);
  }

  /** The innermost dimension is done: steps the next one that is not. */
  #carry(at: number): void {
    const records = this.records;
    let level = at + WALK;
    records[level] = records[level + 1]!;
    level += 3;
    while (level < at + WALK + 9 && --records[level]! <= 0) {
      records[level] = records[level + 1]!;
      level += 3;
    }
    records[at + WORD]! += records[level + 2]!;
  }

  /** The unit cannot move in this cycle for want of `cause`. */
  #stall(at: number, cause: number): void {
    const records = this.records;
    const before = records[at + CAUSE]!;
    if (before === cause) return;
    const { now } = this.#network;
    const row = records[at + LEDGER_ROW]!;
    if (row >= 0) this.#accounts.rows[row + before]! += now - records[at + SINCE]!;
    records[at + SINCE] = now;
    records[at + CAUSE] = cause;
  }
}
