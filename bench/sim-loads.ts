// Loads of known size for the engines that move wavelets: what is on the wafer, and how many wavelet-hops it must take. `dense` keeps every link of its
// rows and columns busy with queues full: each row is a stream from the host that half of the rows take out again and half of them receive in pieces, each
// column a chain of `forward add` into a receiver that is slower than its senders. `sparse` is like the decoding of one token: long local work, then a
// row's broadcast and reduction of a few elements. Programs are text, by class, of any grid.

export interface SimLoad {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** The text form of the program. */
  readonly text: string;
  readonly hops: number;
  readonly inputs: ReadonlyMap<string, Float32Array>;
}

/** Elements that a receiver takes with one instruction; what it pays between two of them is what fills the queues behind it. */
const PIECE = 64;

interface DenseShape {
  readonly side: number;
  /** Wavelets of each row and of each column; multiples of 512, 0 for none. */
  readonly rows: number;
  readonly columns: number;
}

export function denseLoad({ side, rows, columns }: DenseShape): SimLoad {
  const parts = [rows > 0 ? "rows" : "", columns > 0 ? "columns" : ""].filter((part) => part !== "");
  return {
    name: `dense ${side}x${side} ${parts.join(" and ")}`,
    width: side,
    height: side,
    text: program(side, side, denseBody({ side, rows, columns })),
    hops: side * (side - 1) * (rows + columns),
    inputs: new Map(rows > 0 ? count(side).map((y) => [`x${y}`, ramp(rows, y)]) : []),
  };
}

function denseBody({ side, rows, columns }: DenseShape): string {
  const last = side - 1;
  const receivesRow = `
      bind in 0 row
      repeat r ${rows / PIECE} {
        recv row, sink[0, ${PIECE}:1]
      }`;
  const receivesColumn = `
      repeat c ${columns / PIECE} {
        recv_reduce add from, acc[0, ${PIECE}:1]
      }`;
  const code = (name: string, ...body: string[]) => `
    code @${name} colors(row, from, to) {
      buffer acc : f32[512] at 0 B
      buffer sink : f32[${PIECE}] at 2048 B
      kernel k0
      iota acc[0, 512:1], y, 1${body.join("")}
    }`;
  const bindFrom = "\n      bind in 1 from";
  const bindTo = "\n      bind out 0 to";
  const move = (step: string) => `
      repeat c ${columns / 512} {
        ${step}, acc[0, 512:1]
      }`;
  // Colours of the chain alternate: core y takes from colour 1 + y mod 2 and sends on the other.
  const classOf = (name: string, x: number, y: number, w: number, h: number, dy = 1) =>
    `\n    class c_${name}_${x}_${y} = @${name} on (${x},${y})+${w}x${h}${dy > 1 ? ` step(1,${dy})` : ""} colors(0, ${1 + (y % 2)}, ${2 - (y % 2)})`;
  const lines: string[] = [];
  if (columns > 0) {
    lines.push(code("first", bindTo, move("send to")));
    lines.push(code("middle", bindFrom, bindTo, move("forward add from -> to")));
    lines.push(code("last", bindFrom, receivesColumn));
    lines.push(classOf("first", 0, 0, side, 1));
    for (const y of [1, 2]) lines.push(classOf("middle", 0, y, side, Math.floor((side - y) / 2), 2));
    lines.push(classOf("last", 0, last, last, 1));
  }
  if (rows > 0 && columns > 0) {
    // The bottom right core takes part in both; the other receivers of rows have no part in a column.
    lines.push(code("corner", bindFrom, receivesColumn, receivesRow), classOf("corner", last, last, 1, 1));
  } else if (rows > 0) {
    lines.push(code("taker", receivesRow), classOf("taker", last, 1, 1, side / 2, 2));
  } else {
    lines.push(classOf("last", last, last, 1, 1));
  }
  if (columns > 0) lines.push(columnRoutes(side));
  if (rows > 0) lines.push(rowRoutes(side, columns > 0 ? (y) => y === last : (y) => y % 2 === 1, rows));
  return lines.join("");
}

function columnRoutes(side: number): string {
  const routes: string[] = [];
  for (const y of [0, 1]) {
    const color = 2 - y;
    const senders = Math.floor((side - y) / 2);
    routes.push(`\n    route color ${color} on (0,${y})+${side}x${senders} step(1,2) : ramp -> south`);
    const first = y + 1;
    const takers = Math.floor((side - first + 1) / 2);
    routes.push(`\n    route color ${color} on (0,${first})+${side}x${takers} step(1,2) : north -> ramp`);
  }
  return routes.join("");
}

function rowRoutes(side: number, isTaken: (y: number) => boolean, rows: number): string {
  const routes = [`\n    route color 0 on (0,0)+${side - 1}x${side} : west -> east`];
  const streams: string[] = [];
  for (const y of count(side)) {
    routes.push(`\n    route color 0 on (${side - 1},${y})+1x1 : west -> ${isTaken(y) ? "ramp" : "east"}`);
    streams.push(`\n    stream in x${y} = %x${y} : f32[${rows}] color 0 at west(0,${y})`);
    if (!isTaken(y)) streams.push(`\n    stream out y${y} = %y${y} : f32[${rows}] color 0 at east(${side - 1},${y})`);
  }
  return [...routes, ...streams].join("");
}

interface SparseShape {
  readonly side: number;
  readonly elements: number;
  readonly tokens: number;
}

export function sparseLoad({ side, elements, tokens }: SparseShape): SimLoad {
  const last = side - 1;
  const buffers = `
      buffer x : f32[${elements}] at 0 B
      buffer w : f32[${elements * elements}] at ${4 * elements} B
      buffer y : f32[${elements}] at ${4 * (elements + elements * elements)} B
      kernel k0
      iota x[0, ${elements}:1], y, 1`;
  // Rows begin one after the other, so that a few of them are at work at any time.
  const start = `
      repeat s y {
        matmul y[0, 1:1, ${elements}:1], x[0, 1:1, ${elements}:1], w[0, ${elements}:${elements}, ${elements}:1]
      }`;
  const work = `matmul y[0, 1:1, ${elements}:1], x[0, 1:1, ${elements}:1], w[0, ${elements}:${elements}, ${elements}:1]`;
  const all = `[0, ${elements}:1]`;
  const body = `
    code @root colors(down, from, to) {${buffers}
      bind out 0 down
      bind in 1 from${start}
      repeat t ${tokens} {
        send down, x${all}
        ${work}
        recv_reduce add from, y${all}
      }
    }
    code @middle colors(down, from, to) {${buffers}
      bind in 0 down
      bind in 1 from
      bind out 1 to
      repeat t ${tokens} {
        recv down, x${all}
        ${work}
        forward add from -> to, y${all}
      }
    }
    code @last colors(down, from, to) {${buffers}
      bind in 0 down
      bind out 1 to
      repeat t ${tokens} {
        recv down, x${all}
        ${work}
        send to, y${all}
      }
    }
    class root = @root on (0,0)+1x${side} colors(0, 2, 1)
    class odd = @middle on (1,0)+${side / 2 - 1}x${side} step(2,1) colors(0, 1, 2)
    class even = @middle on (2,0)+${side / 2 - 1}x${side} step(2,1) colors(0, 2, 1)
    class last = @last on (${last},0)+1x${side} colors(0, 1, 2)
    route color 0 on (0,0)+1x${side} : ramp -> east
    route color 0 on (1,0)+${side - 2}x${side} : west -> east ramp
    route color 0 on (${last},0)+1x${side} : west -> ramp
    route color 2 on (1,0)+${side / 2}x${side} step(2,1) : ramp -> west
    route color 2 on (0,0)+${side / 2}x${side} step(2,1) : east -> ramp
    route color 1 on (2,0)+${side / 2 - 1}x${side} step(2,1) : ramp -> west
    route color 1 on (1,0)+${side / 2 - 1}x${side} step(2,1) : east -> ramp`;
  return {
    name: `sparse ${side}x${side}`,
    width: side,
    height: side,
    text: program(side, side, body),
    hops: 2 * side * (side - 1) * elements * tokens,
    inputs: new Map(),
  };
}

function program(width: number, height: number, body: string): string {
  const machine = `mesh${width}x${height}`;
  return `dfir 1 program @load for ${machine} grid ${width}x${height}\n  kernel k0 = load "load"\n  entry @main {${body}\n  }\n`;
}

function count(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

function ramp(length: number, from: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => from + i);
}
