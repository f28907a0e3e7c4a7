// Writes the text of an example: codes, classes for a region of cores that repeats along both axes, routes of lines, and the way home
// of the results. The region's north-west core is the first that a program of the machine may use.
import type { Machine } from "@waferc/machine";
import { usableRect } from "@waferc/machine";
import { rulesOfFlows } from "./line-flows.ts";
import type { Axis, LineFlow } from "./line-flows.ts";
import { groupPositions, range, segmentsOf } from "./segments.ts";
import type { Segment } from "./segments.ts";

/** What a core runs. Cores whose roles have the same name have the same lines. */
export interface Role {
  readonly name: string;
  /** Formal colour to actual one. */
  readonly colors: Readonly<Record<string, number>>;
  /** Formal parameter to its value; `i` and `j`, the position in the region, are always there. */
  readonly params?: Readonly<Record<string, number>>;
  /** Instructions of the algorithm. */
  readonly lines: readonly string[];
}

/** Element types of examples. 16-bit elements travel two to a wavelet. */
export type ExampleType = "f32" | "f16";

/** A buffer, and what it begins with in the full form: element k is start + k. */
export interface ExampleBuffer {
  readonly name: string;
  readonly elements: number;
  readonly start?: string;
}

export interface RegionProgram {
  readonly name: string;
  readonly machine: Machine;
  readonly width: number;
  readonly height: number;
  /** Of all buffers; f32 if absent. */
  readonly type?: ExampleType;
  readonly buffers: readonly ExampleBuffer[];
  /** The buffer that goes to the host, and how many of its elements; absent in the bare form. */
  readonly result: { readonly buffer: string; readonly elements: number } | undefined;
  readonly roleOf: (i: number, j: number) => Role;
  /** Positions that look the same for `roleOf` have the same key. */
  readonly columnKey: (i: number) => string;
  readonly rowKey: (j: number) => string;
  /** Flows along rows or columns; `lines` are the rows or columns that have them, all of them if absent. */
  readonly flows: readonly {
    readonly axis: Axis;
    readonly flows: readonly LineFlow[];
    readonly lines?: readonly number[];
  }[];
  /** Further statements of the entry, such as routes with switches. */
  readonly routes?: readonly string[];
  /** First of two colours, and queues, that nothing else uses; for the way home. */
  readonly spare: { readonly color: number; readonly inputQueue: number; readonly outputQueue: number };
}

/** Wavelets that carry so many elements. */
export function waveletsOf(elements: number, type: ExampleType): number {
  return type === "f32" ? elements : Math.ceil(elements / 2);
}

export function printRegion(region: RegionProgram): string {
  const { name, machine } = region;
  const { x, y, w, h } = usableRect(machine);
  if (region.width > w || region.height > h)
    throw new RangeError(`${name} needs ${region.width}x${region.height} cores, ${machine.name} has ${w}x${h}`);
  const codes = new Map<string, string>();
  const classes: string[] = [];
  const columns = [...groupPositions(region.width, region.columnKey).values()];
  const rows = [...groupPositions(region.height, region.rowKey).values()];
  for (const js of rows) {
    for (const is of columns) {
      const role = region.roleOf(is[0]!, js[0]!);
      const code = printCode(region, role);
      const known = codes.get(role.name);
      if (known !== undefined && known !== code) throw new Error(`role ${role.name} of ${name} has one code`);
      codes.set(role.name, code);
      classes.push(printClass(region, role, { x, y, is, js }, classes.length));
    }
  }
  return [
    `dfir 1 program @${name} for ${machine.name} grid ${machine.width}x${machine.height}`,
    `  kernel k0 = example.${name} "${name}"`,
    `  kernel k1 = example.data "data and results"`,
    `  entry @main {`,
    ...codes.values(),
    ...classes,
    ...printRoutes(region),
    ...(region.routes ?? []),
    ...(region.result ? printWayHome(region) : []),
    "  }",
    "",
  ].join("\n");
}

function printCode(region: RegionProgram, { name, colors, params = {}, lines }: Role): string {
  const { buffers, result, spare, type = "f32" } = region;
  const ofResult = result ? waveletsOf(result.elements, type) : 0;
  const formals = [...Object.keys(colors), ...(result ? ["from_east", "to_host"] : [])];
  let address = 0;
  const declared = buffers.map(({ name: buffer, elements }) => {
    const line = `      buffer ${buffer} : ${type}[${elements}] at ${address} B`;
    address += 4 * waveletsOf(elements, type);
    return line;
  });
  const data = buffers.flatMap(({ name: buffer, elements, start }) =>
    start === undefined ? [] : [`      iota ${buffer}[0, ${elements}:1], ${start}, 1`],
  );
  const home = result && [
    `      bind out ${spare.outputQueue} to_host`,
    `      send to_host, ${result.buffer}[0, ${result.elements}:1]`,
    `      bind in ${spare.inputQueue} from_east`,
    `      forward pass from_east -> to_host, ${(region.width - 1) * ofResult} - ${ofResult}*i`,
  ];
  return [
    `    code @${name} colors(${formals.join(", ")}) params(${["i", "j", ...Object.keys(params)].join(", ")}) {`,
    ...declared,
    ...(result ? ["      kernel k1", ...data] : []),
    "      kernel k0",
    ...lines.map((line) => `      ${line}`),
    ...(home ? ["      kernel k1", ...home] : []),
    "    }",
  ].join("\n");
}

interface ClassPlace {
  readonly x: number;
  readonly y: number;
  readonly is: readonly number[];
  readonly js: readonly number[];
}

function printClass({ result, spare }: RegionProgram, role: Role, place: ClassPlace, index: number): string {
  const { x, y, is, js } = place;
  // A way home has two colours by turns, so that its ends are classes of their own: `columnKey` tells even from odd.
  const parity = is[0]! % 2;
  if (result && is.some((i) => i % 2 !== parity)) throw new Error(`columns of a class of ${role.name} are alike`);
  const home = result ? [spare.color + (1 - parity), spare.color + parity] : [];
  const params = [x > 0 ? `x - ${x}` : "x", y > 0 ? `y - ${y}` : "y", ...Object.values(role.params ?? {})];
  const cores = printCores(x, y, segmentsOf(is), segmentsOf(js));
  const colors = [...Object.values(role.colors), ...home].join(", ");
  return `    class ${role.name}_${index} = @${role.name} on ${cores} colors(${colors}) params(${params.join(", ")})`;
}

function printCores(x: number, y: number, columns: readonly Segment[], rows: readonly Segment[]): string {
  return rows
    .flatMap((row) =>
      columns.map((column) => {
        const step = column.step === 1 && row.step === 1 ? "" : ` step(${column.step}, ${row.step})`;
        return `(${x + column.start},${y + row.start})+${column.count}x${row.count}${step}`;
      }),
    )
    .join(", ");
}

function printRoutes({ machine, width, height, flows }: RegionProgram): string[] {
  const { x, y } = usableRect(machine);
  const printed: string[] = [];
  for (const { axis, flows: some, lines } of flows) {
    const length = axis === "x" ? width : height;
    const across = segmentsOf(lines ?? range(axis === "x" ? height : width));
    for (const [color, rules] of rulesOfFlows(axis, some)) {
      const text = (position: number): string => {
        const rule = rules.get(position);
        return rule ? `${rule.from} -> ${rule.to.join(" ")}` : "";
      };
      for (const [rule, positions] of groupPositions(length, text)) {
        if (rule === "") continue;
        const along = segmentsOf(positions);
        const cores = axis === "x" ? printCores(x, y, along, across) : printCores(x, y, across, along);
        printed.push(`    route color ${color} on ${cores} : ${rule}`);
      }
    }
  }
  return printed;
}

/** Every core sends its part west and passes on those from the east; row j of the region leaves as stream `y<j>`. */
function printWayHome({ machine, width, height, result, spare, type = "f32" }: RegionProgram): string[] {
  const { x, y } = usableRect(machine);
  const flows = range(width - 1).map((i): LineFlow => ({ color: spare.color + ((i + 1) % 2), from: i + 1, to: i }));
  const routes: string[] = [];
  for (const [color, rules] of rulesOfFlows("x", flows)) {
    if (color === spare.color) rules.set(0, { from: "ramp", to: ["west"] });
    for (const [rule, positions] of groupPositions(width, (i) => JSON.stringify(rules.get(i) ?? null))) {
      const parsed = JSON.parse(rule) as { from: string; to: string[] } | null;
      if (parsed === null) continue;
      const cores = printCores(x, y, segmentsOf(positions), segmentsOf(range(height)));
      routes.push(`    route color ${color} on ${cores} : ${parsed.from} -> ${parsed.to.join(" ")}`);
    }
  }
  // With one or two columns no flow within the region has the colour on which the first column sends.
  if (width < 3) routes.push(`    route color ${spare.color} on (${x},${y})+1x${height} : ramp -> west`);
  if (x > 0) routes.push(`    route color ${spare.color} on (0,${y})+${x}x${height} : east -> west`);
  const length = width * (result?.elements ?? 0);
  return [
    ...routes,
    ...range(height).map(
      (j) => `    stream out y${j} = %y${j} : ${type}[${length}] color ${spare.color} at west(0,${y + j})`,
    ),
  ];
}
