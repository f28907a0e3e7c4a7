/**
 * Reads the program level of the text form. The reader resolves names and knows the grammar; whether the program is
 * well-formed is for `verify.ts`, which reports at the entities that the source map here locates.
 */
import { DiagnosticSink, TextReader } from "@waferc/base";
import type { SourceMap } from "@waferc/base";
import { entryEntity, kernelEntity, Labels, partEntity, PROGRAM_ENTITY, routeEntity, tensorEntity } from "./entity.ts";
import { readExpr } from "./expr-text.ts";
import { ELEMENT_TYPES } from "./element-type.ts";
import { readCode, readKernelId, readRules, readWord } from "./parse-code.ts";
import type {
  Code,
  CoreClass,
  CoreSet,
  ElementType,
  Entry,
  HostStream,
  KernelInfo,
  ParamValue,
  Program,
  ProgramTensor,
  RouterRules,
  StepScalar,
  StreamPart,
  StridedRect,
} from "./program.ts";

export interface ParsedProgram {
  readonly program: Program;
  /** Line of every part, by its entity (`entity.ts`). */
  readonly sourceMap: SourceMap;
}

/**
 * A program from its text.
 * @throws CompileError with the first error of every statement
 */
export function parseProgram(text: string, options: { readonly file?: string } = {}): ParsedProgram {
  const diag = new DiagnosticSink();
  const reader = new TextReader(text, { file: options.file ?? "program.dfir", diag });
  const parsed = reader.section(() => {
    reader.header(["program"]);
    return readProgram(reader);
  });
  if (parsed !== undefined && !reader.isAtKind("end")) {
    reader.section(() => reader.failExpecting("the end of the text"));
  }
  diag.throwIfErrors();
  return parsed as ParsedProgram;
}

/** Reads a section behind `dfir 1 program`. Undefined if anything in it was reported as an error. */
export function readProgram(reader: TextReader): ParsedProgram | undefined {
  const errorsBefore = reader.diag.diagnostics.length;
  const { line } = reader.peek();
  const program = new ProgramReader(reader).read();
  if (reader.diag.diagnostics.length > errorsBefore) return undefined;
  return { program, sourceMap: new Map([...reader.sourceMap, [PROGRAM_ENTITY, line]]) };
}

type MutableEntry = {
  name: string;
  steps: StepScalar[];
  codes: Code[];
  classes: CoreClass[];
  routes: RouterRules[];
  streams: HostStream[];
};

class ProgramReader {
  readonly #reader: TextReader;
  readonly #tensors: ProgramTensor[] = [];
  readonly #kernels: KernelInfo[] = [];
  readonly #entries: Entry[] = [];
  readonly #tensorLabels = new Labels();
  readonly #entryLabels = new Labels();

  constructor(reader: TextReader) {
    this.#reader = reader;
  }

  read(): Program {
    const reader: TextReader = this.#reader;
    const name = reader.symbolName();
    reader.expect("for");
    const machineName = readWord(reader, "the name of a machine");
    reader.expect("grid");
    const [width = 0, height = 0] = reader.extents(2);
    const machine = { name: machineName, sha256: this.#digest(), width, height };
    reader.endStatement();
    reader.statements(() => this.#statement());
    return { name, machine, tensors: this.#tensors, kernels: this.#kernels, entries: this.#entries };
  }

  #statement(): void {
    switch (this.#reader.word(["tensor", "kernel", "entry"])) {
      case "tensor":
        return this.#tensor();
      case "kernel":
        return this.#kernel();
      case "entry":
        return this.#entry();
    }
  }

  #digest(): string {
    if (this.#reader.isAtKind("string")) return this.#reader.string();
    return this.#reader.isAtKind("digest") ? this.#reader.digest() : "";
  }

  #tensor(): void {
    const name = this.#reader.valueName();
    this.#reader.expect(":");
    this.#tensors.push({ name, ...this.#type(), sha256: this.#digest() });
    this.#reader.define(tensorEntity(this.#tensorLabels.next(name)));
  }

  #type(): { readonly type: ElementType; readonly shape: readonly number[] } {
    const type = this.#reader.word(ELEMENT_TYPES);
    return { type, shape: this.#reader.list("[", "]", () => this.#reader.integer()) };
  }

  #kernel(): void {
    const reader: TextReader = this.#reader;
    const token = reader.peek();
    const index = this.#kernels.length;
    if (readKernelId(reader) !== index) reader.failAt(token, `Expected kernel "k${index}", but found "${token.text}"`);
    reader.expect("=");
    const template = readWord(reader, "a template");
    const name = reader.string("the kernel's name");
    const loc = reader.accept("loc") ? reader.list("(", ")", () => reader.string()) : [];
    this.#kernels.push({ name, template, loc });
    reader.define(kernelEntity(index));
  }

  #entry(): void {
    const name = this.#reader.symbolName();
    const entry: MutableEntry = { name, steps: [], codes: [], classes: [], routes: [], streams: [] };
    this.#entries.push(entry);
    const entity = entryEntity(this.#entryLabels.next(name));
    const labels = { step: new Labels(), code: new Labels(), class: new Labels(), stream: new Labels() };
    this.#reader.define(entity);
    this.#reader.block(() => this.#part(entry, entity, labels));
  }

  #part(
    entry: MutableEntry,
    entity: string,
    labels: Readonly<Record<"step" | "code" | "class" | "stream", Labels>>,
  ): void {
    const reader: TextReader = this.#reader;
    const kind = reader.word(["step", "code", "class", "route", "stream"]);
    const entityOf = (name: string): string =>
      kind === "route" ? routeEntity(entity, entry.routes.length) : partEntity(entity, kind, labels[kind].next(name));
    switch (kind) {
      case "step":
        return definePart(entry.steps, this.#step());
      case "code":
        entry.codes.push(readCode(reader, namesOf(this.#tensors), entityOf));
        return;
      case "class":
        return definePart(entry.classes, this.#class(entry.codes));
      case "route":
        reader.define(entityOf(""));
        entry.routes.push(this.#route());
        return;
      case "stream":
        return definePart(entry.streams, this.#stream());
    }

    function definePart<T extends { readonly name: string }>(parts: T[], part: T): void {
      reader.define(entityOf(part.name));
      parts.push(part);
    }
  }

  #step(): StepScalar {
    const name = readWord(this.#reader, "the name of a step scalar");
    const min = this.#reader.integer();
    this.#reader.expect("..");
    return { name, min, max: this.#reader.integer() };
  }

  #class(codes: readonly Code[]): CoreClass {
    const reader: TextReader = this.#reader;
    const name = readWord(reader, "the name of a class");
    reader.expect("=");
    const code = this.#codeReference(codes);
    reader.expect("on");
    const cores = this.#coreSet();
    const colors = reader.accept("colors") ? reader.list("(", ")", () => reader.integer()) : [];
    const params = reader.accept("params") ? reader.list("(", ")", () => this.#param()) : [];
    return { name, code, cores, colors, params };
  }

  #codeReference(codes: readonly Code[]): number {
    if (this.#reader.accept("#")) return this.#reader.integer();
    const token = this.#reader.peek();
    const index = namesOf(codes).indexOf(this.#reader.symbolName("a code"));
    return index >= 0 ? index : this.#reader.failAt(token, `Expected a code of this entry, but found "@${token.text}"`);
  }

  #param(): ParamValue {
    const reader: TextReader = this.#reader;
    if (!reader.isAt("table") || reader.peek(1).text !== "(") return { kind: "expr", expr: readExpr(reader) };
    reader.next();
    return { kind: "table", values: reader.list("(", ")", () => reader.integer()) };
  }

  #coreSet(): CoreSet {
    const rects: StridedRect[] = [];
    if (this.#reader.accept("none")) return rects;
    do rects.push(this.#rect());
    while (this.#reader.accept(","));
    return rects;
  }

  #rect(): StridedRect {
    const reader: TextReader = this.#reader;
    const [x, y] = this.#pair();
    reader.expect("+");
    const [w = 0, h = 0] = reader.extents(2);
    const [dx, dy] = reader.accept("step") ? this.#pair() : [1, 1];
    return { x, y, w, h, dx, dy };
  }

  #pair(): readonly [number, number] {
    this.#reader.expect("(");
    const first = this.#reader.integer();
    this.#reader.expect(",");
    const second = this.#reader.integer();
    this.#reader.expect(")");
    return [first, second];
  }

  #route(): RouterRules {
    const reader: TextReader = this.#reader;
    const color = this.#colorNumber();
    reader.expect("on");
    const cores = this.#coreSet();
    const rules = reader.accept(":") ? readRules(reader) : [];
    const position = reader.accept("position") ? reader.integer() : 0;
    return { color, cores, rules, position, closed: reader.accept("closed") };
  }

  #colorNumber(): number {
    this.#reader.expect("color");
    return this.#reader.integer();
  }

  #stream(): HostStream {
    const reader: TextReader = this.#reader;
    const direction = reader.word(["in", "out"]);
    const name = readWord(reader, "the name of a stream");
    reader.expect("=");
    const tensor = reader.valueName();
    reader.expect(":");
    const { type, shape } = this.#type();
    const parts = reader.accept("of") ? { parts: reader.list("(", ")", () => this.#streamPart()) } : {};
    const color = this.#colorNumber();
    reader.expect("at");
    const side = reader.word(["north", "east", "south", "west"]);
    const [x, y] = this.#pair();
    return { name, direction, color, port: { x, y, side }, tensor, type, shape, ...parts };
  }

  #streamPart(): StreamPart {
    const reader: TextReader = this.#reader;
    return { tensor: reader.valueName(), shape: reader.list("[", "]", () => reader.integer()) };
  }
}

function namesOf(items: readonly { readonly name: string }[]): readonly string[] {
  return items.map(({ name }) => name);
}
