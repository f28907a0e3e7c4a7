// The cores of an image: those that a class names, in row-major order, as struct of arrays. Memory is one pool of words with two
// views; a core's part is as large as its code's buffers reach. Frames hold x, y, parameters and loop state (expression.ts).
import type { Machine } from "@waferc/machine";
import type { Entry } from "@waferc/ir/program";
import { ProgramFault } from "../fault.ts";
import type { CompiledCode } from "./code.ts";
import { forEachCore } from "./core-set.ts";
import { compileExpr, FIRST_PARAM_SLOT, X_SLOT, Y_SLOT } from "./expression.ts";

export interface CoreTable {
  readonly count: number;
  /** Router (y * width + x) of core k, ascending. */
  readonly router: Int32Array;
  /** Core of a router, or -1. */
  readonly ofRouter: Int32Array;
  readonly classOf: Int32Array;
  readonly codeOf: Int32Array;
  /** First word of the core's memory in the pool. */
  readonly memoryBase: Float64Array;
  readonly frameBase: Int32Array;
  readonly frames: Int32Array;
  /** Words of the pool over all cores. */
  readonly memoryWords: number;
}

/** Places the cores and fills their frames with coordinates and parameters. */
export function buildCores(
  machine: Machine,
  entry: Entry,
  codes: readonly CompiledCode[],
  steps: ReadonlyMap<string, number>,
): CoreTable {
  const { width, height } = machine;
  const classAt = new Int32Array(width * height).fill(-1);
  const numberInClass = new Int32Array(width * height);
  const dead = new Set(machine.defects.cores.map((core) => core.y * width + core.x));
  let count = 0;
  entry.classes.forEach((coreClass, c) => {
    forEachCore(coreClass.cores, (x, y, index) => {
      const place = { core: { x, y } };
      if (!(x >= 0 && y >= 0 && x < width && y < height)) {
        throw new ProgramFault(
          "SIM-001",
          `Cannot place class "${coreClass.name}" outside ${width} x ${height} cores`,
          place,
        );
      }
      const router = y * width + x;
      if (dead.has(router))
        throw new ProgramFault("SIM-001", `Cannot run class "${coreClass.name}" on a dead core`, place);
      if (classAt[router] !== -1) throw new ProgramFault("SIM-001", "Cannot put a core in two classes", place);
      classAt[router] = c;
      numberInClass[router] = index;
      count++;
    });
  });
  const table = allocateCores(width * height, count, classAt, entry, codes);
  fillFrames(table, width, numberInClass, entry, steps);
  return table;
}

function allocateCores(
  routers: number,
  count: number,
  classAt: Int32Array,
  entry: Entry,
  codes: readonly CompiledCode[],
): CoreTable {
  const router = new Int32Array(count);
  const ofRouter = new Int32Array(routers).fill(-1);
  const classOf = new Int32Array(count);
  const codeOf = new Int32Array(count);
  const memoryBase = new Float64Array(count);
  const frameBase = new Int32Array(count);
  let memoryWords = 0;
  let frameWords = 0;
  let k = 0;
  for (let r = 0; r < routers; r++) {
    const c = classAt[r]!;
    if (c < 0) continue;
    const code = entry.classes[c]!.code;
    router[k] = r;
    ofRouter[r] = k;
    classOf[k] = c;
    codeOf[k] = code;
    memoryBase[k] = memoryWords;
    frameBase[k] = frameWords;
    memoryWords += codes[code]!.memoryWords;
    frameWords += codes[code]!.frameWords;
    k++;
  }
  return {
    count,
    router,
    ofRouter,
    classOf,
    codeOf,
    memoryBase,
    frameBase,
    frames: new Int32Array(frameWords),
    memoryWords,
  };
}

function fillFrames(
  table: CoreTable,
  width: number,
  numberInClass: Int32Array,
  entry: Entry,
  steps: ReadonlyMap<string, number>,
): void {
  const slots = new Map([
    ["x", X_SLOT],
    ["y", Y_SLOT],
  ]);
  const params = entry.classes.map((coreClass) =>
    coreClass.params.map((param) =>
      param.kind === "table"
        ? { values: param.values, evaluate: undefined }
        : { values: undefined, evaluate: compileExpr(param.expr, { slots, steps }).evaluate },
    ),
  );
  const { frames } = table;
  for (let k = 0; k < table.count; k++) {
    const router = table.router[k]!;
    const base = table.frameBase[k]!;
    frames[base + X_SLOT] = router % width;
    frames[base + Y_SLOT] = Math.floor(router / width);
    params[table.classOf[k]!]!.forEach((param, i) => {
      const value = param.values ? param.values[numberInClass[router]!]! : param.evaluate(frames, base);
      frames[base + FIRST_PARAM_SLOT + i] = value;
    });
  }
}
