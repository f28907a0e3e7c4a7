// What is used of https://webassembly.github.io/spec/js-api/; the language's own declarations leave it out.

interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean;
  Memory: new (descriptor: { initial: number }) => { readonly buffer: ArrayBuffer };
  Module: new (bytes: Uint8Array) => object;
  Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, object>>>>,
  ) => {
    readonly exports: Readonly<Record<string, unknown>>;
  };
}
export const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi | undefined };

export const PAGE_BYTES = 65536;
