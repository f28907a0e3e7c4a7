/**
 * Well-formedness of programs, as numbered rules. Needs no machine; what is legal on one, `@waferc/check` says.
 *
 *   PRG-001  names of one kind are different            PRG-013  variables of a code are different
 *   PRG-002  names can be written                       PRG-014  buffers have elements and aligned addresses
 *   PRG-003  references point at something              PRG-015  preloads fit their tensors
 *   PRG-004  expressions are built right                PRG-016  classes fit their codes
 *   PRG-005  expressions read what they see             PRG-017  sets of cores are disjoint and on the grid
 *   PRG-006  views are built right                      PRG-018  a core is in one class of an entry
 *   PRG-007  views of an instruction match              PRG-019  a colour has one route at a router
 *   PRG-008  types of an instruction match              PRG-020  streams are at edge ports, one for each colour
 *   PRG-009  operands make an instruction               PRG-021  step scalars have ranges
 *   PRG-010  microthreads and queues are numbers        PRG-022  persistent buffers stay where they are
 *   PRG-011  routing rules are built right              PRG-023  machine and tensors are described right
 *   PRG-012  lists of rules have their position         PRG-024  colours are numbers from 0 to 31
 *
 * PRG-003 to PRG-015 of codes are in `verify-code.ts`. Assumes nothing, so it is safe on decoded input. Gaps, left to `check`:
 * counts that differ only for some cores, elements outside of buffers, buffers that overlap, bounds that a machine sets.
 */
import { compareLocs, isBareName, makeDiagnostic } from "@waferc/base";
import type { Diagnostic, DiagnosticCode } from "@waferc/base";
import { CODES } from "../codes.ts";
import { coreCount, firstCommonCore } from "./core-set.ts";
import {
  entryEntity,
  kernelEntity,
  labelsOf,
  partEntity,
  PROGRAM_ENTITY,
  routeEntity,
  tensorEntity,
} from "./entity.ts";
import { isInt32 } from "./expr.ts";
import type { Code, CoreClass, CoreSet, Entry, HostStream, Program, RouterRules, StridedRect } from "./program.ts";
import { CodeVerifier } from "./verify-code.ts";
import { expressionProblem, isIndex, ruleProblem } from "./verify-parts.ts";

/** Colours that the 5-bit tag of a wavelet can carry. */
const MAX_COLORS = 32;
const MAX_EXTENT = 4096;

/** Every broken rule, sorted by place. Empty if the program is well-formed. */
export function verifyProgram(program: Program): readonly Diagnostic[] {
  return new ProgramVerifier(program).verify();
}

class ProgramVerifier {
  readonly #program: Program;
  readonly #found: Diagnostic[] = [];

  constructor(program: Program) {
    this.#program = program;
  }

  verify(): readonly Diagnostic[] {
    const { name, tensors, entries } = this.#program;
    if (name === "") this.#report(CODES["PRG-002"], PROGRAM_ENTITY, "Cannot have a program without a name");
    this.#verifyMachine();
    const tensorLabels = labelsOf(tensors.map((tensor) => tensor.name));
    for (const [i, tensor] of tensors.entries()) {
      const entity = tensorEntity(tensorLabels[i] ?? "");
      this.#verifyName(tensor.name, tensorLabels[i], "tensor", entity, { isBare: false });
      if (!isShape(tensor.shape)) {
        this.#report(CODES["PRG-023"], entity, `Cannot have a tensor of shape [${tensor.shape.join(",")}]`);
      }
      if (!isDigest(tensor.sha256)) {
        this.#report(
          CODES["PRG-023"],
          entity,
          `Cannot use "${tensor.sha256}" as a SHA-256: it needs 64 hexadecimal digits`,
        );
      }
    }
    const entryLabels = labelsOf(entries.map((entry) => entry.name));
    for (const [i, entry] of entries.entries()) {
      const entity = entryEntity(entryLabels[i] ?? "");
      this.#verifyName(entry.name, entryLabels[i], "entry", entity, { isBare: false });
      this.#verifyEntry(entry, entity);
    }
    for (const [i, entry] of entries.entries()) {
      const entity = entryEntity(entryLabels[i] ?? "");
      for (const earlier of entries.slice(0, i)) this.#verifyPersistence(earlier, entry, entity);
    }
    return this.#found.sort((a, b) => compareLocs(a.at, b.at));
  }

  #verifyMachine(): void {
    const { width, height, sha256 } = this.#program.machine;
    if (![width, height].every((n) => Number.isInteger(n) && n >= 1 && n <= MAX_EXTENT)) {
      const message = `Cannot use a grid of ${width} x ${height}: each is 1 to ${MAX_EXTENT}`;
      this.#report(CODES["PRG-023"], PROGRAM_ENTITY, message);
    }
    if (sha256 !== "" && !isDigest(sha256)) {
      const message = `Cannot use "${sha256}" as the machine's SHA-256: it needs 64 hexadecimal digits, or none`;
      this.#report(CODES["PRG-023"], PROGRAM_ENTITY, message);
    }
  }

  // Entries

  #verifyEntry(entry: Entry, entity: string): void {
    const stepNames = entry.steps.map(({ name }) => name);
    const stepLabels = labelsOf(stepNames);
    for (const [i, { name, min, max }] of entry.steps.entries()) {
      const step = partEntity(entity, "step", stepLabels[i] ?? "");
      this.#verifyName(name, stepLabels[i], "step scalar", step);
      if (isInt32(min) && isInt32(max) && min <= max) continue;
      this.#report(CODES["PRG-021"], step, `Cannot use range ${min}..${max} of step scalar "${name}"`);
    }
    const codeLabels = labelsOf(entry.codes.map(({ name }) => name));
    for (const [i, code] of entry.codes.entries()) {
      const codeEntity = partEntity(entity, "code", codeLabels[i] ?? "");
      this.#verifyName(code.name, codeLabels[i], "code", codeEntity);
      this.#verifyCodeNames(code, codeEntity);
      new CodeVerifier(this.#program, stepNames, code, codeEntity, this.#report.bind(this)).verify();
    }
    const classLabels = labelsOf(entry.classes.map(({ name }) => name));
    for (const [i, coreClass] of entry.classes.entries()) {
      const classEntity = partEntity(entity, "class", classLabels[i] ?? "");
      this.#verifyName(coreClass.name, classLabels[i], "class", classEntity);
      this.#verifyClass(coreClass, entry.codes, classEntity);
    }
    for (const [i, route] of entry.routes.entries()) this.#verifyRoute(route, routeEntity(entity, i));
    this.#verifyStreams(entry.streams, entity);
    this.#verifyOwners(entry, entity);
  }

  #verifyCodeNames(code: Code, entity: string): void {
    const lists = { buffer: code.buffers.map(({ name }) => name), colour: code.colors, parameter: code.params };
    for (const [what, names] of Object.entries(lists)) {
      const labels = labelsOf(names);
      for (const [i, name] of names.entries()) this.#verifyName(name, labels[i], what, entity);
    }
  }

  #verifyClass(coreClass: CoreClass, codes: readonly Code[], entity: string): void {
    const { code: codeIndex, cores, colors, params } = coreClass;
    this.#verifyCores(cores, entity);
    for (const color of colors) this.#verifyColor(color, entity);
    const code = codes[codeIndex];
    if (!code) {
      this.#report(CODES["PRG-003"], entity, `Cannot find code #${codeIndex}: the entry has ${codes.length}`);
      return;
    }
    const wanted = { colour: [code.colors.length, colors.length], parameter: [code.params.length, params.length] };
    for (const [what, [declared, bound]] of Object.entries(wanted)) {
      if (declared === bound) continue;
      this.#report(CODES["PRG-016"], entity, `Cannot bind ${bound} ${what}s: @${code.name} declares ${declared}`);
    }
    for (const [i, param] of params.entries()) {
      const name = code.params[i] ?? `#${i}`;
      if (param.kind === "expr") this.#verifyParam(param.expr, name, entity);
      else this.#verifyTable(param.values, cores, name, entity);
    }
  }

  #verifyParam(expr: Parameters<typeof expressionProblem>[0], name: string, entity: string): void {
    const problem = expressionProblem(expr, { variables: new Set(["x", "y"]), params: new Set() });
    if (problem) this.#report(problem.code, entity, `Cannot bind parameter "${name}": ${problem.message}`);
  }

  #verifyTable(values: readonly number[], cores: CoreSet, name: string, entity: string): void {
    const count = coreCount(cores);
    if (values.length !== count) {
      const message = `Cannot bind parameter "${name}": the table has ${values.length} values for ${count} cores`;
      this.#report(CODES["PRG-016"], entity, message);
    }
    const bad = values.find((value) => !isInt32(value));
    if (bad !== undefined) this.#report(CODES["PRG-016"], entity, `Cannot bind parameter "${name}" to ${bad}`);
  }

  #verifyRoute(route: RouterRules, entity: string): void {
    const { color, cores, rules, position, closed } = route;
    this.#verifyColor(color, entity);
    this.#verifyCores(cores, entity);
    for (const rule of rules) {
      const problem = ruleProblem(rule);
      if (problem) this.#report(CODES["PRG-011"], entity, problem);
    }
    if (rules.length === 0 && !closed)
      this.#report(CODES["PRG-012"], entity, "Cannot have an open route without rules");
    if (isIndex(position) && position < Math.max(1, rules.length)) return;
    this.#report(CODES["PRG-012"], entity, `Cannot begin at position ${position} of ${rules.length} rules`);
  }

  // Streams

  #verifyStreams(streams: readonly HostStream[], entryEntityName: string): void {
    const labels = labelsOf(streams.map(({ name }) => name));
    const ports = new Map<string, string>();
    for (const [i, stream] of streams.entries()) {
      const entity = partEntity(entryEntityName, "stream", labels[i] ?? "");
      this.#verifyName(stream.name, labels[i], "stream", entity);
      this.#verifyColor(stream.color, entity);
      const { x, y, side } = stream.port;
      if (!this.#isEdgePort(stream)) {
        this.#report(CODES["PRG-020"], entity, `Cannot use port ${side}(${x},${y}): it is not on the edge of the grid`);
      }
      if (!isShape(stream.shape)) {
        this.#report(CODES["PRG-020"], entity, `Cannot stream a tensor of shape [${stream.shape.join(",")}]`);
      }
      if (stream.tensor === "") this.#report(CODES["PRG-020"], entity, "Cannot stream a tensor without a name");
      this.#verifyStreamParts(stream, entity);
      const port = `${stream.direction} ${side}(${x},${y}) colour ${stream.color}`;
      const other = ports.get(port);
      if (other !== undefined) this.#report(CODES["PRG-020"], entity, `Cannot use ${port}: stream "${other}" has it`);
      ports.set(port, stream.name);
    }
  }

  #verifyStreamParts({ parts, shape }: HostStream, entity: string): void {
    if (parts === undefined) return;
    const wrong = parts.find((part) => part.tensor === "" || !isShape(part.shape));
    const sizeOf = (extents: readonly number[]) => extents.reduce((size, length) => size * length, 1);
    const size = parts.reduce((sum, part) => sum + sizeOf(part.shape), 0);
    if (parts.length > 0 && wrong === undefined && size === sizeOf(shape)) return;
    const message = `Cannot make a stream of ${sizeOf(shape)} elements of ${parts.length} tensors with ${size}`;
    this.#report(CODES["PRG-020"], entity, message);
  }

  #isEdgePort({ port: { x, y, side } }: HostStream): boolean {
    const { width, height } = this.#program.machine;
    const isOnGrid = isIndex(x) && isIndex(y) && x < width && y < height;
    const edge = { north: y === 0, east: x === width - 1, south: y === height - 1, west: x === 0 };
    return isOnGrid && edge[side];
  }

  // Sets of cores

  #verifyCores(cores: CoreSet, entity: string): void {
    if (cores.length === 0) this.#report(CODES["PRG-017"], entity, "Cannot use an empty set of cores");
    const bad = cores.find((rect) => !this.#isOnGrid(rect));
    if (!bad) return;
    const { x, y, w, h, dx, dy } = bad;
    const { width, height } = this.#program.machine;
    const message = `Cannot use cores (${x},${y})+${w}x${h} step(${dx},${dy}) on a grid of ${width}x${height}`;
    this.#report(CODES["PRG-017"], entity, message);
  }

  #isOnGrid({ x, y, w, h, dx, dy }: StridedRect): boolean {
    const { width, height } = this.#program.machine;
    const areIntegers = [x, y, w, h, dx, dy].every(isIndex) && [w, h, dx, dy].every((n) => n >= 1);
    return areIntegers && x + (w - 1) * dx < width && y + (h - 1) * dy < height;
  }

  /** No core twice: in a set, among the classes, among the routes of a colour. */
  #verifyOwners(entry: Entry, entity: string): void {
    const classLabels = labelsOf(entry.classes.map(({ name }) => name));
    const owners = new OwnerGrid(this.#program.machine.width, this.#program.machine.height);
    const isPaintable = (cores: CoreSet): boolean => cores.every((rect) => this.#isOnGrid(rect));
    for (const [i, { cores }] of entry.classes.entries()) {
      const conflict = isPaintable(cores) ? owners.paint(cores, i) : undefined;
      if (!conflict) continue;
      const at = partEntity(entity, "class", classLabels[i] ?? "");
      const other = `class "${classLabels[conflict.owner] ?? ""}" runs it`;
      this.#reportConflict(conflict, i, at, CODES["PRG-018"], other);
    }
    const colors = new Set(entry.routes.map(({ color }) => color));
    for (const color of colors) {
      owners.clear();
      for (const [i, route] of entry.routes.entries()) {
        const conflict = route.color === color && isPaintable(route.cores) ? owners.paint(route.cores, i) : undefined;
        if (!conflict) continue;
        const other = `route ${conflict.owner} gives colour ${color} rules there`;
        this.#reportConflict(conflict, i, routeEntity(entity, i), CODES["PRG-019"], other);
      }
    }
  }

  #reportConflict(conflict: Conflict, owner: number, at: string, code: DiagnosticCode, other: string): void {
    const core = `core (${conflict.x},${conflict.y})`;
    if (conflict.owner === owner) this.#report(CODES["PRG-017"], at, `Cannot have ${core} twice in a set of cores`);
    else this.#report(code, at, `Cannot use ${core} again: ${other}`);
  }

  #verifyPersistence(earlier: Entry, later: Entry, laterEntity: string): void {
    const classLabels = labelsOf(later.classes.map(({ name }) => name));
    for (const [i, coreClass] of later.classes.entries()) {
      for (const before of earlier.classes) {
        const name = disagreement(earlier.codes[before.code], later.codes[coreClass.code]);
        const areSetsValid = [...before.cores, ...coreClass.cores].every((rect) => this.#isOnGrid(rect));
        const core = name !== undefined && areSetsValid ? firstCommonCore(before.cores, coreClass.cores) : undefined;
        if (!core) continue;
        const message = `Cannot keep buffer "${name}" of core (${core.x},${core.y}): it lies elsewhere in entry "${earlier.name}"`;
        this.#report(CODES["PRG-022"], partEntity(laterEntity, "class", classLabels[i] ?? ""), message);
      }
    }
  }

  // Small things

  #verifyColor(color: number, entity: string): void {
    if (isIndex(color) && color < MAX_COLORS) return;
    this.#report(CODES["PRG-024"], entity, `Cannot use colour ${color}: colours are 0 to ${MAX_COLORS - 1}`);
  }

  /** A label that is not the name belongs to a name that an earlier part has. */
  #verifyName(name: string, label: string | undefined, what: string, entity: string, { isBare = true } = {}): void {
    if (name === "" || (isBare && !isBareName(name))) {
      this.#report(CODES["PRG-002"], entity, `Cannot use "${name}" as the name of a ${what}`);
    }
    if (label !== name) this.#report(CODES["PRG-001"], entity, `Cannot have a second ${what} named "${name}"`);
  }

  #report(code: DiagnosticCode, id: string, message: string, kernel?: number): void {
    const info = kernel === undefined ? undefined : this.#program.kernels[kernel];
    const onnx = info?.loc.map((node) => ({ message: "computes", at: { kind: "onnx", node } as const })) ?? [];
    const notes = info ? [{ message: `in kernel ${kernelEntity(kernel ?? 0)} "${info.name}"` }, ...onnx] : [];
    this.#found.push(makeDiagnostic(code, { message, at: { kind: "entity", id }, notes }));
  }
}

/** Name of a persistent buffer that the two codes have at different places. */
function disagreement(a: Code | undefined, b: Code | undefined): string | undefined {
  for (const buffer of b?.buffers ?? []) {
    const before = a?.buffers.find(({ name, persistent }) => persistent && name === buffer.name);
    if (!buffer.persistent || !before) continue;
    const isSame =
      before.address === buffer.address && before.type === buffer.type && before.elements === buffer.elements;
    if (!isSame) return buffer.name;
  }
  return undefined;
}

function isDigest(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** Lengths from 1, with a number of elements that is exact. */
function isShape(shape: readonly number[]): boolean {
  return shape.every((n) => isIndex(n) && n >= 1) && Number.isSafeInteger(shape.reduce((product, n) => product * n, 1));
}

interface Conflict {
  readonly x: number;
  readonly y: number;
  readonly owner: number;
}

/** Who has each core. */
class OwnerGrid {
  readonly #width: number;
  readonly #owners: Int32Array;

  constructor(width: number, height: number) {
    const isUsable = [width, height].every((n) => Number.isInteger(n) && n >= 1 && n <= MAX_EXTENT);
    this.#width = width;
    this.#owners = new Int32Array(isUsable ? width * height : 0).fill(-1);
  }

  clear(): void {
    this.#owners.fill(-1);
  }

  /** Gives the cores to `owner`, up to the first that has one already. Sets must be on the grid. */
  paint(cores: CoreSet, owner: number): Conflict | undefined {
    for (const rect of cores) {
      for (let j = 0, y = rect.y; j < rect.h; j++, y += rect.dy) {
        for (let i = 0, x = rect.x; i < rect.w; i++, x += rect.dx) {
          const at = y * this.#width + x;
          const other = this.#owners[at] ?? -1;
          if (other >= 0) return { x, y, owner: other };
          this.#owners[at] = owner;
        }
      }
    }
    return undefined;
  }
}
