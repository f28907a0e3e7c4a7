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
import { colorUses, viewUses } from "@waferc/ir/program";
import type { Instruction, View } from "@waferc/ir/program";
import type { ClassModel, Site } from "./class-model.ts";
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
import { countOf, isFabricOrControl } from "./token-code.ts";
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

/** Memory that an operation or instruction touches, by word of SRAM. */
interface Touch {
  readonly set: StridedSet;
  readonly writes: boolean;
}

interface Outstanding {
  readonly site: Site;
  readonly touches: readonly Touch[];
  readonly colors: readonly string[];
}

/** Walks the instructions of a class that matter, in program order. */
class OrderWalk {
  readonly #context: RaceContext;
  readonly #suspects: OrderSuspects;
  readonly #slice: readonly Site[];
  readonly #reads: ReadonlySet<number>;
  readonly #queues = new Map<string, number>();
  readonly #outstanding = new Map<number, Outstanding>();
  readonly #meetings = new Map<string, boolean>();
  #frame: Frame = new Int32Array(0);
  #core = 0;
  #isStopped = false;

  constructor(context: RaceContext, suspects: OrderSuspects) {
    const { model } = context;
    this.#context = context;
    this.#suspects = suspects;
    const isInSlice = ({ index, instruction }: Site): boolean =>
      suspects.sites.has(index) || (isFabricOrControl(instruction) && instruction.op !== "open");
    this.#slice = model.sites.filter(isInSlice);
    const reads = new Set<number>();
    for (const site of this.#slice) {
      for (const slot of readsWithLoops(site.loops, this.#readsOf(site))) reads.add(slot);
    }
    this.#reads = reads;
  }

  run(): void {
    const { model, steps, budget, findings } = this.#context;
    for (const core of model.groups([...this.#reads]).representatives) {
      this.#core = core;
      this.#frame = frameOf(model, core);
      setSteps(model, this.#frame, steps);
      this.#queues.clear();
      this.#outstanding.clear();
      this.#isStopped = false;
      if (!this.#walk(0, model.sites.length - 1)) {
        const message = `Cannot decide the order of operations of class "${model.coreClass.name}" within the budget`;
        findings.report(CODES["CHK-900"], { entity: entryEntity(model.entry), message });
        return;
      }
      if (!this.#isStopped) this.#checkEnd();
      if (!budget.spend(1)) return;
    }
  }

  #readsOf({ index, instruction }: Site): readonly number[] {
    const { model } = this.#context;
    const isDecided = this.#suspects.decided.has(index);
    const counts = isDecided ? [] : countReads(model, instruction);
    if (!this.#suspects.memory.has(index)) return counts;
    return [
      ...counts,
      ...viewUses(instruction).flatMap(({ view }) => model.compile(view.offset).reads),
      ...countReads(model, instruction),
    ];
  }

  /** Executes sites first .. last, of which the slice holds those that matter. False if the budget does not suffice. */
  #walk(first: number, last: number): boolean {
    const { model, budget } = this.#context;
    for (let index = first; index <= last && !this.#isStopped; index++) {
      const site = model.sites[index]!;
      if (!budget.spend(1)) return false;
      if (site.instruction.op !== "repeat") {
        if (this.#suspects.isRelevant(index)) this.#execute(site);
        continue;
      }
      const body = model.sites[index + 1];
      const loop = body?.loops.find(({ first: own }) => own === index);
      if (!loop || loop.last === index) continue;
      if (this.#suspects.hasRelevant(index, loop.last)) {
        const count = loop.count.evaluate(this.#frame, 0);
        // What a body does to queues and microthreads is the same in every iteration but for the numbers that it reads.
        const iterations = this.#reads.has(loop.slot) ? count : Math.min(count, 2);
        for (let i = 0; i < iterations && !this.#isStopped; i++) {
          this.#frame[loop.slot] = i;
          if (!this.#walk(index + 1, loop.last)) return false;
        }
      }
      index = loop.last;
    }
    return true;
  }

  #execute(site: Site): void {
    const { model } = this.#context;
    const { instruction } = site;
    if (instruction.op === "wait") {
      this.#outstanding.delete(instruction.thread);
      return;
    }
    if (instruction.op === "bind") return this.#bind(site, instruction);
    const uses = viewUses(instruction);
    if (uses.length > 0 && doesNothing(model, instruction, uses[0]!.view, this.#frame)) return;
    const { constant, count } = countOf(model, instruction);
    const colors = colorUses(instruction);
    if (colors.length > 0 && uses.length === 0 && (count ? count(this.#frame, 0) : constant) <= 0) return;
    const names: string[] = [];
    for (const { color, direction } of colors) {
      const name = `${direction} ${model.coreClass.colors[color]}`;
      names.push(name);
      if (
        ![...this.#queues].some(
          ([queue, bound]) => queue.startsWith(direction) && bound === model.coreClass.colors[color],
        )
      ) {
        return this.#report(
          "CHK-030",
          site,
          `Cannot use colour ${name.split(" ")[1]} for ${direction}put: no queue is bound to it`,
        );
      }
      this.#checkColor(site, name);
    }
    const thread = "thread" in instruction ? instruction.thread : undefined;
    const busy = thread === undefined ? undefined : this.#outstanding.get(thread);
    if (busy) return this.#report("CHK-041", site, `Cannot issue on microthread ${thread}: ${this.#describe(busy)}`);
    const touches = this.#suspects.memory.has(site.index) ? this.#touchesOf(instruction) : [];
    for (const other of this.#outstanding.values()) this.#checkMeeting(site, touches, other);
    if (thread !== undefined) this.#outstanding.set(thread, { site, touches, colors: names });
  }

  #bind(site: Site, instruction: Extract<Instruction, { op: "bind" }>): void {
    const { direction, queue, color } = instruction;
    const actual = this.#context.model.coreClass.colors[color]!;
    const slot = `${direction} ${queue}`;
    const old = this.#queues.get(slot);
    if (old !== undefined) this.#checkColor(site, `${direction} ${old}`);
    for (const [other, bound] of this.#queues) {
      if (bound !== actual || other === slot || !other.startsWith(direction)) continue;
      const message = `Cannot bind colour ${actual} to ${direction}put queue ${queue}: queue ${other.split(" ")[1]} is bound to it`;
      return this.#report("CHK-031", site, message);
    }
    this.#queues.set(slot, actual);
  }

  #checkColor(site: Site, name: string): void {
    for (const other of this.#outstanding.values()) {
      if (!other.colors.includes(name)) continue;
      const [direction, color] = name.split(" ");
      this.#report("CHK-042", site, `Cannot use colour ${color} for ${direction}put: ${this.#describe(other)}`);
      return;
    }
  }

  #touchesOf(instruction: Instruction): Touch[] {
    const { model } = this.#context;
    return viewUses(instruction).map(({ view, access }) => {
      const set = setOf(model, view, this.#frame);
      return { set: { ...set, start: set.start + wordOf(model, view) }, writes: access !== "read" };
    });
  }

  #checkMeeting(site: Site, touches: readonly Touch[], other: Outstanding): void {
    for (const mine of touches) {
      for (const theirs of other.touches) {
        if ((!mine.writes && !theirs.writes) || !this.#meet(mine.set, theirs.set)) continue;
        const [verb, owned] = [mine.writes ? "write" : "read", theirs.writes ? "writes" : "reads"];
        const word = commonElement(mine.set, theirs.set)!;
        const message = `Cannot ${verb} the word at ${4 * word} B, which an outstanding operation ${owned}: ${this.#describe(other)}`;
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

  #report(
    code: "CHK-030" | "CHK-031" | "CHK-040" | "CHK-041" | "CHK-042" | "CHK-043",
    site: Site,
    message: string,
  ): void {
    const { model, findings } = this.#context;
    if (code !== "CHK-043") this.#isStopped = true;
    const where = coreName(model.xs[this.#core]!, model.ys[this.#core]!);
    const values = site.loops.map(({ slot }) => `${nameOf(model, slot)} = ${this.#frame[slot]}`).join(", ");
    const notes = [{ message: `on ${where}${values === "" ? "" : ` with ${values}`}` }];
    const details = { entity: siteEntity(model, site), message, notes, kernel: site.instruction.kernel };
    findings.report(CODES[code], details);
  }
}

/** First word of a view's buffer. */
export function wordOf(model: ClassModel, view: View): number {
  return model.code.buffers[view.buffer]!.address / 4;
}

function nameOf(model: ClassModel, slot: number): string {
  return [...model.slots].find(([, own]) => own === slot)?.[0] ?? "";
}
