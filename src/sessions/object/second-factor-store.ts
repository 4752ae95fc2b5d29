/**
 * Second factors in the user's object: challenges (the proof of a password step), one budget of tries
 * over all of them and the signed-in proofs (second-factor-budget.ts), and the last TOTP step that was
 * accepted. A try is counted before any code is compared; a step at or before the last one is never
 * accepted again.
 */
import { randomId } from '../../crypto/encoding'
import { SecondFactorBudget } from './second-factor-budget'

const TRIES_PER_CHALLENGE = 5
/** More can only be open at once when somebody plays with a right password. */
const MAX_CHALLENGES = 10

export interface Challenge {
  readonly cid: string
  readonly expiresAt: number
  readonly credentialVersion: number
  readonly isRemembered: boolean
  readonly tries: number
}

export class SecondFactorStore {
  readonly budget: SecondFactorBudget

  constructor(private readonly sql: SqlStorage) {
    this.budget = new SecondFactorBudget(sql)
  }

  /** Opens a challenge; the oldest makes room. */
  open(expiresAt: number, credentialVersion: number, isRemembered: boolean): string {
    const cid = randomId()
    this.sql.exec(
      `DELETE FROM challenges WHERE cid NOT IN
        (SELECT cid FROM challenges ORDER BY expires_at DESC LIMIT ?)`,
      MAX_CHALLENGES - 1,
    )
    this.sql.exec(
      'INSERT INTO challenges (cid, expires_at, credential_version, is_remembered) VALUES (?, ?, ?, ?)',
      cid,
      expiresAt,
      credentialVersion,
      isRemembered ? 1 : 0,
    )
    return cid
  }

  /** A challenge that still stands under these credentials and has tries left or in use. */
  find(cid: string, credentialVersion: number, now: number): Challenge | undefined {
    const [row] = this.sql
      .exec<ChallengeRow>(
        `SELECT cid, expires_at, credential_version, is_remembered, tries FROM challenges
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
    }
  }

  /** Counts a try against one challenge; false when it has none left. */
  useTry(challenge: Challenge): boolean {
    if (challenge.tries >= TRIES_PER_CHALLENGE) return false
    this.sql.exec('UPDATE challenges SET tries = tries + 1 WHERE cid = ?', challenge.cid)
    return true
  }

  /** Counts a wrong answer to a challenge; true for its first, and for one to a challenge that has gone. */
  isFirstWrong(cid: string): boolean {
    const [row] = this.sql
      .exec<{ wrong_answers: number }>(
        'UPDATE challenges SET wrong_answers = wrong_answers + 1 WHERE cid = ? RETURNING wrong_answers',
        cid,
      )
      .toArray()
    return row === undefined || row.wrong_answers === 1
  }

  end(cid: string): void {
    this.sql.exec('DELETE FROM challenges WHERE cid = ?', cid)
  }

  /** Challenges end with the credentials that opened them. */
  endOlder(credentialVersion: number): void {
    this.sql.exec('DELETE FROM challenges WHERE credential_version <> ?', credentialVersion)
  }

  /** Ends challenges opened up to an instant, by how long one lives. */
  endOpened(until: number, livesMs: number, now: number): void {
    this.sql.exec(
      'DELETE FROM challenges WHERE expires_at <= ? OR expires_at > ?',
      until + livesMs,
      now + livesMs,
    )
  }

  /** Accepts a TOTP step once and for all; false when it, or a later one, was accepted before. */
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

  /** When something here lapses next, in milliseconds; infinity when nothing does. */
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
  cid: string
  expires_at: number
  credential_version: number
  is_remembered: number
  tries: number
}
