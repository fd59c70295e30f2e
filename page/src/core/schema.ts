// Documents with a schema, as strictly as pydantic reads them: nothing is converted, nothing unknown is taken.
//
// Errors are `document.invalid` with `document`, `claim` (where, dotted) and `problem`, pydantic's name of it.

import { inputError } from "./errors.ts";
import { isObject, type Json } from "./json.ts";

/** Reads one value at a place; throws `Invalid`. */
export type Reader<T> = (value: Json, place: string) => T;
type Shape = Readonly<Record<string, Member<unknown>>>;
interface Member<T> {
  readonly read: Reader<T>;
  readonly fallback?: () => T;
}
type Read<S extends Shape> = { [K in keyof S]: S[K] extends Member<infer T> ? T : never };

export class Invalid extends Error {
  constructor(
    readonly place: string,
    readonly problem: string,
  ) {
    super(problem);
  }
}

/** `value` as a document. Throws `document.invalid`. */
export function readDocument<T>(name: string, reader: Reader<T>, value: Json): T {
  try {
    return reader(value, "");
  } catch (error) {
    if (error instanceof Invalid) {
      throw inputError("document.invalid", { document: name, claim: error.place, problem: error.problem });
    }
    throw error;
  }
}

const below = (place: string, part: string | number): string => (place ? `${place}.${part}` : String(part));

export const needed = <T>(read: Reader<T>): Member<T> => ({ read });
export const optional = <T>(read: Reader<T>, fallback: () => T): Member<T> => ({ read, fallback });
/** Absent or null: null. */
export const maybe = <T>(read: Reader<T>): Member<T | null> => ({
  read: (value, place) => (value === null ? null : read(value, place)),
  fallback: () => null,
});
export const words = (read: Reader<string> = text()): Member<string> => optional(read, () => "");
export const many = <T>(read: Reader<T>): Member<readonly T[]> => optional(list(read), () => []);

/** Characters are counted as Python counts them: by code point. */
export function text(options: { pattern?: RegExp; min?: number; max?: number; check?: (text: string) => boolean } = {}): Reader<string> {
  return (value, place) => {
    if (typeof value !== "string") throw new Invalid(place, "string_type");
    const { pattern, min = 0, max = Number.POSITIVE_INFINITY, check } = options;
    const length = value.length > max || min > 1 ? [...value].length : value.length;
    if (length < min) throw new Invalid(place, "string_too_short");
    if (length > max) throw new Invalid(place, "string_too_long");
    if (pattern && !pattern.test(value)) throw new Invalid(place, "string_pattern_mismatch");
    if (check && !check(value)) throw new Invalid(place, "value_error");
    return value;
  };
}

export function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): Reader<number> {
  return (value, place) => {
    if (typeof value !== "number") throw new Invalid(place, "int_type");
    if (value < least) throw new Invalid(place, "greater_than_equal");
    if (value > most) throw new Invalid(place, "less_than_equal");
    return value;
  };
}

export const flag: Reader<boolean> = (value, place) => {
  if (typeof value !== "boolean") throw new Invalid(place, "bool_type");
  return value;
};

export function oneOf<const T extends string>(...choices: readonly T[]): Reader<T> {
  return (value, place) => {
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw new Invalid(place, "literal_error");
    return found;
  };
}

export function list<T>(read: Reader<T>, least = 0, most: number = Number.POSITIVE_INFINITY): Reader<readonly T[]> {
  return (value, place) => {
    if (!Array.isArray(value)) throw new Invalid(place, "tuple_type");
    const items: T[] = [];
    let first: Invalid | null = null;
    value.forEach((item, at) => {
      try {
        items.push(read(item, below(place, at)));
      } catch (error) {
        if (!(error instanceof Invalid)) throw error;
        first ??= error;
        return;
      }
      if (items.length > most) throw new Invalid(place, "too_long");
    });
    if (first !== null) throw first;
    if (items.length < least) throw new Invalid(place, "too_short");
    return items;
  };
}

export function mapping<T>(read: Reader<T>, key: Reader<string> = text()): Reader<Readonly<Record<string, T>>> {
  return (value, place) => {
    if (!isObject(value)) throw new Invalid(place, "dict_type");
    const result = Object.create(null) as Record<string, T>;
    for (const [name, item] of Object.entries(value)) {
      result[key(name, below(place, name))] = read(item, below(place, name));
    }
    return result;
  };
}

/** A text, or what the other reader takes. */
export function textOr<T>(other: Reader<T>): Reader<string | T> {
  return (value, place) => {
    if (typeof value === "string") return value;
    try {
      return other(value, place);
    } catch (error) {
      // Of several readings, pydantic names the first.
      if (error instanceof Invalid) throw new Invalid(below(place, "str"), "string_type");
      throw error;
    }
  };
}

/** An object with these members and no others; `check` names what is wrong with it as a whole, or null. */
export function object<S extends Shape>(shape: S, check?: (value: Read<S>) => string | null): Reader<Read<S>> {
  const members = Object.entries(shape);
  return (value, place) => {
    if (!isObject(value)) throw new Invalid(place, "model_type");
    const result: Record<string, unknown> = {};
    for (const [name, member] of members) {
      const found = value[name];
      if (found !== undefined) result[name] = member.read(found, below(place, name));
      else if (member.fallback) result[name] = member.fallback();
      else throw new Invalid(below(place, name), "missing");
    }
    for (const name of Object.keys(value)) {
      if (!Object.hasOwn(shape, name)) throw new Invalid(below(place, name), "extra_forbidden");
    }
    const problem = check?.(result as Read<S>);
    if (problem) throw new Invalid(place, problem);
    return result as Read<S>;
  };
}
