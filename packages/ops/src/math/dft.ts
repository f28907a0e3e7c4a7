// The discrete Fourier transform of any length, in doubles: mixed-radix decimation in time, with roots of unity that are computed once, each from an
// angle within an eighth of a turn, so that none drifts. A prime factor p of the length costs p steps an element: a large prime is slow.

export interface Complexes {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

export function newComplexes(length: number): Complexes {
  return { re: new Float64Array(length), im: new Float64Array(length) };
}

/** exp(-2 pi i k / n) for k from 0 to n - 1. */
export function unitRoots(n: number): Complexes {
  const roots = newComplexes(n);
  for (let k = 0; k < n; k++) {
    const quarter = Math.floor((4 * k) / n);
    const [cos, sin] = quarterTurn(4 * k - quarter * n, n);
    // cos and sin of a turn by that many quarters more.
    const [c, s] = [
      [cos, sin],
      [-sin, cos],
      [-cos, -sin],
      [sin, -cos],
    ][quarter] as [number, number];
    roots.re[k] = c;
    roots.im[k] = -s;
  }
  return roots;
}

/** cos and sin of `part / n` of a quarter turn. */
function quarterTurn(part: number, n: number): [number, number] {
  if (2 * part <= n) return [Math.cos((Math.PI * part) / (2 * n)), Math.sin((Math.PI * part) / (2 * n))];
  const rest = (Math.PI * (n - part)) / (2 * n);
  return [Math.sin(rest), Math.cos(rest)];
}

/** X[k] = sum of x[t] exp(-2 pi i k t / n), for `unitRoots(n)`. */
export function forwardDft(x: Complexes, roots: Complexes): Complexes {
  return transform(x, 0, 1, roots);
}

/** x[t] = 1/n sum of X[k] exp(2 pi i k t / n), for `unitRoots(n)`. */
export function inverseDft({ re, im }: Complexes, roots: Complexes): Complexes {
  const swapped = forwardDft({ re: im, im: re }, roots);
  const n = roots.re.length;
  return { re: swapped.im.map((value) => value / n), im: swapped.re.map((value) => value / n) };
}

/** The transform of the elements `start`, `start + stride`, .. of x. */
function transform(x: Complexes, start: number, stride: number, roots: Complexes): Complexes {
  const total = roots.re.length;
  const n = total / stride;
  if (n === 1) return { re: x.re.slice(start, start + 1), im: x.im.slice(start, start + 1) };
  const parts = smallestFactor(n);
  const length = n / parts;
  const spectra = Array.from({ length: parts }, (_, i) => transform(x, start + i * stride, stride * parts, roots));
  const result = newComplexes(n);
  for (let k = 0; k < n; k++) {
    let [re, im] = [0, 0];
    for (let i = 0; i < parts; i++) {
      const spectrum = spectra[i]!;
      const [a, b] = [spectrum.re[k % length]!, spectrum.im[k % length]!];
      const at = ((i * k) % n) * stride;
      const [c, s] = [roots.re[at]!, roots.im[at]!];
      re += a * c - b * s;
      im += a * s + b * c;
    }
    result.re[k] = re;
    result.im[k] = im;
  }
  return result;
}

function smallestFactor(n: number): number {
  for (let factor = 2; factor * factor <= n; factor++) if (n % factor === 0) return factor;
  return n;
}
