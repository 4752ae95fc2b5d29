/**
 * The result of a converter: people as lines of POST /api/v1/admin/import
 * (src/user-admin/import-lines.ts), and what could not be converted. Nothing is lost silently: what
 * is not in a line is in a note, in `leftOut` or in a warning.
 */
import type { LeftOut, SourceFile } from './source.ts'

/** A line as the import reads it. Fields that are undefined are not written. */
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
  /** The other system's id of this user. Two records with one id are one user. */
  readonly id: string
  /**
   * A single sign-on account. An account with the same address that is not one takes precedence.
   */
  readonly isSso?: boolean
  readonly line: ImportLine
  /** The roles in the other system, which --role maps to ours. */
  readonly roles: readonly string[]
  /** What is not carried over of the user, and why. */
  readonly notes: readonly string[]
}

export interface Converted {
  readonly people: readonly Person[]
  readonly leftOut: readonly LeftOut[]
  /** About the export as a whole. */
  readonly warnings: readonly string[]
}

export type Converter = (files: readonly SourceFile[], now: Date) => Converted

/** A person, or the reason why the record cannot be converted. */
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
