// Branded numbers and strings: a KernelId is not a FlowId, and Bytes are not Cycles, though all are numbers at run time.

declare const brand: unique symbol;

/** `T` marked with a name that only a cast puts on: `type KernelId = Branded<number, "KernelId">`. */
export type Branded<T, Name extends string> = T & { readonly [brand]: Name };

export type Cycles = Branded<number, "Cycles">;
export type Bytes = Branded<number, "Bytes">;
export type Wavelets = Branded<number, "Wavelets">;
