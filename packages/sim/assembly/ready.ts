// Who is to be tried in the coming cycles: one word of bits for each router (its lanes), core (its units) and host port (its streams), kept in their records, and two
// levels of bits over the words that are not 0. Who may move stays in; who finds that it cannot for want of a wavelet or of a slot leaves, and is put back by
// whoever brings that. Being tried in vain changes nothing, so it does not matter that some are.
import {
  CODE_SHIFT,
  COLOR_SHIFT,
  CORE_COUNT,
  CORE_MASK,
  CORE_SHIFT,
  CORE_UNITS,
  LANE_BITS,
  LANE_NUMBER,
  LANE_SHIFT,
  LANE_SUMMARY,
  PORT_BITS,
  PORT_COUNT,
  PORT_MASK,
  PORT_SHIFT,
  PORT_SUMMARY,
  ROUTER_COLORS,
  ROUTER_COUNT,
  ROUTER_LANES,
  ROUTER_MASK,
  ROUTER_SHIFT,
  STATE_ROUTER,
  STATE_SHIFT,
  TAG_LANE,
  TAG_UNIT,
  UNIT_BITS,
  UNIT_MOVING,
  UNIT_OUT,
  UNIT_SHIFT,
  UNIT_SUMMARY,
  UNIT_WHAT,
} from "./layout.ts";
import { belowFirst, colors, cores, firstColor, lanes, laneStates, ports, routers, tried } from "./state.ts";

/** In a list, with the address of a record: the first of its router or core. */
export const FIRST: u32 = 1;

let laneBits: u32 = 0;
let laneSummary: u32 = 0;
let unitBits: u32 = 0;
let unitSummary: u32 = 0;
let portBits: u32 = 0;
let portSummary: u32 = 0;
/** Words of bits that are not 0. */
let wordsInUse: i32 = 0;

export function loadReady(): void {
  laneBits = load<u32>(LANE_BITS);
  laneSummary = load<u32>(LANE_SUMMARY);
  unitBits = load<u32>(UNIT_BITS);
  unitSummary = load<u32>(UNIT_SUMMARY);
  portBits = load<u32>(PORT_BITS);
  portSummary = load<u32>(PORT_SUMMARY);
  wordsInUse = 0;
}

export function isAnyReady(): bool {
  return wordsInUse !== 0;
}

function mark(bits: u32, summary: u32, member: u32): void {
  const at = bits + ((member >> 6) << 3);
  const before = load<u64>(at);
  store<u64>(at, before | ((1 as u64) << (member & 63)));
  if (before !== 0) return;
  wordsInUse++;
  const over = summary + ((member >> 12) << 3);
  store<u64>(over, load<u64>(over) | ((1 as u64) << ((member >> 6) & 63)));
}

function unmark(bits: u32, summary: u32, member: u32): void {
  const at = bits + ((member >> 6) << 3);
  const left = load<u64>(at) & ~((1 as u64) << (member & 63));
  store<u64>(at, left);
  if (left !== 0) return;
  wordsInUse--;
  const over = summary + ((member >> 12) << 3);
  store<u64>(over, load<u64>(over) & ~((1 as u64) << ((member >> 6) & 63)));
}

/** Lists, from `tried` on, the lanes that are to be tried, router by router and in the order of their turn; the first of a router is marked FIRST. Returns the end. */
export function listLanes(): u32 {
  let end = tried;
  const summaryEnd = laneSummary + (((load<u32>(ROUTER_COUNT) + 4095) >> 12) << 3);
  for (let over = laneSummary; over < summaryEnd; over += 8) {
    for (let rest = load<u64>(over); rest !== 0; rest &= rest - 1) {
      const word = (((over - laneSummary) >> 3) << 6) + (ctz<u64>(rest) as u32);
      const records = routers + (word << (6 + ROUTER_SHIFT));
      for (let marked = load<u64>(laneBits + (word << 3)); marked !== 0; marked &= marked - 1) {
        const record = records + ((ctz<u64>(marked) as u32) << ROUTER_SHIFT);
        let mask = load<u32>(record, ROUTER_MASK);
        const first = load<u32>(record, ROUTER_LANES);
        if ((mask & (mask - 1)) === 0) {
          store<u32>(end, (first + (ctz<u32>(mask) << LANE_SHIFT)) | FIRST);
          end += 4;
          continue;
        }
        // By colour, from the first colour of this cycle on.
        const lower = load<u32>(record, ROUTER_COLORS) & belowFirst;
        const turn = popcnt<u32>(lower);
        mask = rotr<u32>(mask, turn);
        for (let mark = FIRST; mask !== 0; mask &= mask - 1, mark = 0) {
          store<u32>(end, (first + (((ctz<u32>(mask) + turn) & 31) << LANE_SHIFT)) | mark);
          end += 4;
        }
      }
    }
  }
  return end;
}

/** Lists the units that are to be tried in the same way: of several of a core those first that emit nothing, then by colour. */
export function listUnits(): u32 {
  let end = tried;
  const summaryEnd = unitSummary + (((load<u32>(CORE_COUNT) + 4095) >> 12) << 3);
  for (let over = unitSummary; over < summaryEnd; over += 8) {
    for (let rest = load<u64>(over); rest !== 0; rest &= rest - 1) {
      const word = (((over - unitSummary) >> 3) << 6) + (ctz<u64>(rest) as u32);
      const records = cores + (word << (6 + CORE_SHIFT));
      for (let marked = load<u64>(unitBits + (word << 3)); marked !== 0; marked &= marked - 1) {
        const record = records + ((ctz<u64>(marked) as u32) << CORE_SHIFT);
        let mask = load<u32>(record, CORE_MASK);
        const first = load<u32>(record, CORE_UNITS);
        for (let mark = FIRST; mask !== 0; mark = 0) {
          const unit = (mask & (mask - 1)) === 0 ? ctz<u32>(mask) : firstOf(first, mask);
          mask &= ~(1 << unit);
          store<u32>(end, (first + (unit << UNIT_SHIFT)) | mark);
          end += 4;
        }
      }
    }
  }
  return end;
}

/** Of several units: those that emit nothing first, then by colour in rotating order, since one may enter the ramp. */
function firstOf(first: u32, mask: u32): u32 {
  let chosen: u32 = 0;
  let least: u32 = 0xffffffff;
  for (let rest = mask; rest !== 0; rest &= rest - 1) {
    const unit = ctz<u32>(rest);
    const at = first + (unit << UNIT_SHIFT);
    const what = load<u32>(at, UNIT_WHAT);
    if ((what & 255) !== UNIT_MOVING || load<u32>(at, UNIT_OUT) === 0) return unit;
    const color = what >> COLOR_SHIFT;
    const rank = color >= firstColor ? color - firstColor : color + colors - firstColor;
    if (rank < least) {
      least = rank;
      chosen = unit;
    }
  }
  return chosen;
}

/** Lists the records of the ports that are to be tried. */
export function listPorts(): u32 {
  let end = tried;
  const words = (load<u32>(PORT_COUNT) + 63) >> 6;
  for (let word: u32 = 0; word < words; word++) {
    for (let marked = load<u64>(portBits + (word << 3)); marked !== 0; marked &= marked - 1) {
      store<u32>(end, ports + (((word << 6) + (ctz<u64>(marked) as u32)) << PORT_SHIFT));
      end += 4;
    }
  }
  return end;
}

/** Members of the record that need not be tried in the next cycle. */
export function restLane(lane: u32): void {
  const router = load<u32>(laneStates + (((lane - lanes) >> LANE_SHIFT) << STATE_SHIFT), STATE_ROUTER);
  const record = routers + (router << ROUTER_SHIFT);
  const left = load<u32>(record, ROUTER_MASK) & ~(1 << load<u32>(lane, LANE_NUMBER));
  store<u32>(record, left, ROUTER_MASK);
  if (left === 0) unmark(laneBits, laneSummary, router);
}

export function restUnit(core: u32, unit: u32): void {
  const record = cores + (core << CORE_SHIFT);
  const left = load<u32>(record, CORE_MASK) & ~(1 << unit);
  store<u32>(record, left, CORE_MASK);
  if (left === 0) unmark(unitBits, unitSummary, core);
}

export function restStreams(record: u32, members: u32): void {
  const left = load<u32>(record, PORT_MASK) & ~members;
  store<u32>(record, left, PORT_MASK);
  if (left === 0) unmark(portBits, portSummary, (record - ports) >> PORT_SHIFT);
}

export function wakeLane(code: u32): void {
  const router = code >> CODE_SHIFT;
  const record = routers + (router << ROUTER_SHIFT);
  const mask = load<u32>(record);
  const bit: u32 = 1 << ((code >> 2) & 31);
  if (mask & bit) return;
  store<u32>(record, mask | bit);
  if (mask === 0) mark(laneBits, laneSummary, router);
}

export function wakeUnit(code: u32): void {
  const core = code >> CODE_SHIFT;
  const record = cores + (core << CORE_SHIFT);
  const mask = load<u32>(record);
  const bit: u32 = 1 << ((code >> 2) & 31);
  if (mask & bit) return;
  store<u32>(record, mask | bit);
  if (mask === 0) mark(unitBits, unitSummary, core);
}

function wakeStream(code: u32): void {
  const port = code >> CODE_SHIFT;
  const record = ports + (port << PORT_SHIFT);
  const mask = load<u32>(record);
  const bit: u32 = 1 << ((code >> 2) & 31);
  if (mask & bit) return;
  store<u32>(record, mask | bit);
  if (mask === 0) mark(portBits, portSummary, port);
}

/** Whoever the code names; nobody has the tag 3. */
export function wake(code: u32): void {
  const tag = code & 3;
  if (tag === TAG_LANE) wakeLane(code);
  else if (tag === TAG_UNIT) wakeUnit(code);
  else if (tag === 2) wakeStream(code);
}
