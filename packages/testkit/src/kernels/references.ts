/** What kernels should compute, as plain loops in double precision; inputs are row-major. Independent of `ops`, which the compiler uses itself. */

export const UNARY: { readonly [fn: string]: (x: number) => number } = {
  neg: (x) => -x,
  abs: Math.abs,
  exp: Math.exp,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  silu: (x) => x / (1 + Math.exp(-x)),
  gelu_tanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  relu: (x) => Math.max(x, 0),
};

export function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

export function matmul(a: ArrayLike<number>, b: ArrayLike<number>, m: number, k: number, n: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += (a[i * k + l] ?? 0) * (b[l * n + j] ?? 0);
      out.push(sum);
    }
  }
  return out;
}

function mapRows(x: Float32Array, cols: number, row: (values: readonly number[]) => readonly number[]): number[] {
  const out: number[] = [];
  for (let start = 0; start < x.length; start += cols) out.push(...row([...x.subarray(start, start + cols)]));
  return out;
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** Layer norm with a bias, RMS norm without one. */
export function norm(
  x: Float32Array,
  cols: number,
  scale: Float32Array,
  bias: Float32Array | undefined,
  eps: number,
): number[] {
  return mapRows(x, cols, (values) => {
    const center = bias === undefined ? 0 : mean(values);
    const deviation = Math.sqrt(mean(values.map((value) => (value - center) ** 2)) + eps);
    return values.map((value, i) => ((value - center) / deviation) * (scale[i] ?? 0) + (bias?.[i] ?? 0));
  });
}

export function softmax(x: Float32Array, cols: number): number[] {
  return mapRows(x, cols, (values) => {
    const weights = values.map((value) => Math.exp(value - Math.max(...values)));
    return weights.map((weight) => weight / weights.reduce((a, b) => a + b, 0));
  });
}

export function reduceRows(x: Float32Array, cols: number, fn: string): number[] {
  return mapRows(x, cols, (values) => {
    if (fn === "max") return [Math.max(...values)];
    if (fn === "min") return [Math.min(...values)];
    return [fn === "mean" ? mean(values) : mean(values) * values.length];
  });
}

export function rotate(
  x: Float32Array,
  cos: Float32Array,
  sin: Float32Array,
  cols: number,
  headDim: number,
  partner: "half" | "interleaved",
): number[] {
  return [...x].map((value, i) => {
    const column = i % cols;
    const inHead = column % headDim;
    const other = partner === "half" ? column - inHead + ((inHead + headDim / 2) % headDim) : column ^ 1;
    return value * (cos[i] ?? 0) + (x[i - column + other] ?? 0) * (sin[i] ?? 0);
  });
}

/** The same, with a row of angles for each row of x and for all heads, of which the first `rotaryDim` columns turn. */
export function rotateHeads(
  x: Float32Array,
  cos: Float32Array,
  sin: Float32Array,
  {
    cols,
    headDim,
    rotaryDim,
    partner,
  }: { cols: number; headDim: number; rotaryDim: number; partner: "half" | "interleaved" },
): number[] {
  const half = rotaryDim / 2;
  return [...x].map((value, i) => {
    const [row, inHead] = [Math.floor(i / cols), (i % cols) % headDim];
    if (inHead >= rotaryDim) return value;
    const isFirst = partner === "half" ? inHead < half : inHead % 2 === 0;
    const [step, angle] = partner === "half" ? [half, inHead % half] : [1, inHead >> 1];
    const other = x[isFirst ? i + step : i - step] ?? 0;
    const at = row * half + angle;
    return value * (cos[at] ?? 0) + (isFirst ? -other : other) * (sin[at] ?? 0);
  });
}

export interface AttentionShape {
  readonly batch: number;
  readonly seq: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly causal: boolean;
  readonly mask: string;
  readonly maskHeads: number;
  readonly softcap: number;
  readonly scale: number;
}

export function attention(
  q: Float32Array,
  k: Float32Array,
  v: Float32Array,
  mask: Float32Array,
  p: AttentionShape,
): Float32Array {
  const out = new Float32Array(q.length);
  for (let row = 0; row < p.batch * p.seq; row++) {
    const batch = Math.floor(row / p.seq);
    const seen = p.causal ? (row % p.seq) + 1 : p.seq;
    for (let head = 0; head < p.heads; head++) {
      const kvHead = Math.floor((head * p.kvHeads) / p.heads);
      const at = (j: number) => ((batch * p.seq + j) * p.kvHeads + kvHead) * p.headDim;
      const query = (row * p.heads + head) * p.headDim;
      const scores = Array.from({ length: seen }, (_, j) => {
        let score = 0;
        for (let d = 0; d < p.headDim; d++) score += (q[query + d] ?? 0) * (k[at(j) + d] ?? 0);
        const maskRow = (p.mask === "batch" ? batch : row) * p.maskHeads + (p.maskHeads === 1 ? 0 : head);
        const scaled = p.softcap === 0 ? score * p.scale : p.softcap * Math.tanh((score * p.scale) / p.softcap);
        return Math.exp(scaled + (mask[maskRow * p.seq + j] ?? 0));
      });
      const total = scores.reduce((a, b) => a + b, 0);
      for (let d = 0; d < p.headDim; d++) {
        // A query without a key gets nothing.
        const share = total === 0 ? 0 : 1 / total;
        out[query + d] = scores.reduce((sum, score, j) => sum + score * share * (v[at(j) + d] ?? 0), 0);
      }
    }
  }
  return out;
}

/** Indices of every element of a shape, row-major. */
function* indices(shape: readonly number[]): Generator<readonly number[]> {
  for (let flat = 0; flat < product(shape); flat++) {
    let rest = flat;
    yield shape.map((_, d) => {
      const stride = product(shape.slice(d + 1));
      const index = Math.floor(rest / stride);
      rest %= stride;
      return index;
    });
  }
}

export function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, d) => product(shape.slice(d + 1)));
}

export function view(x: Float32Array, shape: readonly number[], strides: readonly number[], offset: number): number[] {
  return [...indices(shape)].map((index) => x[index.reduce((sum, i, d) => sum + i * (strides[d] ?? 0), offset)] ?? 0);
}

export function concat(
  a: Float32Array,
  left: readonly number[],
  b: Float32Array,
  right: readonly number[],
  axis: number,
): number[] {
  const shape = left.map((dim, d) => (d === axis ? dim + (right[d] ?? 0) : dim));
  const flat = (index: readonly number[], of: readonly number[]) =>
    index.reduce((sum, i, d) => sum * (of[d] ?? 1) + i, 0);
  return [...indices(shape)].map((index) => {
    const split = left[axis] ?? 0;
    if ((index[axis] ?? 0) < split) return a[flat(index, left)] ?? 0;
    return (
      b[
        flat(
          index.map((i, d) => (d === axis ? i - split : i)),
          right,
        )
      ] ?? 0
    );
  });
}
