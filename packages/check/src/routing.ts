/**
 * What the machine has, and where rules of routers lead (docs/program.md sections 5 and 6):
 *
 *   CHK-001  the program's grid is the machine's
 *   CHK-002  colours are the machine's
 *   CHK-004  queues that are bound exist
 *   CHK-005  microthreads that are used exist
 *   CHK-006  dead cores run no code
 *   CHK-007  rules do not lead over dead links
 *   CHK-008  rules do not lead off the grid, except to an `out` stream of the colour
 *   CHK-009  host streams are at ports that the machine has
 *   CHK-010  a colour has one list of rules at a router, and so one source port at a time
 *   CHK-013  cores that the machine reserves run no code
 *
 * Lists of several rules: switches.ts. Whether wavelets follow the rules is not asked here: flows.ts does. Gap: a rule that no wavelet ever follows is judged as well.
 */
import { enumerateCores } from "@waferc/ir/program";
import type { Entry, Instruction, Program, Rule } from "@waferc/ir/program";
import {
  coreIndex,
  hasHostPort,
  isDeadCore,
  isDeadLink,
  isOnGrid,
  isReservedCore,
  neighborOf,
  usableRect,
} from "@waferc/machine";
import type { Coord, Machine } from "@waferc/machine";
import type { ClassModel, Site } from "./class-model.ts";
import { CODES } from "./codes.ts";
import { coreName, routeEntity, streamEntity } from "./findings.ts";
import type { Budget, Findings } from "./findings.ts";
import { executedOn } from "./prove.ts";
import { siteEntity } from "./report-claim.ts";
import { hostKey } from "./route-table.ts";
import { checkSwitches } from "./switches.ts";

/** False if nothing else can be judged. */
export function checkGrid(program: Program, machine: Machine, findings: Findings): boolean {
  const { width, height } = program.machine;
  if (width === machine.width && height === machine.height) return true;
  const message = `Cannot run a program for ${width}x${height} cores on ${machine.name}, which has ${machine.width}x${machine.height}`;
  findings.report(CODES["CHK-001"], { entity: "program", message });
  return false;
}

export function checkRouting(
  entry: Entry,
  models: readonly ClassModel[],
  machine: Machine,
  { findings, budget }: { readonly findings: Findings; readonly budget: Budget },
): void {
  const rules = new RoutingRules(entry, machine, findings, budget);
  rules.checkRoutes();
  rules.checkStreams();
  for (const model of models) rules.checkClass(model);
}

class RoutingRules {
  readonly #entry: Entry;
  readonly #machine: Machine;
  readonly #findings: Findings;
  readonly #budget: Budget;
  readonly #outPorts = new Set<number>();

  constructor(entry: Entry, machine: Machine, findings: Findings, budget: Budget) {
    this.#budget = budget;
    this.#entry = entry;
    this.#machine = machine;
    this.#findings = findings;
    for (const { direction, color, port } of entry.streams) {
      if (direction === "out") this.#outPorts.add(hostKey(machine, color, port.x, port.y, port.side));
    }
  }

  checkRoutes(): void {
    const owners = new Map<number, Int32Array>();
    for (const [index, { color, cores, rules }] of this.#entry.routes.entries()) {
      const entity = routeEntity(this.#entry, index);
      this.#checkColor(color, entity);
      checkSwitches(rules, color, { machine: this.#machine, findings: this.#findings, entity });
      let owner = owners.get(color);
      if (!owner) owners.set(color, (owner = new Int32Array(this.#machine.width * this.#machine.height)));
      for (const core of enumerateCores(cores)) {
        if (!isOnGrid(this.#machine, core.x, core.y)) continue;
        const place = coreIndex(this.#machine, core.x, core.y);
        const other = owner[place]!;
        owner[place] = index + 1;
        if (other === 0) continue;
        const message = `Cannot give colour ${color} rules at router (${core.x},${core.y}): route ${other - 1} gives it some`;
        this.#findings.report(CODES["CHK-010"], { entity, message });
      }
      this.#checkRules(rules, color, [...enumerateCores(cores)], entity);
    }
  }

  checkStreams(): void {
    for (const { name, color, port } of this.#entry.streams) {
      const entity = streamEntity(this.#entry, name);
      this.#checkColor(color, entity);
      if (hasHostPort(this.#machine, port.x, port.y, port.side)) continue;
      const sides = this.#machine.hostSides.join(" and ");
      const message = `Cannot reach the host at ${port.side}(${port.x},${port.y}): ${this.#machine.name} has ports at edge routers on ${sides}`;
      this.#findings.report(CODES["CHK-009"], { entity, message });
    }
  }

  checkClass(model: ClassModel): void {
    for (const color of model.coreClass.colors) this.#checkColor(color, model.entity);
    if (this.#machine.defects.cores.length > 0) {
      for (const [i, x] of model.xs.entries()) {
        if (!isDeadCore(this.#machine, x, model.ys[i]!)) continue;
        const message = `Cannot run code on ${coreName(x, model.ys[i]!)}: it is dead`;
        this.#findings.report(CODES["CHK-006"], { entity: model.entity, message });
      }
    }
    this.#checkReserved(model);
    for (const site of model.sites) this.#checkSite(model, site);
  }

  #checkSite(model: ClassModel, site: Site): void {
    const { instruction } = site;
    const entity = siteEntity(model, site);
    const thread = threadOf(instruction);
    const { core } = this.#machine;
    if (thread !== undefined && thread >= core.microthreads) {
      const message = `Cannot use microthread ${thread}: a core has ${core.microthreads}`;
      this.#findings.report(CODES["CHK-005"], { entity, message, kernel: instruction.kernel });
    }
    if (instruction.op === "bind") {
      const queues = instruction.direction === "in" ? core.inputQueues : core.outputQueues;
      if (instruction.queue >= queues) {
        const message = `Cannot bind ${instruction.direction}put queue ${instruction.queue}: a core has ${queues}`;
        this.#findings.report(CODES["CHK-004"], { entity, message, kernel: instruction.kernel });
      }
    }
    if (instruction.op !== "open") return;
    const color = model.coreClass.colors[instruction.color]!;
    const executed = executedOn(model, site, this.#budget);
    const cores = [...model.xs].map((x, i) => ({ x, y: model.ys[i]! })).filter((_, i) => executed[i]);
    if (cores.length === 0) return;
    checkSwitches(instruction.rules, color, { machine: this.#machine, findings: this.#findings, entity });
    this.#checkRules(instruction.rules, color, cores, entity);
  }

  #checkColor(color: number, entity: string): void {
    const { colors } = this.#machine.fabric;
    if (color < colors) return;
    const message = `Cannot use colour ${color}: ${this.#machine.name} has ${colors}`;
    this.#findings.report(CODES["CHK-002"], { entity, message });
  }

  #checkReserved(model: ClassModel): void {
    let [count, first] = [0, ""];
    for (const [i, x] of model.xs.entries()) {
      if (!isReservedCore(this.#machine, x, model.ys[i]!)) continue;
      if (count++ === 0) first = coreName(x, model.ys[i]!);
    }
    if (count === 0) return;
    const { x, y, w, h } = usableRect(this.#machine);
    const message = `Cannot run code on ${count} cores, ${first} the first: programs have (${x},${y})+${w}x${h}, the rest is reserved`;
    this.#findings.report(CODES["CHK-013"], { entity: model.entity, message });
  }

  #checkRules(rules: readonly Rule[], color: number, cores: readonly Coord[], entity: string): void {
    const targets = new Set(rules.flatMap(({ to }) => to.filter((port) => port !== "ramp")));
    for (const port of targets) {
      for (const core of cores) {
        if (isOnGrid(this.#machine, core.x, core.y)) this.#checkTarget(color, core, port, entity);
      }
    }
  }

  #checkTarget(color: number, { x, y }: Coord, port: Exclude<Rule["from"], "ramp">, entity: string): void {
    const isDead = this.#machine.defects.links.length > 0 && isDeadLink(this.#machine, x, y, port);
    if (isDead) {
      const message = `Cannot route colour ${color} ${port} from router (${x},${y}): the link is dead`;
      this.#findings.report(CODES["CHK-007"], { entity, message });
    }
    if (neighborOf(this.#machine, x, y, port) !== undefined) return;
    if (this.#outPorts.has(hostKey(this.#machine, color, x, y, port))) return;
    const message = `Cannot route colour ${color} ${port} from router (${x},${y}): it leaves the grid where no stream takes it`;
    this.#findings.report(CODES["CHK-008"], { entity, message });
  }
}

function threadOf(instruction: Instruction): number | undefined {
  return "thread" in instruction ? instruction.thread : undefined;
}
