// One error class with the codes and fields of escrowd/errors.py: the sentences are in the page's texts.

export type Family = "input" | "card" | "integrity" | "refused" | "conflict" | "not-found" | "unavailable";
export type Fields = Readonly<Record<string, string | number | boolean>>;

/** What went wrong. `fields` never hold a secret (of a card's word: its position only). */
export class EscrowError extends Error {
  constructor(
    readonly family: Family,
    readonly code: string,
    readonly fields: Fields = {},
  ) {
    super(code);
    this.name = "EscrowError";
  }

  /** The same error with one more field. */
  with(fields: Fields): EscrowError {
    return new EscrowError(this.family, this.code, { ...this.fields, ...fields });
  }
}

export const inputError = (code: string, fields?: Fields): EscrowError => new EscrowError("input", code, fields);
export const cardError = (code: string, fields?: Fields): EscrowError => new EscrowError("card", code, fields);
export const integrityError = (code: string, fields?: Fields): EscrowError =>
  new EscrowError("integrity", code, fields);
export const conflictError = (code: string, fields?: Fields): EscrowError =>
  new EscrowError("conflict", code, fields);
export const notFoundError = (code: string, fields?: Fields): EscrowError =>
  new EscrowError("not-found", code, fields);

/** Run `act`; an `EscrowError` comes back as a value, anything else is thrown on. */
export function attempt<T>(act: () => T): { value: T; error: null } | { value: null; error: EscrowError } {
  try {
    return { value: act(), error: null };
  } catch (error) {
    if (error instanceof EscrowError) return { value: null, error };
    throw error;
  }
}
