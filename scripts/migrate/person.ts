/**
 * What a converter makes of an export: people as lines of POST /api/v1/admin/import
 * (src/user-admin/import-lines.ts), and what could not be made one. Nothing vanishes: whatever of an
 * export is not in a line stands in a note, in `leftOut` or in a warning.
 */
import type { LeftOut, SourceFile } from './source.ts'

/** As the import reads it. Fields that are undefined are not written. */
export interface ImportLine {
  readonly email: string
  readonly full_name: string
  readonly hashed_password?: string | undefined
  readonly avatar_url?: string | undefined
  readonly preferences?: Record<string, unknown> | undefined
  readonly language?: string | undefined
  readonly email_verified: boolean
  readonly is_active: boolean
  readonly created_at?: string | undefined
  readonly roles?: readonly string[] | undefined
}

export interface Person {
  /** The file and line of the user in the export, such as `users.json:7`. */
  readonly at: string
  /** What the other system calls this user: two records with one id are one user. */
  readonly id: string
  /** An account of single sign-on: it gives way to one that has the same address and is none. */
  readonly isSso?: boolean
  readonly line: ImportLine
  /** The roles there; --role says what they are here. */
  readonly roles: readonly string[]
  /** What of the user is not carried over, and why. */
  readonly notes: readonly string[]
}

export interface Converted {
  readonly people: readonly Person[]
  readonly leftOut: readonly LeftOut[]
  /** About the export as a whole. */
  readonly warnings: readonly string[]
}

export type Converter = (files: readonly SourceFile[], now: Date) => Converted

/** A person, or why none can be made. */
export type Judged = Person | LeftOut

export function gathered(
  judged: readonly Judged[],
  leftOut: readonly LeftOut[],
  warnings: readonly string[] = [],
): Converted {
  return {
    people: judged.filter((each) => 'line' in each),
    leftOut: [...leftOut, ...judged.filter((each) => 'reason' in each)],
    warnings,
  }
}
