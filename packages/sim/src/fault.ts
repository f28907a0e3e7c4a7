// Errors of a running program. `Violation` is thrown deep inside, where only the rule is known; the engine that catches it adds
// the place and throws `ProgramFault`. `DeadlockError` says who waits for whom. `RunStopped` is a cooperative stop, not an error.
import type { CODES } from "./codes.ts";

export type FaultCode = keyof typeof CODES;

/** A broken rule without its place; never leaves the package. */
export class Violation extends Error {
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string) {
    super(message);
    this.name = "Violation";
    this.code = code;
  }
}

export interface CorePlace {
  readonly x: number;
  readonly y: number;
}

/** Where a program failed; fields are absent where they do not apply (a router has no instruction). */
export interface FaultPlace {
  readonly core?: CorePlace;
  /** Code name and path, such as `row_sum[3.0]`: item 0 of the body of item 3. */
  readonly instruction?: string;
  readonly kernel?: string;
}

/** The program broke a rule of docs/program.md while it ran. */
export class ProgramFault extends Error {
  readonly code: FaultCode;
  readonly core: CorePlace | undefined;
  readonly instruction: string | undefined;
  readonly kernel: string | undefined;

  constructor(code: FaultCode, message: string, place: FaultPlace = {}) {
    super(`[${code}] ${message}${printPlace(place)}`);
    this.name = "ProgramFault";
    this.code = code;
    this.core = place.core;
    this.instruction = place.instruction;
    this.kernel = place.kernel;
  }
}

function printPlace({ core, instruction, kernel }: FaultPlace): string {
  const parts: string[] = [];
  if (core) parts.push(`core(${core.x},${core.y})`);
  if (instruction) parts.push(`instruction ${instruction}`);
  if (kernel) parts.push(`kernel "${kernel}"`);
  return parts.length === 0 ? "" : ` at ${parts.join(", ")}`;
}

/** What a thread of a core is stopped by. */
export type WaitCause = "recv" | "send" | "wait" | "bind" | "open";

/** A thread that cannot go on. */
export interface BlockedThread {
  readonly core: CorePlace;
  readonly thread: "main" | number;
  readonly instruction: string;
  readonly kernel: string;
  readonly cause: WaitCause;
  readonly color?: number;
  readonly direction?: "in" | "out";
  /** A phrase: "no wavelet in the input queue", .. */
  readonly reason: string;
}

/** A queue that still holds wavelets: `port` is the router's input side, `core` the queue from router to core. */
export interface StuckQueue {
  readonly core: CorePlace;
  readonly color: number;
  readonly port: "north" | "east" | "south" | "west" | "ramp" | "core";
  readonly wavelets: number;
  readonly reason: string;
}

export interface UnfinishedStream {
  readonly name: string;
  readonly moved: number;
  readonly wavelets: number;
}

export interface Stalemate {
  readonly threads: readonly BlockedThread[];
  readonly queues: readonly StuckQueue[];
  readonly streams: readonly UnfinishedStream[];
}

const LINES_SHOWN = 12;

/** Nothing can move any more and the entry has not ended: SIM-014 if threads wait, SIM-015 if all cores have ended. */
export class DeadlockError extends ProgramFault implements Stalemate {
  readonly threads: readonly BlockedThread[];
  readonly queues: readonly StuckQueue[];
  readonly streams: readonly UnfinishedStream[];
  /** The cycle after the last movement, where the engine counts cycles. */
  readonly cycles: number | undefined;

  constructor(stalemate: Stalemate, cycles?: number) {
    const first = stalemate.threads[0];
    super(first ? "SIM-014" : "SIM-015", printStalemate(stalemate), {
      ...(first ? { core: first.core, instruction: first.instruction, kernel: first.kernel } : {}),
    });
    this.name = "DeadlockError";
    this.threads = stalemate.threads;
    this.queues = stalemate.queues;
    this.streams = stalemate.streams;
    this.cycles = cycles;
  }
}

function printStalemate({ threads, queues, streams }: Stalemate): string {
  const head =
    threads.length > 0
      ? `Cannot go on: ${threads.length} threads wait, ${queues.length} queues hold wavelets`
      : `Cannot end: ${queues.length} queues hold wavelets, ${streams.length} host streams are incomplete`;
  const lines = [
    ...threads.map(printThread),
    ...queues.map(printQueue),
    ...streams.map((s) => `host stream "${s.name}" has moved ${s.moved} of ${s.wavelets} wavelets`),
  ];
  const shown = lines.slice(0, LINES_SHOWN);
  if (lines.length > shown.length) shown.push(`and ${lines.length - shown.length} more`);
  return [head, ...shown.map((line) => `  ${line}`)].join("\n") + "\n ";
}

function printThread(t: BlockedThread): string {
  const thread = t.thread === "main" ? "main thread" : `microthread ${t.thread}`;
  const color = t.color === undefined ? "" : ` on colour ${t.color}${t.direction ? ` ${t.direction}` : ""}`;
  return `core(${t.core.x},${t.core.y}) ${thread} waits in ${t.instruction}${color}: ${t.reason}`;
}

function printQueue(q: StuckQueue): string {
  return `core(${q.core.x},${q.core.y}) colour ${q.color} ${q.port}: ${q.wavelets} wavelets, ${q.reason}`;
}

/** The caller's `shouldStop` said yes. */
export class RunStopped extends Error {
  readonly cycles: number | undefined;

  constructor(cycles?: number) {
    super(cycles === undefined ? "Run stopped" : `Run stopped in cycle ${cycles}`);
    this.name = "RunStopped";
    this.cycles = cycles;
  }
}
