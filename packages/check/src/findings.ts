// What the rules report: diagnostics at parts of the program, at most a few for each rule and place, and the work they spend.
import { makeDiagnostic } from "@waferc/base";
import type { Diagnostic, DiagnosticCode, DiagnosticNote } from "@waferc/base";
import type { Code, CoreClass, Entry, Program } from "@waferc/ir/program";

const MAX_PER_RULE = 20;
const MAX_NODES = 3;

export interface FindingDetails {
  readonly entity: string;
  readonly message: string;
  readonly notes?: readonly DiagnosticNote[];
  readonly help?: readonly string[];
  /** The kernel that the place works for, if it is an instruction. */
  readonly kernel?: number;
}

/** Collects findings. One for each rule and entity: a rule that is broken on a thousand cores is broken once. */
export class Findings {
  readonly #program: Program;
  readonly #found: Diagnostic[] = [];
  readonly #seen = new Set<string>();
  readonly #perRule = new Map<string, number>();
  #errors = 0;

  constructor(program: Program) {
    this.#program = program;
  }

  report(code: DiagnosticCode, { entity, message, notes = [], help = [], kernel }: FindingDetails): void {
    if (code.severity === "error") this.#errors++;
    const key = `${code.code} ${entity}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const count = (this.#perRule.get(code.code) ?? 0) + 1;
    this.#perRule.set(code.code, count);
    if (count > MAX_PER_RULE) return;
    const info = kernel === undefined ? undefined : this.#program.kernels[kernel];
    const loc = info?.loc ?? [];
    const nodes: DiagnosticNote[] = loc
      .slice(0, MAX_NODES)
      .map((node) => ({ message: "computes", at: { kind: "onnx", node } }));
    if (loc.length > MAX_NODES) nodes.push({ message: `computes ${loc.length - MAX_NODES} more` });
    const at = { kind: "entity", id: entity } as const;
    this.#found.push(makeDiagnostic(code, { at, message, notes: [...notes, ...nodes], help }));
  }

  /** Errors reported so far, also those that are not kept. */
  get errorCount(): number {
    return this.#errors;
  }

  get diagnostics(): readonly Diagnostic[] {
    return this.#found;
  }
}

/** Steps of work that a check may still take: evaluated instances, executed instructions, moved bursts. */
export class Budget {
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
  }

  get left(): number {
    return this.#left;
  }

  /** False once more was spent than there is. */
  spend(steps: number): boolean {
    this.#left -= steps;
    return this.#left >= 0;
  }
}

export function entryEntity(entry: Entry): string {
  return `@${entry.name}`;
}

export function codeEntity(entry: Entry, code: Code): string {
  return `@${entry.name} @${code.name}`;
}

export function classEntity(entry: Entry, coreClass: CoreClass): string {
  return `@${entry.name} class ${coreClass.name}`;
}

export function routeEntity(entry: Entry, index: number): string {
  return `@${entry.name} route ${index}`;
}

export function streamEntity(entry: Entry, name: string): string {
  return `@${entry.name} stream ${name}`;
}

export function coreName(x: number, y: number): string {
  return `core (${x},${y})`;
}
