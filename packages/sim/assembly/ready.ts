// Who is to be tried in the coming cycles: one word of bits for each router (its lanes), core (its units) and host port (its streams), kept in their records, and two
// levels of bits over the words that are not 0. Who may move stays in; who finds that it cannot for want of a wavelet or of a slot leaves, and is put back by
// whoever brings that. Being tried in vain changes nothing, so it does not matter that some are.
import {
  CODE_SHIFT,
  CORE_SHIFT,
  LANE_BITS,
  LANE_SUMMARY,
  PORT_BITS,
  PORT_SHIFT,
  PORT_SUMMARY,
  ROUTER_SHIFT,
  TAG_LANE,
  TAG_UNIT,
  UNIT_BITS,
  UNIT_SUMMARY,
} from "./layout.ts";
import { cores, ports, routers } from "./state.ts";

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

/** The member at `bit` of the word at `at` has nothing left to try. */
export function unmark(at: u32, bit: u64): void {
  store<u64>(at, load<u64>(at) & ~bit);
}

/** Clears a bit of the summary if its word of bits has become 0. */
export function tidy(at: u32, over: u32, bit: u64): void {
  if (load<u64>(at) !== 0) return;
  wordsInUse--;
  store<u64>(over, load<u64>(over) & ~bit);
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
