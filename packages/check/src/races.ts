/**
 * What a core's code does in its order, whatever the timing (docs/program.md sections 4.2 and 4.3). An operation is outstanding from its
 * issue until a `wait` on its microthread:
 *
 *   CHK-030  a colour is used in a direction in which a queue is bound to it
 *   CHK-031  a colour is bound to one queue of a direction at a time
 *   CHK-040  nothing writes an element that an outstanding operation reads, or touches one that it writes
 *   CHK-041  an instruction is not issued on a microthread with an outstanding operation
 *   CHK-042  a colour and direction have one outstanding operation; binding its queue anew counts as a use
 *   CHK-043  at the end of the code nothing is outstanding (a warning: the entry ends when the operation has)
 *
 * Elements are compared by address, across buffers. A scan of the code for the whole class finds what may break a rule (order-scan.ts); for
 * these instructions the code is walked exactly, on every group of cores that differ in what matters. Step scalars: the combinations that the
 * token run has. Assumes views inside of their buffers (memory.ts).
 */
import { colorUses, is16Bit, isLocal, viewUses } from "@waferc/ir/program";
import type { Instruction, View } from "@waferc/ir/program";
import type { ClassModel, Loop, Site } from "./class-model.ts";
import { CODES } from "./codes.ts";
import { coreName, entryEntity } from "./findings.ts";
import type { Budget, Findings } from "./findings.ts";
import { doesNothing, setOf } from "./memory.ts";
import { scanOrder } from "./order-scan.ts";
import type { OrderSuspects } from "./order-scan.ts";
import { frameOf, readsWithLoops } from "./prove.ts";
import type { Frame } from "./prove.ts";
import { siteEntity } from "./report-claim.ts";
import { commonElement, extentOf } from "./strided.ts";
import type { StridedSet } from "./strided.ts";
import { countOf } from "./token-code.ts";
import { countReads, setSteps } from "./traffic.ts";
import type { StepValues } from "./traffic.ts";

export interface RaceContext {
  readonly model: ClassModel;
  readonly steps: StepValues;
  readonly budget: Budget;
  readonly findings: Findings;
}

export function checkOrder(context: RaceContext): void {
  const suspects = scanOrder(context.model);
  if (suspects.sites.size > 0 || suspects.mayStayOutstanding) new OrderWalk(context, suspects).run();
}

/** Memory that an operation or instruction touches, by half word of SRAM: the least that an element takes. */
interface Touch {
  readonly set: StridedSet;
  readonly writes: boolean;
}

/** A colour in a direction: actual colour, plus OUT for output. */
type Use = number;
const OUT = 32;

/** An instruction that matters, resolved for the class. */
interface Action {
  readonly kind: "action";
  readonly site: Site;
  readonly uses: readonly Use[];
  readonly thread: number | undefined;
  /** Whether it does nothing with the values of the frame. */
  isIdle(frame: Frame): boolean;
  readonly hasMemory: boolean;
}

interface LoopAction {
  readonly kind: "loop";
  readonly loop: Loop;
  /** Whether something in it depends on the iteration. */
  readonly isVarying: boolean;
  readonly body: readonly (Action | LoopAction)[];
}

interface Outstanding {
  readonly site: Site;
  readonly touches: readonly Touch[];
  readonly uses: readonly Use[];
}

type OrderCode = "CHK-030" | "CHK-031" | "CHK-040" | "CHK-041" | "CHK-042" | "CHK-043";

/** Walks the instructions of a class that matter, in program order. */
class OrderWalk {
  readonly #context: RaceContext;
  readonly #suspects: OrderSuspects;
  readonly #reads = new Set<number>();
  /** Use bound to each queue, by direction and number as in a `Use`. */
  readonly #queues = new Map<number, Use>();
  readonly #boundQueues = new Uint8Array(2 * OUT);
  readonly #outstanding = new Map<number, Outstanding>();
  readonly #meetings = new Map<string, boolean>();
  #frame: Frame = new Int32Array(0);
  #core = 0;
  #isStopped = false;

  constructor(context: RaceContext, suspects: OrderSuspects) {
    this.#context = context;
    this.#suspects = suspects;
    for (const site of context.model.sites) {
      if (!suspects.isRelevant(site.index)) continue;
      for (const slot of readsWithLoops(site.loops, this.#readsOf(site))) this.#reads.add(slot);
    }
  }

  run(): void {
    const { model, steps, findings } = this.#context;
    const actions = this.#actionsOf(0, model.sites.length - 1);
    for (const core of model.groups([...this.#reads]).representatives) {
      this.#core = core;
      this.#frame = frameOf(model, core);
      setSteps(model, this.#frame, steps);
      this.#queues.clear();
      this.#boundQueues.fill(0);
      this.#outstanding.clear();
      this.#isStopped = false;
      if (!this.#walk(actions)) {
        const message = `Cannot decide the order of operations of class "${model.coreClass.name}" within the budget`;
        findings.report(CODES["CHK-900"], { entity: entryEntity(model.entry), message });
        return;
      }
      if (!this.#isStopped) this.#checkEnd();
    }
  }

  #readsOf({ index, instruction }: Site): readonly number[] {
    const { model } = this.#context;
    if (this.#suspects.memory.has(index)) {
      const offsets = viewUses(instruction).flatMap(({ view }) => model.compile(view.offset).reads);
      return [...offsets, ...countReads(model, instruction)];
    }
    return this.#suspects.decided.has(index) ? [] : countReads(model, instruction);
  }

  #actionsOf(first: number, last: number): (Action | LoopAction)[] {
    const { sites } = this.#context.model;
    const actions: (Action | LoopAction)[] = [];
    for (let index = first; index <= last; index++) {
      const loop = sites[index + 1]?.loops.find(({ first: own }) => own === index);
      if (!loop) {
        if (this.#suspects.isRelevant(index)) actions.push(this.#actionOf(sites[index]!));
        continue;
      }
      const body = this.#actionsOf(index + 1, loop.last);
      if (body.length > 0) actions.push({ kind: "loop", loop, isVarying: this.#reads.has(loop.slot), body });
      index = loop.last;
    }
    return actions;
  }

  #actionOf(site: Site): Action {
    const { model } = this.#context;
    const { instruction } = site;
    const { colors } = model.coreClass;
    const uses = colorUses(instruction).map(({ color, direction }) => useOf(direction, colors[color]!));
    const thread = "thread" in instruction ? instruction.thread : undefined;
    const hasMemory = this.#suspects.memory.has(site.index);
    return { kind: "action", site, uses, thread, hasMemory, isIdle: this.#idleTest(site) };
  }

  #idleTest({ instruction }: Site): Action["isIdle"] {
    const { model } = this.#context;
    if (instruction.op === "wait" || instruction.op === "bind") return () => false;
    const [first] = viewUses(instruction);
    if (first && isLocal(instruction)) return (frame) => doesNothing(model, instruction, first.view, frame);
    const { constant, count } = countOf(model, instruction);
    return count ? (frame) => count(frame, 0) <= 0 : () => constant <= 0;
  }

  /** False if the budget does not suffice. */
  #walk(actions: readonly (Action | LoopAction)[]): boolean {
    if (!this.#context.budget.spend(actions.length)) return false;
    for (const action of actions) {
      if (action.kind === "action") this.#execute(action);
      else {
        const count = action.loop.count.evaluate(this.#frame, 0);
        // What a body does to queues and microthreads is the same in every iteration but for the numbers that it reads.
        const iterations = action.isVarying ? count : Math.min(count, 2);
        for (let i = 0; i < iterations && !this.#isStopped; i++) {
          this.#frame[action.loop.slot] = i;
          if (!this.#walk(action.body)) return false;
        }
      }
      if (this.#isStopped) return true;
    }
    return true;
  }

  #execute(action: Action): void {
    const { site, uses, thread } = action;
    const { instruction } = site;
    if (instruction.op === "wait") {
      this.#outstanding.delete(instruction.thread);
      return;
    }
    if (instruction.op === "bind") return this.#bind(site, instruction);
    if (action.isIdle(this.#frame)) return;
    for (const use of uses) {
      if (this.#boundQueues[use] === 0) {
        return this.#report("CHK-030", site, `Cannot use colour ${useName(use)}: no queue is bound to it`);
      }
      if (this.#outstanding.size > 0) this.#checkUse(site, use);
    }
    if (this.#outstanding.size === 0 && thread === undefined) return;
    const busy = thread === undefined ? undefined : this.#outstanding.get(thread);
    if (busy) return this.#report("CHK-041", site, `Cannot issue on microthread ${thread}: ${this.#describe(busy)}`);
    const touches = action.hasMemory ? this.#touchesOf(instruction) : [];
    if (touches.length > 0) for (const other of this.#outstanding.values()) this.#checkMeeting(site, touches, other);
    if (thread !== undefined) this.#outstanding.set(thread, { site, touches, uses });
  }

  #bind(site: Site, { direction, queue, color }: Extract<Instruction, { op: "bind" }>): void {
    const use = useOf(direction, this.#context.model.coreClass.colors[color]!);
    const slot = queue * 2 + (direction === "out" ? 1 : 0);
    const old = this.#queues.get(slot);
    if (old !== undefined) {
      this.#checkUse(site, old);
      this.#boundQueues[old] = 0;
    }
    if (this.#boundQueues[use]) {
      const other = [...this.#queues].find(([at, bound]) => bound === use && at !== slot)?.[0] ?? 0;
      const message = `Cannot bind colour ${useName(use)} to queue ${queue}: queue ${other >> 1} is bound to it`;
      return this.#report("CHK-031", site, message);
    }
    this.#queues.set(slot, use);
    this.#boundQueues[use] = 1;
  }

  #checkUse(site: Site, use: Use): void {
    for (const other of this.#outstanding.values()) {
      if (!other.uses.includes(use)) continue;
      return this.#report("CHK-042", site, `Cannot use colour ${useName(use)}: ${this.#describe(other)}`);
    }
  }

  #touchesOf(instruction: Instruction): Touch[] {
    const { model } = this.#context;
    return viewUses(instruction).map(({ view, access }) => {
      return { set: inHalfWords(model, view, setOf(model, view, this.#frame)), writes: access !== "read" };
    });
  }

  #checkMeeting(site: Site, touches: readonly Touch[], other: Outstanding): void {
    for (const mine of touches) {
      for (const theirs of other.touches) {
        if ((!mine.writes && !theirs.writes) || !this.#meet(mine.set, theirs.set)) continue;
        const [verb, owned] = [mine.writes ? "write" : "read", theirs.writes ? "writes" : "reads"];
        const half = commonElement(mine.set, theirs.set)!;
        const message = `Cannot ${verb} the word at ${4 * Math.floor(half / 2)} B, which an outstanding operation ${owned}: ${this.#describe(other)}`;
        return this.#report("CHK-040", site, message);
      }
    }
  }

  #meet(a: StridedSet, b: StridedSet): boolean {
    const [left, right] = [extentOf(a), extentOf(b)];
    if (left.last < right.first || right.last < left.first) return false;
    const key = `${b.start - a.start}/${a.counts.join()}/${a.strides.join()}/${b.counts.join()}/${b.strides.join()}`;
    let meets = this.#meetings.get(key);
    if (meets === undefined) {
      meets = commonElement(a, b) !== undefined;
      if (this.#meetings.size < 100_000) this.#meetings.set(key, meets);
      this.#context.budget.spend(100);
    }
    return meets;
  }

  #checkEnd(): void {
    for (const other of this.#outstanding.values()) {
      this.#report("CHK-043", other.site, `Cannot see a wait for this operation up to the end of the code`);
    }
  }

  #describe({ site }: Outstanding): string {
    const { model } = this.#context;
    return `${site.instruction.op} at ${siteEntity(model, site)} has no wait yet`;
  }

  #report(code: OrderCode, site: Site, message: string): void {
    const { model, findings } = this.#context;
    if (this.#isStopped) return;
    if (code !== "CHK-043") this.#isStopped = true;
    const where = coreName(model.xs[this.#core]!, model.ys[this.#core]!);
    const values = site.loops.map(({ slot }) => `${nameOf(model, slot)} = ${this.#frame[slot]}`).join(", ");
    const notes = [{ message: `on ${where}${values === "" ? "" : ` with ${values}`}` }];
    const details = { entity: siteEntity(model, site), message, notes, kernel: site.instruction.kernel };
    findings.report(CODES[code], details);
  }
}

function useOf(direction: "in" | "out", color: number): Use {
  return color + (direction === "out" ? OUT : 0);
}

function useName(use: Use): string {
  return use >= OUT ? `${use - OUT} for output` : `${use} for input`;
}

/** The half words of SRAM that elements of a view's buffer lie in. */
function inHalfWords(model: ClassModel, view: View, { start, counts, strides }: StridedSet): StridedSet {
  const { address, type } = model.code.buffers[view.buffer]!;
  const origin = address / 2;
  if (is16Bit(type)) return { start: origin + start, counts, strides };
  return { start: origin + 2 * start, counts: [...counts, 2], strides: [...strides.map((stride) => 2 * stride), 1] };
}

function nameOf(model: ClassModel, slot: number): string {
  return [...model.slots].find(([, own]) => own === slot)?.[0] ?? "";
}
