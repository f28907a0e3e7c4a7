/** Which colours are taken at which routers. */
export class ColorMap {
  readonly count: number;
  /** Bit c of word r: colour c is taken at router r (y * width + x). */
  readonly #taken: Uint32Array;

  constructor(routers: number, colors: number) {
    if (colors > 32) throw new RangeError(`at most 32 colours, not ${colors}`);
    this.count = colors;
    this.#taken = new Uint32Array(routers);
  }

  isTaken(router: number, color: number): boolean {
    return ((this.#taken[router] ?? 0) & (1 << color)) !== 0;
  }

  take(router: number, color: number): void {
    this.#taken[router] = (this.#taken[router] ?? 0) | (1 << color);
  }

  free(router: number, color: number): void {
    this.#taken[router] = (this.#taken[router] ?? 0) & ~(1 << color);
  }
}
