/**
 * Why a token run ended where it did. Every actor that cannot go on waits for exactly one other (or for nobody), so following "waits
 * for" from each of them ends in a circle, which is a deadlock, or at somebody who waits in vain, which is the cause.
 */
import type { DiagnosticCode, DiagnosticNote } from "@waferc/base";
import { coreSetContains, streamWavelets } from "@waferc/ir/program";
import { coordOfIndex } from "@waferc/machine";
import { CODES } from "./codes.ts";
import { coreName, entryEntity, routeEntity, streamEntity } from "./findings.ts";
import type { Findings } from "./findings.ts";
import { siteEntity } from "./report-claim.ts";
import { PORTS } from "./route-table.ts";
import { OP } from "./token-code.ts";
import { CORE_INPUT, ENDLESS } from "./token-network.ts";
import type { Channel, End } from "./token-network.ts";
import type { TokenRun } from "./token-run.ts";

const MAX_CAUSES = 8;
const MAX_STEPS_SHOWN = 24;

/** What a blocked actor waits for: another actor, or nothing that will ever happen. */
interface Wait {
  readonly text: string;
  readonly next: number | undefined;
  /** Why nobody ends the wait. */
  readonly vain?: "missing" | "surplus" | "closed" | "bind";
}

export function reportTokenRun(run: TokenRun, findings: Findings): void {
  new TokenReport(run, findings).report();
}

class TokenReport {
  readonly #run: TokenRun;
  readonly #findings: Findings;

  constructor(run: TokenRun, findings: Findings) {
    this.#run = run;
    this.#findings = findings;
  }

  report(): void {
    if (this.#run.circling >= 0) return this.#reportCircle();
    const blocked = this.#blockedActors();
    if (blocked.length > 0) this.#reportBlocked(blocked);
    else this.#reportLeftovers();
  }

  #reportCircle(): void {
    const color = this.#run.circling;
    const { entry } = this.#run.classes[0]!.model;
    const index = entry.routes.findIndex((route) => route.color === color);
    const message = `Cannot route colour ${color}: its wavelets go round in a circle`;
    this.#findings.report(CODES["DLK-007"], { entity: routeEntity(entry, index), message });
  }

  /** Threads that have not ended and streams that are not done. */
  #blockedActors(): number[] {
    const { coreCount, threads, kind, streamLeft, firstStream } = this.#run;
    const blocked: number[] = [];
    for (let core = 0; core < coreCount; core++) {
      if (this.#run.stepAt(core).op !== OP.end) blocked.push(core * threads);
      for (let t = 1; t < threads; t++) if (kind[core * threads + t] !== 0) blocked.push(core * threads + t);
    }
    for (const [stream, left] of streamLeft.entries()) if (left > 0) blocked.push(firstStream + stream);
    return blocked;
  }

  #reportBlocked(blocked: readonly number[]): void {
    const visited = new Set<number>();
    let causes = 0;
    for (const start of blocked) {
      const path: number[] = [];
      const onPath = new Map<number, number>();
      let actor: number | undefined = start;
      let wait: Wait | undefined;
      while (actor !== undefined && !visited.has(actor)) {
        visited.add(actor);
        onPath.set(actor, path.length);
        path.push(actor);
        wait = this.#waitOf(actor);
        actor = wait.next;
      }
      const circleStart: number | undefined = actor === undefined ? undefined : onPath.get(actor);
      // A chain that joins an earlier one has its cause.
      if (actor !== undefined && circleStart === undefined) continue;
      if (++causes > MAX_CAUSES) return;
      if (circleStart !== undefined) this.#reportDeadlock(path.slice(circleStart), blocked.length);
      else if (wait) this.#reportVain(path, wait, blocked.length);
    }
  }

  #reportDeadlock(circle: readonly number[], blocked: number): void {
    const thread = circle.find((actor) => actor < this.#run.firstNode) ?? circle[0]!;
    const from = circle.indexOf(thread);
    const order = [...circle.slice(from), ...circle.slice(0, from)];
    const notes: DiagnosticNote[] = order
      .slice(0, MAX_STEPS_SHOWN)
      .map((actor) => ({ message: `${this.#nameOf(actor)} ${this.#waitOf(actor).text}` }));
    if (order.length > MAX_STEPS_SHOWN) notes.push({ message: `.. ${order.length - MAX_STEPS_SHOWN} more ..` });
    notes.push({ message: `${blocked} threads and streams are blocked in all` });
    const message = `Cannot end: ${this.#nameOf(order[0]!)} and ${order.length - 1} more wait for each other in a circle`;
    this.#findings.report(CODES["DLK-001"], { ...this.#placeOf(order[0]!), message, notes });
  }

  #reportVain(path: readonly number[], wait: Wait, blocked: number): void {
    // The cause is with the last thread or stream on the way; routers only pass it on.
    const at = path.findLast((actor) => actor < this.#run.firstNode || actor >= this.#run.firstStream);
    const subject = at ?? path.at(-1)!;
    const own = this.#waitOf(subject);
    const isControl = subject < this.#run.firstNode && this.#run.kind[subject] === 0;
    const step = isControl ? this.#run.stepAt(Math.floor(subject / this.#run.threads)).op : -1;
    const code = this.#codeOf(step, wait.vain ?? "missing", subject);
    const last = path.at(-1)!;
    const notes: DiagnosticNote[] = [];
    if (last !== subject) notes.push({ message: `${this.#nameOf(last)} ${wait.text}` });
    notes.push({ message: `${blocked} threads and streams are blocked in all` });
    const message = `Cannot end: ${this.#nameOf(subject)} ${own.text}`;
    this.#findings.report(code, { ...this.#placeOf(subject), message, notes });
  }

  #codeOf(step: number, vain: NonNullable<Wait["vain"]>, subject: number): DiagnosticCode {
    if (step === OP.open) return CODES["DLK-005"];
    if (step === OP.bindIn || step === OP.bindOut) return CODES["DLK-006"];
    if (vain === "closed") return CODES["DLK-005"];
    if (subject >= this.#run.firstStream) return CODES["DLK-004"];
    return vain === "missing" ? CODES["DLK-003"] : CODES["DLK-002"];
  }

  // Who waits for what

  #waitOf(actor: number): Wait {
    const { firstNode, firstStream, threads, kind, inChannel, outChannel, fill, network } = this.#run;
    if (actor >= firstStream) return this.#waitForRoom(network.streams[actor - firstStream]!);
    if (actor >= firstNode) return this.#waitOfNode(actor - firstNode);
    if (kind[actor] !== 0) {
      const input = inChannel[actor]!;
      if (kind[actor] !== 1 && fill[input] === 0) return this.#waitForWavelets(input);
      return this.#waitForRoom(outChannel[actor]!);
    }
    return this.#waitOfMain(Math.floor(actor / threads), actor);
  }

  #waitOfMain(core: number, actor: number): Wait {
    const { network, routerOf, classes, classOf, boundIn, boundOut } = this.#run;
    const step = this.#run.stepAt(core);
    const router = routerOf[core]!;
    const { colors } = classes[classOf[core]!]!.model.coreClass;
    switch (step.op) {
      case OP.control:
        return this.#waitForRoom(network.coreOutput(colors[step.outColor]!, router));
      case OP.bindIn: {
        const queues = boundIn.length / this.#run.coreCount;
        const old = boundIn[core * queues + step.value]!;
        const text = `waits to bind input queue ${step.value} anew`;
        if (this.#run.isColorClosed(old, router))
          return { text: `${text}, but wavelets of colour ${old} are left in it`, next: undefined, vain: "bind" };
        const node = network.nodeAt(old, router);
        if (node >= 0)
          return { text: `${text} until colour ${old} is closed at its router`, next: this.#run.firstNode + node };
        return { text: `${text}, but nothing ever closes colour ${old} at its router`, next: undefined, vain: "bind" };
      }
      case OP.bindOut: {
        const queues = boundOut.length / this.#run.coreCount;
        const old = boundOut[core * queues + step.value]!;
        const wait = this.#waitForRoom(network.coreOutput(old, router));
        return { ...wait, text: `waits to bind output queue ${step.value} anew until colour ${old} has left it` };
      }
      case OP.open: {
        const color = colors[step.inColor]!;
        const text = `waits to open colour ${color}, which is not closed`;
        return { text, next: this.#run.firstNode + network.nodeAt(color, router) };
      }
      default:
        return { text: `waits for microthread ${step.thread}`, next: actor + step.thread + 1 };
    }
  }

  #waitOfNode(node: number): Wait {
    const { network, fill, capacity, firstNode, coreAt, threads } = this.#run;
    const { color, router, inputs, outputs } = network.nodes[node]!;
    const isClosed = this.#run.isClosed[node] === 1;
    const rule = this.#run.ruleOf(node);
    if (!rule) {
      const core = coreAt[router]!;
      const text = isClosed ? "is closed" : "has no rule";
      if (core >= 0 && this.#run.stepAt(core).op !== OP.end)
        return { text: `${text} until its core opens it`, next: core * threads };
      return { text: `${text} and is not opened again`, next: undefined, vain: "closed" };
    }
    const input = inputs[rule.from]!;
    if (fill[input] === 0) return this.#waitForWavelets(input, `, which its rule takes from ${PORTS[rule.from]!},`);
    for (let port = 0; port < 5; port++) {
      if ((rule.to >> port) & 1 && fill[outputs[port]!]! >= capacity[outputs[port]!]!)
        return this.#waitForRoom(outputs[port]!);
    }
    return { text: `moves colour ${color}`, next: firstNode + node };
  }

  #waitForWavelets(channel: number, rule = ""): Wait {
    const { color, writer } = this.#run.network.channels[channel]!;
    const text = `waits for wavelets of colour ${color}${rule}`;
    return this.#follow(text, writer, channel, this.#run.outChannel, "missing");
  }

  #waitForRoom(channel: number): Wait {
    const { color, reader } = this.#run.network.channels[channel]!;
    const text = `waits for room for wavelets of colour ${color}`;
    return this.#follow(text, reader, channel, this.#run.inChannel, "surplus");
  }

  #follow(text: string, end: End, channel: number, using: Int32Array, vain: "missing" | "surplus"): Wait {
    const { coreAt, threads, kind, firstNode, firstStream, streamLeft } = this.#run;
    switch (end.kind) {
      case "core": {
        const core = coreAt[end.router]!;
        const place = this.#coreAtRouter(end.router);
        const who = vain === "missing" ? `from ${place}` : `at ${place}`;
        const what = vain === "missing" ? "which sends no more of them" : "which takes no more of them";
        if (core < 0) return { text: `${text} ${who}, which runs no code`, next: undefined, vain };
        const idle = vain === "missing" ? 2 : 1;
        for (let t = core * threads; t < (core + 1) * threads; t++) {
          if (kind[t] !== 0 && kind[t] !== idle && using[t] === channel) return { text: `${text} ${who}`, next: t };
        }
        if (this.#run.stepAt(core).op !== OP.end) return { text: `${text} ${who}`, next: core * threads };
        return { text: `${text} ${who}, ${what}`, next: undefined, vain };
      }
      case "node":
        return { text, next: firstNode + end.node };
      case "stream":
        if (vain === "missing" && streamLeft[end.stream] === 0)
          return { text: `${text}: the host stream has no more`, next: undefined, vain };
        return { text, next: firstStream + end.stream };
      case "nothing": {
        const { x, y } = coordOfIndex(this.#run.network.routes.grid, end.router);
        const reason =
          vain === "missing" ? "which nothing leads to" : `which takes none from ${PORTS[end.port] ?? "the core"}`;
        return { text: `${text} at router (${x},${y}), ${reason}`, next: undefined, vain };
      }
      default:
        return end satisfies never;
    }
  }

  // What is left when all have ended

  #reportLeftovers(): void {
    const { network, fill } = this.#run;
    const reported = new Set<number>();
    for (const [index, channel] of network.channels.entries()) {
      const count = fill[index]!;
      if (count === 0 || channel.capacity === ENDLESS || reported.has(channel.color)) continue;
      reported.add(channel.color);
      this.#reportLeftover(channel, count);
    }
    this.#reportStreams();
  }

  #reportLeftover(channel: Channel, count: number): void {
    const { reader, color } = channel;
    const place = this.#channelPlace(channel);
    const isClosed = reader.kind === "node" && this.#run.isClosed[reader.node] === 1;
    const code = isClosed ? CODES["DLK-005"] : CODES["DLK-002"];
    const why = isClosed ? "its router is closed and not opened again" : "nobody takes them";
    const message = `Cannot end with ${count} wavelets of colour ${color} left in ${place}: ${why}`;
    this.#findings.report(code, { entity: this.#originOf(channel), message });
  }

  #reportStreams(): void {
    const { network, fill, classes } = this.#run;
    const streams = classes[0]?.model.entry.streams ?? [];
    for (const [index, stream] of streams.entries()) {
      const { name, direction } = stream;
      const wavelets = streamWavelets(stream);
      const moved = direction === "out" ? fill[network.streams[index]!]! : wavelets - this.#run.streamLeft[index]!;
      if (moved === wavelets) continue;
      const { entry } = classes[0]!.model;
      const message = `Cannot complete stream "${name}": it has ${wavelets} wavelets, ${moved} ${direction === "out" ? "come out" : "go in"}`;
      this.#findings.report(CODES["DLK-004"], { entity: streamEntity(entry, name), message });
    }
  }

  // Names and places

  #nameOf(actor: number): string {
    const { firstNode, firstStream, threads, network, classes } = this.#run;
    if (actor >= firstStream) return `stream "${classes[0]?.model.entry.streams[actor - firstStream]?.name}"`;
    if (actor >= firstNode) {
      const { color, router } = network.nodes[actor - firstNode]!;
      const { x, y } = coordOfIndex(network.routes.grid, router);
      return `colour ${color} at router (${x},${y})`;
    }
    const core = Math.floor(actor / threads);
    const thread = actor % threads;
    const { instruction, site } = this.#stepOf(actor);
    const { model } = classes[this.#run.classOf[core]!]!;
    const what = instruction ? `, ${instruction.op} at ${siteEntity(model, model.sites[site]!)}` : "";
    const microthread = thread === 0 ? "" : ` microthread ${thread - 1}`;
    return `${this.#coreAtRouter(this.#run.routerOf[core]!)}${microthread}${what},`;
  }

  #placeOf(actor: number): { entity: string; kernel?: number } {
    const { firstNode, firstStream, classes, threads, classOf, network } = this.#run;
    const { entry } = classes[0]!.model;
    if (actor >= firstStream) return { entity: streamEntity(entry, entry.streams[actor - firstStream]!.name) };
    if (actor >= firstNode) {
      const { color, router } = network.nodes[actor - firstNode]!;
      return { entity: this.#routeAt(color, router) };
    }
    const { model } = classes[classOf[Math.floor(actor / threads)]!]!;
    const { site, instruction } = this.#stepOf(actor);
    return { entity: siteEntity(model, model.sites[site]!), ...(instruction ? { kernel: instruction.kernel } : {}) };
  }

  /** The step that a thread is at. */
  #stepOf(actor: number): ReturnType<TokenRun["stepAt"]> {
    const { threads, classes, classOf, kind, stepOf } = this.#run;
    const core = Math.floor(actor / threads);
    if (kind[actor] === 0) return this.#run.stepAt(core);
    return classes[classOf[core]!]!.code.steps[stepOf[actor]!]!;
  }

  #coreAtRouter(router: number): string {
    const { x, y } = coordOfIndex(this.#run.network.routes.grid, router);
    return coreName(x, y);
  }

  #channelPlace({ router, port }: Channel): string {
    const { x, y } = coordOfIndex(this.#run.network.routes.grid, router);
    if (port === CORE_INPUT) return `the input queue of ${coreName(x, y)}`;
    return `the queues behind ${PORTS[port]} of router (${x},${y})`;
  }

  #originOf({ writer, color, router }: Channel): string {
    const { classes, classOf, coreAt } = this.#run;
    const { entry } = classes[0]!.model;
    if (writer.kind === "stream") return streamEntity(entry, entry.streams[writer.stream]!.name);
    if (writer.kind === "core") {
      const core = coreAt[writer.router]!;
      if (core >= 0) return classes[classOf[core]!]!.model.entity;
    }
    return this.#routeAt(color, writer.kind === "node" ? this.#run.network.nodes[writer.node]!.router : router);
  }

  #routeAt(color: number, router: number): string {
    const { entry } = this.#run.classes[0]!.model;
    const { x, y } = coordOfIndex(this.#run.network.routes.grid, router);
    const index = entry.routes.findIndex((route) => route.color === color && coreSetContains(route.cores, x, y));
    return index < 0 ? entryEntity(entry) : routeEntity(entry, index);
  }
}
