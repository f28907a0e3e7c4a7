// Words of the records that the cycle engine keeps in typed arrays, and the small numbers in them. One object, which each file
// copies into constants of its own: where modules are not bundled (under a test runner), a use of an imported constant is a
// property access, which hot loops would pay for many times a wavelet.

export const LAYOUT = {
  // A queue record: words, then its slots. A slot is two words: the value, and the first available cycle << 2 | kind.
  /** Number of the queue in the image. */
  ID: 0,
  CAPACITY: 1,
  HEAD: 2,
  COUNT: 3,
  /** Cycle of the last pop, -1 before the first. */
  LAST_POP: 4,
  /** Who waits for a free slot (a wake code), -1 for nobody. */
  WAITER: 5,
  /** Who takes from the queue (a wake code), -1 for nobody at present. */
  CONSUMER: 6,
  /** Cycles from a push until the wavelet is available. */
  LATENCY: 7,
  SLOTS: 8,

  // A lane record: the current rule resolved to queue records.
  LANE: 8,
  /** Queue record that the rule takes from, -1 if the lane is closed or nothing can arrive there. */
  SOURCE: 0,
  /** Bits 0-2: number of destinations; IS_TRANSIT; TO_RAMP (the last destination); from PORTS_SHIFT: ports. */
  FLAGS: 1,
  /** Up to four destinations: a queue record, -2 - stream, or -1 for nowhere. */
  TARGETS: 2,
  POSITION: 6,
  RULES: 7,
  IS_TRANSIT: 8,
  TO_RAMP: 16,
  PORTS_SHIFT: 8,

  /** Cycle from which a lane counts as closed, for lanes that are open. */
  NEVER: 0x7fffffff,

  // Wake codes: member << 7 | bit number << 2 | tag.
  TAG_LANE: 0,
  TAG_UNIT: 1,
  TAG_STREAM: 2,

  // Kinds of wavelets.
  DATA: 0,
  ADVANCE: 1,
  CLOSE: 2,

  // A unit record: an operation under way.
  UNIT: 25,
  KIND: 0,
  /** Queue records, -1 for none. */
  IN: 1,
  OUT: 2,
  /** Wavelets still to move. */
  LEFT: 3,
  /** What happens to a wavelet (kernels/combine.ts). */
  ACTION: 4,
  /** Word of the next element, then the walk through the view: per dimension, innermost first: to go, count, jump. */
  WORD: 5,
  WALK: 6,
  /** First cycle not yet accounted for, and what the unit lacks since then (a counter below). */
  SINCE: 18,
  CAUSE: 19,
  /** Row of the ledger; -1 for microthreads. */
  LEDGER_ROW: 20,
  /** Colour it emits on, and the kind of the wavelets. */
  COLOR: 21,
  EMITS: 22,
  /** Program counter of the instruction. */
  PC: 23,
  /** Wavelets that a `send` has still to move until its next pause. */
  PACE: 24,

  // Values of KIND. BLOCKED: the main thread is in a `bind` or `open` that waits for its condition.
  IDLE: 0,
  MOVING: 1,
  BLOCKED: 2,

  // A row of the ledger: cycles of one kernel on one core.
  ROW: 6,
  BUSY: 0,
  RECV: 1,
  SEND: 2,
  RAMP: 3,
  WAIT: 4,
  CONTROL: 5,
} as const;
