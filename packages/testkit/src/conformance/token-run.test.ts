// The checker's token run and the untimed engine agree on which programs end. The programs here are balanced (every end takes what its source
// sends) but their cores send and take in random orders, so that queue capacities decide; a third of them has switched colours.
import { Rng } from "@waferc/base";
import { checkProgram } from "@waferc/check";
import type { Code, CoreClass, Instruction, Program, RouterPort, RouterRules } from "@waferc/ir/program";
import { loadMachine, neighborOf, oppositeDirection, LINK_DIRECTIONS } from "@waferc/machine";
import type { LinkDirection, Machine } from "@waferc/machine";
import { simulateUntimed } from "@waferc/sim";
import { expect, test } from "vitest";

const PROGRAMS = 400;
const LENGTH = 24;

/** What one core does on one colour, in order: lengths of sends or receives. */
interface Part {
  readonly color: number;
  readonly isSource: boolean;
  readonly pieces: number[];
}

class Exchange {
  readonly #rng: Rng;
  readonly #machine: Machine;
  readonly #parts: Part[][];
  readonly routes: RouterRules[] = [];

  constructor(rng: Rng, machine: Machine) {
    this.#rng = rng;
    this.#machine = machine;
    this.#parts = Array.from({ length: machine.width * machine.height }, () => []);
    const colors = rng.between(2, 6);
    for (let color = 0; color < colors; color++) this.#addTree(color);
  }

  /** A tree of routers from a random source; some of them, all leaves among these, deliver to their cores. */
  #addTree(color: number): void {
    const rng = this.#rng;
    const { width } = this.#machine;
    const source = rng.below(this.#parts.length);
    const from = new Map<number, RouterPort>([[source, "ramp"]]);
    const outputs = new Map<number, RouterPort[]>([[source, []]]);
    for (let grown = rng.between(1, 6); grown > 0; grown--) {
      const router = rng.pick([...from.keys()]);
      const direction: LinkDirection = rng.pick(LINK_DIRECTIONS);
      const next = neighborOf(this.#machine, router % width, Math.floor(router / width), direction);
      const target = next === undefined ? -1 : next.y * width + next.x;
      if (target < 0 || from.has(target)) continue;
      from.set(target, oppositeDirection(direction));
      outputs.get(router)?.push(direction);
      outputs.set(target, []);
    }
    if (outputs.get(source)?.length === 0) return;
    this.#parts[source]?.push({ color, isSource: true, pieces: this.#split() });
    for (const [router, port] of from) {
      const to = outputs.get(router) ?? [];
      if (router !== source && (to.length === 0 || rng.chance(0.4))) {
        to.push("ramp");
        this.#parts[router]?.push({ color, isSource: false, pieces: this.#split() });
      }
      const cores = [{ x: router % width, y: Math.floor(router / width), w: 1, h: 1, dx: 1, dy: 1 }];
      const rule = { from: port, to, transit: false };
      this.routes.push({ color, cores, rules: [rule], position: 0, closed: false });
    }
  }

  #split(): number[] {
    const pieces: number[] = [];
    for (let left = LENGTH; left > 0; left -= pieces.at(-1) ?? left) pieces.push(this.#rng.between(1, left));
    return pieces;
  }

  program(): Program {
    const codes: Code[] = [];
    const classes: CoreClass[] = [];
    const { width, height, name } = this.#machine;
    for (const [router, parts] of this.#parts.entries()) {
      if (parts.length === 0) continue;
      const cores = [{ x: router % width, y: Math.floor(router / width), w: 1, h: 1, dx: 1, dy: 1 }];
      classes.push({
        name: `c${router}`,
        code: codes.length,
        cores,
        colors: parts.map(({ color }) => color),
        params: [],
      });
      codes.push(this.#code(`c${router}`, parts));
    }
    const entry = { name: "main", steps: [], codes, classes, routes: this.#switched(), streams: [] };
    const machine = { name, sha256: "", width, height };
    return {
      name: "exchange",
      machine,
      tensors: [],
      kernels: [{ name: "k", template: "t", loc: [] }],
      entries: [entry],
    };
  }

  /** A rule that is never reached, and control wavelets that come back to the first: nothing changes but that routers are switched. */
  #switched(): RouterRules[] {
    if (!this.#isSwitched) return this.routes;
    return this.routes.map((route) => ({ ...route, rules: [...route.rules, ...route.rules] }));
  }

  get #isSwitched(): boolean {
    return this.routes.length % 3 === 0;
  }

  #code(name: string, parts: readonly Part[]): Code {
    const rng = this.#rng;
    const kernel = 0;
    const body: Instruction[] = parts.map(({ isSource }, color) => ({
      op: "bind",
      direction: isSource ? "out" : "in",
      queue: color,
      color,
      kernel,
    }));
    const done = parts.map(() => 0);
    const view = (index: number, length: number) => ({
      buffer: index,
      offset: { kind: "const", value: 0 } as const,
      dims: [{ count: { kind: "const", value: length } as const, stride: 1 }],
    });
    for (;;) {
      const open = parts.flatMap(({ pieces }, i) => (done[i]! < pieces.length ? [i] : []));
      if (open.length === 0) break;
      const color = rng.pick(open);
      const { isSource, pieces } = parts[color]!;
      const length = pieces[done[color]!++]!;
      const thread = rng.chance(0.2) ? { thread: 0 } : {};
      if (isSource) body.push({ op: "send", color, src: view(color, length), kernel, ...thread });
      else body.push({ op: "recv", color, dst: view(color, length), kernel, ...thread });
      if (isSource && this.#isSwitched && rng.chance(0.5))
        body.push({ op: "wait", thread: 0, kernel }, { op: "advance", color, kernel });
      else if ("thread" in thread) {
        // Something on another colour may come in between.
        const others = parts.flatMap((part, i) => (i !== color && done[i]! < part.pieces.length ? [i] : []));
        if (others.length > 0) {
          const other = rng.pick(others);
          const size = parts[other]!.pieces[done[other]!++]!;
          if (parts[other]!.isSource) body.push({ op: "send", color: other, src: view(other, size), kernel });
          else body.push({ op: "recv", color: other, dst: view(other, size), kernel });
        }
        body.push({ op: "wait", thread: 0, kernel });
      }
    }
    const buffers = parts.map((_, i) => ({
      name: `b${i}`,
      type: "f32" as const,
      address: i * 4 * LENGTH,
      elements: LENGTH,
      persistent: false,
    }));
    return { name, colors: parts.map((_, i) => `c${i}`), params: [], buffers, bindings: [], body };
  }
}

function ends(program: Program, machine: Machine, seed: number): boolean {
  try {
    simulateUntimed(program, machine, () => new Float32Array(0), { inputs: new Map(), seed });
    return true;
  } catch {
    return false;
  }
}

test(`the token run says of ${PROGRAMS} exchanges whether they end`, { timeout: 120_000 }, () => {
  const counts = { legal: 0, illegal: 0, undecided: 0 };
  const wide = loadMachine("mesh4x4");
  for (let seed = 0; seed < PROGRAMS; seed++) {
    const rng = new Rng(`exchange ${seed}`);
    const depths = {
      linkQueueDepth: rng.between(1, 4),
      inputQueueDepth: rng.between(1, 4),
      outputQueueDepth: rng.between(1, 4),
    };
    const machine = {
      ...wide,
      width: rng.between(2, 4),
      height: rng.between(1, 3),
      fabric: { ...wide.fabric, ...depths },
    };
    const program = new Exchange(rng, machine).program();
    const { verdict, findings } = checkProgram(program, machine);
    counts[verdict]++;
    expect(verdict, `seed ${seed}: ${findings[0]?.message}`).toBe(ends(program, machine, seed) ? "legal" : "illegal");
    for (const { code } of findings) expect(code.slice(0, 3), `seed ${seed}`).toBe("DLK");
  }
  console.log(`exchanges: ${counts.legal} end, ${counts.illegal} do not`);
  expect(Math.min(counts.legal, counts.illegal)).toBeGreaterThan(PROGRAMS / 10);
});
