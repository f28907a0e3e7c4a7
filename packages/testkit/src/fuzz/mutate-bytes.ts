// Changes the bytes of a file without knowing what they mean: flips, cuts, repetitions, splices and lengths that are wrong.
import type { Rng } from "@waferc/base";

/** A copy of the bytes with a few changes; `other` is a file to splice from. */
export function mutateBytes(bytes: Uint8Array, other: Uint8Array, rng: Rng): Uint8Array {
  let result: Uint8Array = bytes.slice();
  for (let n = rng.between(1, 4); n > 0; n--) result = mutateOnce(result, other, rng);
  return result;
}

function mutateOnce(bytes: Uint8Array, other: Uint8Array, rng: Rng): Uint8Array {
  if (bytes.length === 0) return Uint8Array.of(rng.below(256));
  const at = rng.below(bytes.length);
  const length = 1 + rng.below(Math.min(32, bytes.length - at));
  switch (rng.below(7)) {
    case 0:
      bytes[at] = rng.below(256);
      return bytes;
    case 1:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << rng.below(8));
      return bytes;
    case 2:
      return join(bytes.subarray(0, at), bytes.subarray(at + length));
    case 3:
      return join(bytes.subarray(0, at + length), bytes.subarray(at));
    case 4:
      return rng.chance(0.3) ? bytes.slice(0, at) : bytes;
    case 5: {
      const from = rng.below(other.length);
      return join(bytes.subarray(0, at), other.subarray(from, from + rng.below(64)), bytes.subarray(at));
    }
    default:
      bytes.fill(rng.pick([0, 0x7f, 0x80, 0xff]), at, at + rng.below(10));
      return bytes;
  }
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
