// Asking a tensor for what elements of its type do not have: numbers of strings, plain values of complex numbers. A kind of error
// of its own, because callers that run operators on data from files answer for the type, not for a mistake in their code.

export class DTypeError extends RangeError {
  constructor(message: string) {
    super(message);
    this.name = "DTypeError";
  }
}
