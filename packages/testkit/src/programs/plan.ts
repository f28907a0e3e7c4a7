// State of a random program while it grows, and the two things that every event does with it: open routes (`openRoute`) and run
// patterns (`runPatterns`).
//
// Legal by construction: events are in one global order, and each core's code is what it does in them, in that order. Event
// after event is then one schedule of the program. In it every event completes whatever the capacities are, because in an
// event each core either has its operations on microthreads before it waits for anything, or takes part in one tree of streams
// only. By docs/program.md section 10 every other fair schedule ends the same way.
import type { Rng } from "@waferc/base";
import type { Machine } from "@waferc/machine";
import type { Rule, Side, StepScalar } from "@waferc/ir/program";
import { emitActions } from "./actions.ts";
import type { Action, CoreActions, EmitOptions } from "./actions.ts";
import type { CodeGroup } from "./code-group.ts";
import type { Branches, FabricPlan } from "./fabric-plan.ts";
import { noFeatures } from "./features.ts";
import { chooseType } from "./pattern.ts";
import type { ColorUseAt, Pattern, StreamPlan } from "./pattern.ts";

export interface Style extends EmitOptions {
  readonly asyncRate: number;
  readonly transitRate: number;
  /** Probability that a router starts closed and is opened by its core. */
  readonly openRate: number;
  /** Probability that a transfer is longer than the queues on its way. */
  readonly longRate: number;
  /** Whether elements of 16 bits travel: engines have quicker loops for programs without. */
  readonly hasHalfStreams: boolean;
}

export interface PlanParts {
  readonly rng: Rng;
  readonly machine: Machine;
  readonly style: Style;
  readonly fabric: FabricPlan;
  readonly groups: readonly CodeGroup[];
  readonly steps: readonly StepScalar[];
}

/** A transfer whose other end comes in a later event. */
export interface Deferred {
  readonly pattern: Pattern;
  readonly depth: number;
  finish(): void;
}

export class Plan {
  readonly rng: Rng;
  readonly machine: Machine;
  readonly style: Style;
  readonly fabric: FabricPlan;
  readonly groups: readonly CodeGroup[];
  readonly groupOf: (CodeGroup | undefined)[];
  readonly steps: readonly StepScalar[];
  readonly streams: StreamPlan[] = [];
  patterns: Pattern[] = [];
  deferred: Deferred[] = [];
  /** (core, colour, direction) of deferred transfers. */
  readonly outstanding = new Set<string>();
  /** `colour/router` where a rule passes control wavelets on. */
  readonly transitRouters = new Set<string>();
  readonly busyThreads = new Map<number, Set<number>>();
  /** Blocks of events that are open, and how often what is in them runs. */
  depth = 0;
  repetitions = 1;
  /** Whether a step scalar decides how often. */
  isStepBlock = false;
  readonly features = noFeatures();

  constructor(parts: PlanParts) {
    ({
      rng: this.rng,
      machine: this.machine,
      style: this.style,
      fabric: this.fabric,
      groups: this.groups,
      steps: this.steps,
    } = parts);
    this.groupOf = Array.from({ length: this.machine.width * this.machine.height }, () => undefined);
    for (const group of this.groups) for (const core of group.cores) this.groupOf[core] = group;
  }

  /** Cores that run code. */
  get cores(): number[] {
    return this.groups.flatMap((group) => [...group.cores]);
  }

  emit(actions: CoreActions): void {
    emitActions(this.rng, this.groupOf, actions, this.style);
  }

  /** A microthread of the core that is idle; taken until `releaseThread`. */
  takeThread(core: number): number | undefined {
    const busy = this.busyThreads.get(core) ?? new Set<number>();
    const free = Array.from({ length: this.machine.core.microthreads }, (_, t) => t).filter((t) => !busy.has(t));
    if (free.length === 0) return undefined;
    const thread = this.rng.chance(0.6) ? (free[0] as number) : this.rng.pick(free);
    this.busyThreads.set(core, busy.add(thread));
    return thread;
  }

  releaseThread(core: number, thread: number): void {
    this.busyThreads.get(core)?.delete(thread);
  }

  /** Whether a new route of the colour may go through the router; closed ones need a core that opens them. */
  canUse(color: number, router: number, mayReopen: boolean): boolean {
    const state = this.fabric.stateOf(color, router);
    if (state === undefined) return true;
    return state === "closed" && mayReopen && this.depth === 0 && this.groupOf[router] !== undefined;
  }

  /** Gives the routers their rules: as initial state, or opened by their cores here. */
  openRoute(color: number, tree: Branches, rulesOf: (router: number) => readonly Rule[]): void {
    const opens = new Map<number, Action[]>();
    for (const router of tree.keys()) {
      const rules = rulesOf(router);
      const isFresh = this.fabric.stateOf(color, router) === undefined;
      const isLate = this.depth === 0 && this.groupOf[router] !== undefined && this.rng.chance(this.style.openRate);
      if (isFresh && !isLate) {
        // Any rotation of the list with the position turned back means the same.
        const position = this.rng.chance(0.3) ? this.rng.below(rules.length) : 0;
        const rotated = rules.map((_, i) => rules[(i + rules.length - position) % rules.length] as Rule);
        this.fabric.setInitial(color, router, { rules: rotated, position, closed: false });
      } else {
        if (isFresh && this.rng.chance(0.5)) {
          const old = this.rng.chance(0.3) ? rules : [];
          this.fabric.setInitial(color, router, { rules: old, position: 0, closed: true });
        }
        opens.set(router, [{ kind: "open", color, rules }]);
        if (!isFresh) this.features.epochs++;
      }
      this.fabric.setState(color, router, "live");
      this.transitRouters.delete(`${color}/${router}`);
      if (!rules.some(({ transit }) => transit)) continue;
      this.features.transit++;
      this.transitRouters.add(`${color}/${router}`);
    }
    for (const link of this.fabric.linksOf(tree)) {
      const users = this.fabric.linkColors.get(link) ?? new Set<number>();
      this.fabric.linkColors.set(link, users.add(color));
    }
    this.emit(opens);
  }

  /** Binds what the patterns use. False, and nothing changed, if a core has no queue for it. */
  #bind(patterns: readonly Pattern[]): boolean {
    return this.#bindAll(
      patterns.flatMap((pattern) => pattern.uses),
      true,
    );
  }

  /** Whether there are queues for these uses now. */
  canBind(uses: readonly ColorUseAt[]): boolean {
    return this.#bindAll(uses, false);
  }

  #bindAll(uses: readonly ColorUseAt[], isReal: boolean): boolean {
    const inputs = this.fabric.inputs.map((queues) => [...queues]);
    const outputs = this.fabric.outputs.map((queues) => [...queues]);
    const binds = new Map<number, Action[]>();
    let rebinds = 0;
    for (const { core, color, direction } of uses) {
      const queues = (direction === "in" ? inputs : outputs)[core] as number[];
      if (queues.includes(color)) continue;
      const kept = uses.filter((use) => use.core === core && use.direction === direction).map((use) => use.color);
      const queue = this.#chooseQueue(core, queues, direction, kept);
      if (queue === undefined) return false;
      if (queues[queue] !== -1) rebinds++;
      queues[queue] = color;
      binds.set(core, [...(binds.get(core) ?? []), { kind: "bind", direction, queue, color }]);
    }
    if (!isReal) return true;
    inputs.forEach((queues, core) => this.fabric.inputs[core]?.splice(0, queues.length, ...queues));
    outputs.forEach((queues, core) => this.fabric.outputs[core]?.splice(0, queues.length, ...queues));
    this.features.rebinds += rebinds;
    if (this.depth === 0) this.emit(binds);
    else this.#emitAtTop(binds);
    return true;
  }

  /** In a loop only queues that nothing was bound to: they are bound before it. */
  #chooseQueue(
    core: number,
    queues: readonly number[],
    direction: "in" | "out",
    kept: readonly number[],
  ): number | undefined {
    const all = [...queues.keys()];
    const fresh = all.filter((queue) => queues[queue] === -1);
    const old = all.filter((queue) => {
      const color = queues[queue] ?? -1;
      if (this.depth > 0 || color < 0 || kept.includes(color)) return false;
      if (this.outstanding.has(`${core}/${color}/${direction}`)) return false;
      return direction === "out" || this.fabric.stateOf(color, core) === "closed";
    });
    const choices = fresh.length === 0 || (old.length > 0 && this.rng.chance(0.5)) ? old : fresh;
    return choices.length === 0 ? undefined : this.rng.pick(choices);
  }

  #emitAtTop(binds: CoreActions): void {
    for (const group of this.groups) {
      const mine = new Map([...binds].filter(([core]) => this.groupOf[core] === group));
      group.atTop(() => emitActions(this.rng, this.groupOf, mine, { ...this.style, localRate: 0 }));
    }
  }

  isUsable(pattern: Pattern): boolean {
    if (pattern.routes.some((route) => route.isDead || route.isBusy)) return false;
    return !(this.isStepBlock && pattern.streams.length > 0) && !(this.depth > 0 && pattern.isOneShot);
  }

  /** Binds what a pattern uses, for an event that emits its actions itself. */
  bindFor(pattern: Pattern): boolean {
    return this.#bind([pattern]);
  }

  /** Runs patterns with different cores as one event. False, and nothing emitted, if queues are lacking. */
  runPatterns(patterns: readonly Pattern[]): boolean {
    if (!this.#bind(patterns)) return false;
    const actions = new Map<number, Action[]>();
    const sharers = new Map<number, Set<number>>();
    for (const pattern of patterns) {
      const taken = new Map<number, number[]>();
      const built = pattern.build({
        rng: this.rng,
        plan: this,
        takeThread: (core) => {
          const thread = this.rng.chance(this.style.asyncRate) ? this.takeThread(core) : undefined;
          if (thread !== undefined) taken.set(core, [...(taken.get(core) ?? []), thread]);
          return thread;
        },
      });
      for (const [core, list] of built) actions.set(core, [...(actions.get(core) ?? []), ...list]);
      for (const [core, threads] of taken) for (const thread of threads) this.releaseThread(core, thread);
      this.features.async += taken.size;
      for (const route of pattern.routes) {
        for (const link of route.links) sharers.set(link, (sharers.get(link) ?? new Set()).add(route.color));
      }
      if (pattern.isOneShot) this.patterns = this.patterns.filter((other) => other !== pattern);
    }
    this.features.sharedLinks += [...sharers.values()].filter((colors) => colors.size > 1).length;
    this.emit(actions);
    return true;
  }
}

/** What a stream at a host port is made of before its length is known. */
export function newStream(plan: Plan, direction: "in" | "out", color: number, router: number, side: Side): StreamPlan {
  const name = `${direction}${plan.streams.length}`;
  const [type, isOdd] = [chooseType(plan), plan.rng.chance(0.5)];
  const stream = { name, direction, color, router, side, type, isOdd, wavelets: 0 };
  plan.streams.push(stream);
  plan.features.hostStreams++;
  return stream;
}
