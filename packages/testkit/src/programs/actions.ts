// What one core does in an event, and how the actions of many cores become instructions of their codes. Each core's actions keep
// their order; equal actions of a code's cores become one instruction, whose counts are 0 or whose loop is empty elsewhere.
import type { Rng } from "@waferc/base";
import { expr as build, is16Bit } from "@waferc/ir/program";
import type { ElementType, Expr, ForwardFn, Instruction, ReduceFn, Rule, View } from "@waferc/ir/program";
import type { CodeGroup, Stripe } from "./code-group.ts";
import { disguise, exprFor, indicatorOf } from "./core-expr.ts";
import { emitLocalStep } from "./local-steps.ts";
import { randomShape, randomView } from "./random-view.ts";
import type { Extent } from "./random-view.ts";

/** Wavelets of an action: n, plus the innermost loop's variable if `grows`, plus a step scalar. Equal at both ends. */
export interface Count {
  readonly n: number;
  readonly grows?: boolean;
  readonly step?: { readonly name: string; readonly max: number };
}

interface Transfer {
  readonly color: number;
  readonly count: Count;
  readonly type: ElementType;
  readonly thread?: number | undefined;
}

export type StreamAction =
  | ({ readonly kind: "send" } & Transfer)
  | ({ readonly kind: "recv" } & Transfer)
  | ({ readonly kind: "recv_reduce"; readonly fn: ReduceFn } & Transfer)
  | ({ readonly kind: "drop" } & Transfer)
  | ({ readonly kind: "forward"; readonly fn: ForwardFn; readonly to: number } & Transfer);

export type Action =
  | StreamAction
  /** Repeats a stream action; its view moves on by its count each time. */
  | { readonly kind: "loop"; readonly times: number; readonly body: StreamAction }
  | { readonly kind: "wait"; readonly thread: number }
  | { readonly kind: "bind"; readonly direction: "in" | "out"; readonly queue: number; readonly color: number }
  | { readonly kind: "advance"; readonly color: number }
  | { readonly kind: "close"; readonly color: number }
  | { readonly kind: "open"; readonly color: number; readonly rules: readonly Rule[] };

export type CoreActions = ReadonlyMap<number, readonly Action[]>;

export interface EmitOptions {
  /** Probability of a local step after each instruction. */
  readonly localRate: number;
  /** Probability that equal actions of different cores become one instruction. */
  readonly mergeRate: number;
  /** Probability that cores with different colours share an instruction. */
  readonly mixRate: number;
}

/** Appends the actions to the codes of their cores. */
export function emitActions(
  rng: Rng,
  groupOf: readonly (CodeGroup | undefined)[],
  actions: CoreActions,
  options: EmitOptions,
): void {
  const left = new Map([...actions].filter(([, list]) => list.length > 0).map(([core, list]) => [core, [...list]]));
  while (left.size > 0) {
    const first = rng.pick([...left.keys()]);
    const group = groupOf[first];
    if (!group) throw new Error(`core ${first} has actions but no code`);
    const cores = coresWithSameHead(rng, group, first, left, options);
    const heads = new Map(cores.map((core) => [core, left.get(core)?.shift() as Action]));
    for (const core of cores) if (left.get(core)?.length === 0) left.delete(core);
    new Emitter(rng, group, heads, options).emit();
    while (rng.chance(options.localRate)) emitLocalStep(rng, group);
  }
}

function coresWithSameHead(
  rng: Rng,
  group: CodeGroup,
  first: number,
  left: ReadonlyMap<number, readonly Action[]>,
  options: EmitOptions,
): number[] {
  const head = left.get(first)?.[0] as Action;
  if (!rng.chance(options.mergeRate)) return [first];
  const isMixed = rng.chance(options.mixRate);
  const signature = signatureOf(head, isMixed);
  return group.cores.filter((core) => {
    const other = left.get(core)?.[0];
    return other !== undefined && signatureOf(other, isMixed) === signature;
  });
}

/** What must be equal for one instruction to do for both; with `isMixed` not the colours. */
function signatureOf(action: Action, isMixed: boolean): string {
  if (action.kind === "loop") return `loop ${signatureOf(action.body, isMixed)} ${action.body.count.n}`;
  if (!("count" in action)) return JSON.stringify(isMixed ? { ...action, color: undefined } : action);
  const { grows, step } = action.count;
  const colors = isMixed ? {} : { color: action.color, to: "to" in action ? action.to : -1 };
  return JSON.stringify({
    ...action,
    to: undefined,
    count: { grows, step },
    ...colors,
    ...(isMixed ? { color: 0 } : {}),
  });
}

class Emitter {
  readonly #rng: Rng;
  readonly #group: CodeGroup;
  readonly #heads: ReadonlyMap<number, Action>;
  readonly #options: EmitOptions;
  /** Whether only the cores with the action get to the instruction. */
  #isGuarded = false;

  constructor(rng: Rng, group: CodeGroup, heads: ReadonlyMap<number, Action>, options: EmitOptions) {
    this.#rng = rng;
    this.#group = group;
    this.#heads = heads;
    this.#options = options;
  }

  emit(): void {
    const [head] = this.#heads.values();
    if (!head) return;
    const isAll = this.#heads.size === this.#group.cores.length;
    if (head.kind === "loop") return this.#emitLoop(head.body);
    const isCounted = "count" in head && !head.count.grows && !head.count.step;
    if (isAll || (isCounted && this.#rng.chance(0.6))) return this.#emitOne(head);
    this.#guard(() => this.#emitOne(head));
  }

  /** Only the cores with the action enter a loop of one iteration. */
  #guard(emitBody: () => void): void {
    const count = indicatorOf(this.#rng, this.#group, this.#heads.keys());
    this.#isGuarded = true;
    this.#group.beginLoop(0);
    emitBody();
    this.#group.endLoop(count);
  }

  #emitLoop(body: StreamAction): void {
    const times = this.#mapHeads((head) => (head.kind === "loop" ? head.times : 0));
    const count = exprFor(this.#rng, this.#group, times, "zero");
    this.#group.beginLoop(Math.max(...times.values()) - 1);
    this.#emitStream(body, body.count.n);
    this.#group.endLoop(count);
  }

  #mapHeads<T>(of: (action: Action) => T): Map<number, T> {
    return new Map([...this.#heads].map(([core, action]) => [core, of(action)]));
  }

  #colorOperand(of: (action: Action) => number): number {
    return this.#group.colorOperand(this.#mapHeads(of), this.#rng.chance(this.#options.mixRate));
  }

  #emitOne(head: Exclude<Action, { kind: "loop" }>): void {
    const group = this.#group;
    const { kernel } = group;
    const color = () => this.#colorOperand((action) => ("color" in action ? action.color : -1));
    switch (head.kind) {
      case "wait":
        group.push({ op: "wait", kernel, thread: head.thread });
        return group.release(head.thread, this.#heads.keys());
      case "bind":
        return group.push({ op: "bind", kernel, direction: head.direction, queue: head.queue, color: color() });
      case "advance":
      case "close":
        return group.push({ op: head.kind, kernel, color: color() });
      case "open":
        return group.push({ op: "open", kernel, color: color(), rules: head.rules });
      default:
        return this.#emitStream(head, 0);
    }
  }

  /** A stream instruction; `step` moves its view in each iteration of the loop around it. */
  #emitStream(head: StreamAction, step: number): void {
    const group = this.#group;
    const color = this.#colorOperand((action) => streamOf(action).color);
    const base = { kernel: group.kernel, color, ...(head.thread === undefined ? {} : { thread: head.thread }) };
    switch (head.kind) {
      case "send":
        return this.#push(head, step, "read", (src) => ({ ...base, op: "send", src }));
      case "recv":
        return this.#push(head, step, "write", (dst) => ({ ...base, op: "recv", dst }));
      case "recv_reduce":
        return this.#push(head, step, "write", (dst) => ({ ...base, op: "recv_reduce", fn: head.fn, dst }));
      case "drop":
        return group.push({ ...base, op: "drop", count: this.#countExpr(head.count) });
      case "forward": {
        const { kernel, color: from, ...thread } = base;
        const to = this.#colorOperand((action) => (action.kind === "forward" ? action.to : bodyTo(action)));
        const shared = { op: "forward", kernel, fn: head.fn, from, to, ...thread } as const;
        if (head.fn === "pass") return group.push({ ...shared, count: this.#countExpr(head.count) });
        return this.#push(head, step, head.fn === "store" ? "write" : "read", (view) => ({ ...shared, view }));
      }
      default:
        return head satisfies never;
    }
  }

  #push(head: StreamAction, step: number, access: "read" | "write", instruction: (view: View) => Instruction): void {
    const group = this.#group;
    const { view, stripe } = randomView(this.#rng, group, {
      type: head.type,
      shape: this.#shape(head.count, head.type),
      access,
      step: is16Bit(head.type) ? 2 * step : step,
    });
    group.push(instruction(view));
    if (head.thread !== undefined) this.#claim(head.thread, view.buffer, access, stripe);
  }

  #claim(thread: number, buffer: number, access: "read" | "write", stripe: Stripe | undefined): void {
    this.#group.claims.push({ thread, buffer, access, cores: new Set(this.#heads.keys()), stripe });
  }

  #counts(): Map<number, number> {
    return this.#mapHeads((action) => streamOf(action).count.n);
  }

  #countExpr(count: Count): Expr {
    const n = exprFor(this.#rng, this.#group, this.#counts(), this.#isFree() ? "free" : "zero");
    const scope = this.#outerScope();
    const grown = count.grows && scope ? build.variable(scope) : 0;
    return grown === 0 && !count.step ? n : build.add(n, grown, count.step ? build.variable(count.step.name) : 0);
  }

  /** Whether it does not matter what counts are on cores without the action. */
  #isFree(): boolean {
    const [head] = this.#heads.values();
    return this.#isGuarded || head?.kind === "loop" || this.#heads.size === this.#group.cores.length;
  }

  /** The variable of the innermost loop that is a block of events: guards do not count. */
  #outerScope(): string | undefined {
    return this.#group.loops.at(this.#isGuarded ? -2 : -1)?.variable;
  }

  /** Elements that move as the wavelets of a count: of 16-bit types twice as many, now and then one less. */
  #shape(count: Count, type: ElementType): Extent[] {
    const [scale, odd] = is16Bit(type) ? [2, this.#rng.chance(0.4) ? 1 : 0] : [1, 0];
    const rng = this.#rng;
    const group = this.#group;
    const counts = this.#counts();
    const most = Math.max(...counts.values());
    const isUniform = [...counts.values()].every((n) => n === most);
    if (count.grows || count.step || !isUniform || most < 1) {
      const scope = count.grows ? (group.loops.find(({ variable }) => variable === this.#outerScope())?.max ?? 0) : 0;
      const max = Math.max(0, most) + scope + (count.step?.max ?? 0);
      const elements = build.sub(build.mul(scale, this.#countExpr(count)), odd);
      return [{ count: elements, max: Math.max(0, scale * max - odd) }];
    }
    const isFree = this.#isFree();
    const elements = scale * most - odd;
    if (elements === 1 && isFree && rng.chance(0.4)) return [];
    const [outer = 1, ...inner] = randomShape(rng, elements);
    const outerCounts = new Map([...counts.keys()].map((core) => [core, outer]));
    const first = { count: exprFor(rng, group, outerCounts, isFree ? "free" : "zero"), max: outer };
    return [first, ...inner.map((n) => ({ count: disguise(rng, group, n), max: n }))];
  }
}

function streamOf(action: Action): StreamAction {
  if (action.kind === "loop") return action.body;
  if (!("count" in action)) throw new Error(`${action.kind} moves no stream`);
  return action;
}

function bodyTo(action: Action): number {
  return action.kind === "loop" && action.body.kind === "forward" ? action.body.to : -1;
}
