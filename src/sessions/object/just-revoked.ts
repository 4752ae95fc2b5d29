/**
 * Sessions that their own apps have just revoked (RFC 7009). Many apps sign out by revoking their tokens and then
 * sending the user to the end-session endpoint, with an ID token of the ended session. The object remembers for ten
 * minutes in which browser it was opened, in memory only: if that is lost, the user is asked.
 */
const KEPT_MS = 10 * 60_000
const MAX_KEPT = 50

export class JustRevoked {
  /** By the app session's id, in the order of the revocations. */
  readonly #kept = new Map<string, { readonly sid: string; readonly at: number }>()

  add({ id, sid }: { readonly id: string; readonly sid: string }, now: number): void {
    this.#kept.set(id, { sid, at: now })
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest)
  }

  /** The browser's session that the app's session was opened in. */
  sidOf(id: string, now: number): string | undefined {
    const found = this.#kept.get(id)
    return found && Math.abs(now - found.at) <= KEPT_MS ? found.sid : undefined
  }
}
