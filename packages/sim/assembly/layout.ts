// Where the state of the compiled cycle loops lies in their memory, in bytes: read by AssemblyScript (this folder) and by TypeScript (../src/cycle/compiled),
// so it holds plain numbers only. Records are named by their address; an address of 0 is none. The control block comes first: what both sides must know.

/** First byte of the control block. */
export const CONTROL = 64;

// Words of the control block: addresses of tables, numbers of the machine, and what a run has come to.
export const ROUTERS = 64;
export const LANES = 68;
export const LANE_LINKS = 72;
export const LANE_QUEUES = 76;
export const LANE_STATES = 80;
export const LANE_BITS = 84;
export const LANE_SUMMARY = 88;
export const CORES = 92;
export const UNIT_BITS = 96;
export const UNIT_SUMMARY = 100;
export const PORTS = 104;
export const PORT_BITS = 108;
export const PORT_SUMMARY = 112;
export const STREAMS = 116;
export const RULE_LISTS = 120;
export const LINK_WAVELETS = 124;
export const STARTS = 128;
export const EVENTS = 132;
export const ROUTER_COUNT = 136;
export const LANE_COUNT = 140;
export const CORE_COUNT = 144;
export const PORT_COUNT = 148;
export const COLORS = 156;
export const HOP_CYCLES = 160;
export const RAMP_CYCLES = 164;
export const EMIT_CYCLES = 168;
/** Wavelets that a `send` moves between two pauses, NEVER for no pauses. */
export const PACE = 172;
export const START_SLOTS = 176;
/** Operations whose start cycles are not over. */
export const STARTS_PENDING = 180;
/** Entries of the list at EVENTS, made since it was last emptied. */
export const EVENT_COUNT = 184;
/** Last cycle executed. */
export const CYCLE = 188;
/** FAULT_ and where: a lane, or a stream and the lane that it left. */
export const FAULT = 192;
export const FAULT_LANE = 196;
export const FAULT_STREAM = 200;
/** Cycle of the last move and of the last output, -1 before the first. */
export const LAST_MOVE = 204;
export const LAST_OUTPUT = 208;
/** Counters of 64 bits. */
export const WAVELET_HOPS = 216;
export const CONTENTION_EVENTS = 224;
/** Units and the rest of them. */
export const UNITS = 232;
export const UNIT_RESTS = 236;
/** Room for the addresses of the records that are tried in a cycle. */
export const TRIED = 240;
export const CONTROL_END = 256;

export const FAULT_NONE = 0;
export const FAULT_NOWHERE = 1;
export const FAULT_SURPLUS = 2;

// A router: lanes to be tried (bits), its first lane, its colours (bits), and its core, -1 for none.
export const ROUTER_SHIFT = 4;
export const ROUTER_MASK = 0;
export const ROUTER_LANES = 4;
export const ROUTER_COLORS = 8;
export const ROUTER_CORE = 12;

// A lane: its current rule, resolved.
export const LANE_SHIFT = 5;
/** Queue that the rule takes from; if the lane is closed or nothing can arrive there, EMPTY_QUEUE. */
export const LANE_SOURCE = 0;
/**
 * Bits 0-4: ports; IS_SPECIAL: not one destination that is a queue, or links are counted; IS_TRANSIT; TO_RAMP; from TARGETS_SHIFT: number of destinations; from
 * LAG_SHIFT: four times the latency of the source; IS_LINK: the single destination is beyond a link.
 */
export const LANE_FLAGS = 4;
/** Up to four destinations, in the order of their ports: a queue, STREAM_TAG | stream << 3, or NOWHERE. */
export const LANE_TARGETS = 8;
/** Its number at the router. */
export const LANE_NUMBER = 24;

export const PORT_BITS_MASK = 31;
export const IS_SPECIAL = 32;
export const IS_TRANSIT = 64;
export const TO_RAMP = 128;
export const TARGETS_SHIFT = 8;
export const LAG_SHIFT = 16;
export const LAG_MASK = 0x7fff;
export const MAX_LATENCY = 8191;
export const IS_LINK_SHIFT = 31;

export const STREAM_TAG = 1;
export const NOWHERE = 2;

// What is beyond the four links of a lane: as LANE_TARGETS.
export const LINKS_SHIFT = 4;
// Its queues by port, 0 for none.
export const QUEUES_SIZE = 24;

// What a lane rarely needs.
export const STATE_SHIFT = 4;
/** Cycle from which the lane counts as closed; NEVER while it is open. */
export const STATE_CLOSED = 0;
/** 1 if the core's main thread waits until the lane is closed. */
export const STATE_AWAITED = 4;
export const STATE_ROUTER = 8;
/** Rule list, and position << POSITION_SHIFT; NO_RULES before the first. */
export const STATE_RULES = 12;

export const NEVER = 0x7fffffff;
export const NO_RULES = 0xffffff;
export const MAX_RULE_LISTS = 0xffffff;
export const POSITION_SHIFT = 24;
export const MAX_POSITIONS = 127;

// A queue. Its state is one word: IS_AWAITED; from bit 3, slots of its ring - 1; then free slots, wavelets and head, each times 8, the head free running. It is followed by
// the slots: of a wavelet the value, and the cycle of the push << 2 | kind.
export const QUEUE_HEADER = 16;
/** A queue of no capacity, behind the control block. */
export const EMPTY_QUEUE = 256;
export const EMPTY_QUEUE_END = 280;
export const QUEUE_STATE = 0;
export const QUEUE_LAST_POP = 4;
/** For the last pop, before the first. */
export const LONG_AGO = 0x40000000;
/** Who fills it and who takes from it: wake codes; NOBODY. */
export const QUEUE_FEEDER = 8;
export const QUEUE_TAKER = 12;

// Shifts within the word QUEUE_STATE.
export const RING_SHIFT = 3;
export const FREE_SHIFT = 11;
export const COUNT_SHIFT = 19;
export const FIELD_MASK = 31;
export const MAX_DEPTH = 31;

// Wake codes: member << 7 | bit number << 2 | tag.
export const CODE_SHIFT = 7;
export const TAG_LANE = 0;
export const TAG_UNIT = 1;
export const TAG_STREAM = 2;
export const NOBODY = 0x7fffffff;

// A core: units to be tried (bits), and its first unit. Read as one number of 64 bits.
export const CORE_SHIFT = 3;
export const CORE_MASK = 0;
export const CORE_UNITS = 4;

// A unit: what each of its moves needs.
export const UNIT_SHIFT = 5;
/** Bits 0-7: UNIT_IDLE .. ; then what it lacks, 0 for nothing (CAUSE_SHIFT), action, kind of the wavelets that it emits, and their colour. */
export const UNIT_WHAT = 0;
/** Wavelets that a `send` has still to move until its next pause. */
export const UNIT_PACE = 4;
/** Queues, 0 for none. Read as one number. */
export const UNIT_IN = 8;
export const UNIT_OUT = 12;
/** Address of the next element, and wavelets to go in the innermost dimension. Read as one number, to which each move adds the next one. */
export const UNIT_ELEMENT = 16;
export const UNIT_TO_GO = 20;
/** Bytes between two elements, minus one wavelet to go, in 64 bits. */
export const UNIT_STEP = 24;

// The rest of it, in a table of its own.
export const REST_SIZE = 64;
/** Wavelets to go when the innermost dimension was begun, and those of that dimension. */
export const REST_LEFT = 0;
export const REST_COUNT = 4;
/** Since when it lacks what it lacks, or when it goes on from a pause; and the row of the ledger, 0 for none. */
export const REST_SINCE = 8;
export const REST_ROW = 12;
export const REST_PC = 16;
/** Wake code of the unit that starts in the same cycle, NOBODY for none. */
export const REST_NEXT = 20;
/** Per further dimension: to go, count, bytes. */
export const REST_LEVELS = 24;
export const LEVEL_SIZE = 12;
export const LEVELS_END = 60;
export const REST_CORE = 60;

/** STARTING: its start cycles are not over. BLOCKED: the main thread is in a `bind` or `open` that waits for its condition. */
export const UNIT_IDLE = 0;
export const UNIT_MOVING = 1;
export const UNIT_STARTING = 2;
export const UNIT_PAUSED = 3;
export const UNIT_BLOCKED = 4;
export const CAUSE_SHIFT = 8;
export const ACTION_SHIFT = 10;
export const EMITS_SHIFT = 18;
export const COLOR_SHIFT = 24;

// Actions (../src/kernels/combine.ts).
export const PASS = 0;
export const LOAD = 1;
export const STORE = 2;
export const REDUCE = 3;
export const FORWARD = 9;
/** From here on for two elements of a 16-bit type; with ODD the last wavelet has one only. */
export const PAIR = 16;
export const ODD = 32;

// Kinds of wavelets.
export const DATA = 0;
export const ADVANCE = 1;
export const CLOSE = 2;

// Counters of a ledger row, of 8 bytes each (../src/cycle/layout.ts).
export const RECV = 1;
export const SEND = 2;
export const RAMP = 3;

// A host port: streams to be tried (bits), its first stream, and how many, by ascending colour.
export const PORT_SHIFT = 4;
export const PORT_MASK = 0;
export const PORT_FIRST = 4;
export const PORT_STREAMS = 8;

// A host stream.
export const STREAM_SHIFT = 5;
export const STREAM_ELEMENTS = 0;
export const STREAM_MOVED = 4;
/** Its data, 0 where only timing is wanted; queue that it feeds, and its colour. */
export const STREAM_DATA = 8;
export const STREAM_QUEUE = 12;
export const STREAM_COLOR = 16;

// Rule lists: for each, its length and the address of its rules: bits 0-2 source port, 8-12 destinations, 16 transit.
export const RULE_LIST_SHIFT = 3;
export const RULE_PORTS_SHIFT = 8;
export const RULE_TRANSIT_SHIFT = 16;

// Events: code of a unit << 1, and 1 if it is blocked and may look at its condition again, 0 if it has finished.
export const EVENT_UNIT_SHIFT = 1;
export const EVENT_CORE_SHIFT = 6;
