// Repeated numbers of a tensor as the file has them: a view of the packed bytes, decoded when somebody reads them. A model with
// its weights in float_data is imported without touching them.

export class ScalarRun {
  /** The values one after the other, packed; varints or little-endian numbers. */
  readonly bytes: Uint8Array;
  readonly length: number;

  private constructor(bytes: Uint8Array, length: number) {
    this.bytes = bytes;
    this.length = length;
  }

  static fixed(bytes: Uint8Array, width: 4 | 8): ScalarRun {
    return new ScalarRun(bytes, bytes.length / width);
  }

  /** Every varint ends in the one byte of it below 128. */
  static varints(bytes: Uint8Array): ScalarRun {
    let count = 0;
    for (let i = 0; i < bytes.length; i++) count += 1 - ((bytes[i] ?? 0) >> 7);
    return new ScalarRun(bytes, count);
  }

  /** This run and another behind it: files may write a field in several parts. */
  concat(other: ScalarRun): ScalarRun {
    const bytes = new Uint8Array(this.bytes.length + other.bytes.length);
    bytes.set(this.bytes);
    bytes.set(other.bytes, this.bytes.length);
    return new ScalarRun(bytes, this.length + other.length);
  }

  /** Calls `use` with the low and high 32 bits of every varint, both unsigned. */
  forEachVarint(use: (low: number, high: number, index: number) => void): void {
    const { bytes } = this;
    let position = 0;
    for (let index = 0; index < this.length; index++) {
      let low = 0;
      let high = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[position++] ?? 0;
        const bits = byte & 127;
        if (shift < 28) low |= bits << shift;
        else if (shift === 28) {
          low |= bits << 28;
          high |= bits >> 4;
        } else high |= bits << (shift - 32);
        if (byte < 128) break;
      }
      use(low >>> 0, high >>> 0, index);
    }
  }
}
