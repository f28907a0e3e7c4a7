// Pinned inputs: a number or truth value for all elements, or a tensor that is kept as .npy bytes by digest, so that dumps and compiled
// directories carry it along.
import { fullTensor, readNpy, writeNpy, type Tensor } from "@waferc/numerics";
import type { TensorSpec } from "../data/tensor-spec.ts";

export type PinValue = Tensor | number | boolean;

/** As build sections and manifests have it: the digest is that of the .npy bytes. */
export type PinRecord = number | boolean | { readonly sha256: string };

export interface ByteStore {
  put(bytes: Uint8Array): string;
}

export function recordPin(pin: PinValue, store: ByteStore): PinRecord {
  return typeof pin === "object" ? { sha256: store.put(writeNpy(pin)) } : pin;
}

export function resolvePin(pin: PinRecord, read: (sha256: string) => Uint8Array): PinValue {
  return typeof pin === "object" ? readNpy(read(pin.sha256), "pinned input") : pin;
}

/** The tensor that a pinned input has, given its bound type. */
export function pinTensor(pin: PinValue, { name, dtype, shape }: TensorSpec): Tensor {
  if (typeof pin === "object") return pin;
  const extents = shape?.filter((dim) => typeof dim === "number") ?? [];
  if (dtype === undefined || extents.length !== shape?.length)
    throw new RangeError(`input "${name}" has no bound type`);
  return fullTensor(dtype, extents, pin);
}
