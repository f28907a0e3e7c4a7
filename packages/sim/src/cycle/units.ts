// Fabric operations under way: unit 0 of a core is its main thread, unit t + 1 its microthread t. Hot loop: `step` tries the units
// that may be able to move a wavelet in this cycle. A unit sleeps until what it lacks (a wavelet, a slot, the ramp) may be there;
// since nobody else takes from its input or fills its output, the cause of a stall is one and the same until then.
// The plain version of all of this is plain.ts, with which tests compare.
import type { ResolvedView } from "../image/view.ts";
import { combineBits, PASS } from "../kernels/combine.ts";
import { type Accounts, BUSY, RAMP, RECV, SEND } from "./accounts.ts";
import { CAPACITY, CONSUMER, COUNT, LAST_POP, type Network, QUEUE, TAG_UNIT, WAITER, wakeCode } from "./network.ts";

// Words of a unit record.
export const UNIT = 24;
export const KIND = 0;
/** Queues, -1 for none. */
export const IN = 1;
export const OUT = 2;
/** Wavelets still to move. */
export const LEFT = 3;
/** What happens to a wavelet (kernels/combine.ts). */
export const ACTION = 4;
/** Word of the next element, then the walk through the view: per dimension, innermost first: to go, count, jump. */
export const WORD = 5;
export const WALK = 6;
/** First cycle not yet accounted for, and what the unit lacks since then (a counter of accounts.ts). */
export const SINCE = 18;
export const CAUSE = 19;
/** Row of the ledger; -1 for microthreads. */
export const LEDGER_ROW = 20;
/** Colour it emits on. */
export const COLOR = 21;
/** Kind of the wavelets it emits. */
export const EMITS = 22;
/** Program counter of the instruction. */
export const PC = 23;

// Values of KIND.
export const IDLE = 0;
export const MOVING = 1;
/** The main thread in a `bind` or `open` that waits for its condition. */
export const BLOCKED = 2;

/** What units tell the core they belong to. */
export interface UnitListener {
  /** The unit's operation moved its last wavelet in this cycle. */
  finished(core: number, unit: number): void;
  /** A blocked `bind` or `open` should look at its condition again. */
  recheck(core: number): void;
}

export class Units {
  readonly records: Int32Array;
  /** First unit of each core; it has one more than its code has microthreads. */
  readonly first: Int32Array;
  readonly #network: Network;
  readonly #accounts: Accounts;
  readonly #listener: UnitListener;
  shuffle: ((members: Int32Array, count: number) => void) | undefined;

  constructor(network: Network, accounts: Accounts, listener: UnitListener) {
    const { cores, codes } = network.image;
    this.#network = network;
    this.#accounts = accounts;
    this.#listener = listener;
    this.first = new Int32Array(cores.count + 1);
    for (let k = 0; k < cores.count; k++) this.first[k + 1] = this.first[k]! + codes[cores.codeOf[k]!]!.threads + 1;
    this.records = new Int32Array(this.first[cores.count]! * UNIT);
  }

  /** Starts an operation whose record is filled but for LEFT and SINCE; it may move from `delay` cycles on. */
  start(core: number, unit: number, wavelets: number, delay: number): void {
    const network = this.#network;
    const at = (this.first[core]! + unit) * UNIT;
    const code = wakeCode(core, unit, TAG_UNIT);
    this.records[at + KIND] = MOVING;
    this.records[at + LEFT] = wavelets;
    this.records[at + SINCE] = network.now + delay;
    this.records[at + CAUSE] = this.records[at + IN]! >= 0 ? RECV : SEND;
    if (this.records[at + IN]! >= 0) network.queues[this.records[at + IN]! * QUEUE + CONSUMER] = code;
    network.wake(code, network.slotIn(delay));
  }

  /** Sets up the walk through a view's elements; dimensions that continue one another are joined. */
  setWalk(at: number, view: ResolvedView | undefined): void {
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

  step(): void {
    const { readyUnits, slotNow } = this.#network;
    const count = readyUnits.collect(slotNow);
    if (count === 0) return;
    const { found } = readyUnits;
    this.shuffle?.(found, count);
    for (let i = 0; i < count; i++) {
      const core = found[i]!;
      const mask = readyUnits.take(slotNow, core);
      if ((mask & (mask - 1)) === 0) this.#tryUnit(core, 31 - Math.clz32(mask), false);
      else this.#tryCore(core, mask);
    }
  }

  /** Several units of a core: those that emit compete for the ramp, in rotating order of colour. */
  #tryCore(core: number, mask: number): void {
    const { colors } = this.#network.image.fabric;
    const first = this.#network.now % colors;
    let emitting = 0;
    for (let unit = 0; unit < 32; unit++) {
      if (!(mask & (1 << unit))) continue;
      if (this.records[(this.first[core]! + unit) * UNIT + OUT]! >= 0) emitting |= 1 << unit;
      else this.#tryUnit(core, unit, false);
    }
    let isRampTaken = false;
    while (emitting !== 0) {
      let next = -1;
      let least = colors;
      for (let unit = 0; unit < 32; unit++) {
        if (!(emitting & (1 << unit))) continue;
        const rank = (this.records[(this.first[core]! + unit) * UNIT + COLOR]! - first + colors) % colors;
        if (rank < least) {
          least = rank;
          next = unit;
        }
      }
      emitting &= ~(1 << next);
      isRampTaken = this.#tryUnit(core, next, isRampTaken) || isRampTaken;
    }
  }

  /** Moves one wavelet of the unit if it can; returns whether one entered the ramp. */
  #tryUnit(core: number, unit: number, isRampTaken: boolean): boolean {
    const network = this.#network;
    const records = this.records;
    const { queues, now } = network;
    const at = (this.first[core]! + unit) * UNIT;
    if (records[at + KIND] !== MOVING) {
      if (records[at + KIND] === BLOCKED) this.#listener.recheck(core);
      return false;
    }
    // Woken by an arrival before its start cycles are over; its start has it tried then.
    if (records[at + SINCE]! > now) return false;
    const input = records[at + IN]!;
    const output = records[at + OUT]!;
    let slot = 0;
    if (input >= 0) {
      if (queues[input * QUEUE + COUNT] === 0) {
        this.#stall(at, RECV);
        return false;
      }
      slot = network.headSlot(input);
      const available = network.slots[slot + 1]! >> 2;
      if (available > now) {
        this.#stall(at, RECV);
        network.wake(wakeCode(core, unit, TAG_UNIT), network.slotIn(available - now));
        return false;
      }
    }
    if (output >= 0) {
      const to = output * QUEUE;
      const count = queues[to + COUNT]!;
      if (count >= queues[to + CAPACITY]!) {
        queues[to + WAITER] = wakeCode(core, unit, TAG_UNIT);
        this.#stall(at, SEND);
        return false;
      }
      if (count + 1 === queues[to + CAPACITY] && queues[to + LAST_POP] === now) {
        network.wake(wakeCode(core, unit, TAG_UNIT), network.slotNext);
        this.#stall(at, SEND);
        return false;
      }
      if (isRampTaken) {
        network.contentionEvents++;
        network.wake(wakeCode(core, unit, TAG_UNIT), network.slotNext);
        this.#stall(at, RAMP);
        return false;
      }
    }
    this.#move(at, core, unit, input, output, slot);
    return output >= 0;
  }

  #move(at: number, core: number, unit: number, input: number, output: number, slot: number): void {
    const network = this.#network;
    const records = this.records;
    const { now } = network;
    const { image, paths } = network;
    const index = this.first[core]! + unit;
    const isResumed = now > records[at + SINCE]!;
    let value = 0;
    if (paths && isResumed) {
      paths.resume(core, index, now, records[at + PC]!, records[at + CAUSE]!, slot >> 1, output);
    }
    if (input >= 0) {
      value = network.slots[slot]!;
      network.pop(input);
      paths?.took(index, input);
    }
    const action = records[at + ACTION]!;
    if (action !== PASS && !image.isTimingOnly) value = combineBits(action, image, records[at + WORD]!, value);
    if (output >= 0) {
      const wavelet = network.push(output, value, records[at + EMITS]!);
      paths?.emitted(core, index, now, records[at + PC]!, wavelet);
    }
    network.lastMove = now;
    const row = records[at + LEDGER_ROW]!;
    if (row >= 0) {
      if (isResumed) this.#accounts.rows[row + records[at + CAUSE]!]! += now - records[at + SINCE]!;
      this.#accounts.rows[row + BUSY]!++;
    }
    records[at + SINCE] = now + 1;
    const left = --records[at + LEFT]!;
    if (left === 0) {
      records[at + KIND] = IDLE;
      if (input >= 0) network.queues[input * QUEUE + CONSUMER] = -1;
      this.#listener.finished(core, unit);
      return;
    }
    if (--records[at + WALK]! > 0) records[at + WORD]! += records[at + WALK + 2]!;
    else this.#carry(at);
    if (input < 0) {
      network.wake(wakeCode(core, unit, TAG_UNIT), network.slotNext);
      return;
    }
    records[at + CAUSE] = RECV;
    if (network.queues[input * QUEUE + COUNT] === 0) return;
    const available = network.slots[network.headSlot(input) + 1]! >> 2;
    const delay = available <= now + 1 ? 1 : available - now;
    network.wake(wakeCode(core, unit, TAG_UNIT), network.slotIn(delay));
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
