/**
 * What the user's object keeps of second factors. A challenge stands for a completed password step. All
 * challenges, and proofs by signed-in users, share one budget (second-factor-budget.ts). An attempt is
 * counted before a code is compared. A TOTP step is accepted only if it is later than the last accepted
 * one, so that no code works twice (RFC 6238 section 5.2).
 */
import { randomId } from '../../crypto/encoding'
import type { Amr } from '../../events'
import { SecondFactorBudget } from './second-factor-budget'

const TRIES_PER_CHALLENGE = 5
/** A user needs one. More are open only when the right password is entered again and again. */
const MAX_CHALLENGES = 10

export interface Challenge {
  readonly cid: string
  readonly expiresAt: number
  readonly credentialVersion: number
  readonly isRemembered: boolean
  readonly tries: number
  /** How the first step was passed. */
  readonly amr: readonly Amr[]
}

export class SecondFactorStore {
  readonly budget: SecondFactorBudget

  constructor(private readonly sql: SqlStorage) {
    this.budget = new SecondFactorBudget(sql)
  }

  /** Opens a challenge, and drops the oldest ones beyond the limit. */
  open(
    expiresAt: number,
    credentialVersion: number,
    isRemembered: boolean,
    amr: readonly Amr[],
  ): string {
    const cid = randomId()
    this.sql.exec(
      `DELETE FROM challenges WHERE cid NOT IN
        (SELECT cid FROM challenges ORDER BY expires_at DESC LIMIT ?)`,
      MAX_CHALLENGES - 1,
    )
    this.sql.exec(
      'INSERT INTO challenges (cid, expires_at, credential_version, is_remembered, amr) VALUES (?, ?, ?, ?, ?)',
      cid,
      expiresAt,
      credentialVersion,
      isRemembered ? 1 : 0,
      amr.join(' '),
    )
    return cid
  }

  /** The challenge of an id, unless it has expired or was opened under other credentials. */
  find(cid: string, credentialVersion: number, now: number): Challenge | undefined {
    const [row] = this.sql
      .exec<ChallengeRow>(
        `SELECT cid, expires_at, credential_version, is_remembered, tries, amr FROM challenges
         WHERE cid = ? AND expires_at > ?`,
        cid,
        now,
      )
      .toArray()
    if (!row || row.credential_version !== credentialVersion) return undefined
    return {
      cid: row.cid,
      expiresAt: row.expires_at,
      credentialVersion: row.credential_version,
      isRemembered: row.is_remembered === 1,
      tries: row.tries,
      amr: row.amr.split(' ') as Amr[],
    }
  }

  /** Counts an attempt at a challenge; false when it has none left. */
  useTry(challenge: Challenge): boolean {
    if (challenge.tries >= TRIES_PER_CHALLENGE) return false
    this.sql.exec('UPDATE challenges SET tries = tries + 1 WHERE cid = ?', challenge.cid)
    return true
  }

  /** Counts a wrong answer. True for a challenge's first, and when the challenge is gone. */
  isFirstWrong(cid: string): boolean {
    const [row] = this.sql
      .exec<{ wrong_answers: number }>(
        'UPDATE challenges SET wrong_answers = wrong_answers + 1 WHERE cid = ? RETURNING wrong_answers',
        cid,
      )
      .toArray()
    return row === undefined || row.wrong_answers === 1
  }

  drop(cid: string): void {
    this.sql.exec('DELETE FROM challenges WHERE cid = ?', cid)
  }

  /** Drops challenges that were opened under other credentials. */
  dropOlder(credentialVersion: number): void {
    this.sql.exec('DELETE FROM challenges WHERE credential_version <> ?', credentialVersion)
  }

  /** Drops challenges opened up to an instant, as calculated from their expiry and lifetime. */
  dropOpened(until: number, livesMs: number, now: number): void {
    this.sql.exec(
      'DELETE FROM challenges WHERE expires_at <= ? OR expires_at > ?',
      until + livesMs,
      now + livesMs,
    )
  }

  /** Accepts a TOTP step; false when it or a later one has been accepted before. */
  useStep(step: number): boolean {
    const { rowsWritten } = this.sql.exec(
      `INSERT INTO totp (one, last_step) VALUES (1, ?1)
        ON CONFLICT (one) DO UPDATE SET last_step = ?1 WHERE last_step < ?1`,
      step,
    )
    return rowsWritten > 0
  }

  dropExpired(now: number): void {
    this.sql.exec('DELETE FROM challenges WHERE expires_at <= ?', now)
    this.budget.dropExpired(now)
  }

  /** When the next row expires, in milliseconds since the epoch; infinity when there is none. */
  nextExpiry(): number {
    const { at } = this.sql
      .exec<{ at: number | null }>('SELECT min(expires_at) AS at FROM challenges')
      .one()
    return Math.min(at ?? Number.POSITIVE_INFINITY, this.budget.nextExpiry())
  }

  erase(): void {
    this.sql.exec('DELETE FROM challenges; DELETE FROM totp;')
    this.budget.erase()
  }
}

type ChallengeRow = {
  amr: string
  cid: string
  expires_at: number
  credential_version: number
  is_remembered: number
  tries: number
}
