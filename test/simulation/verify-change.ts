/** The link to a wanted address: verified in a session or by the password, declined, or tried with neither. */
import { env } from 'cloudflare:workers'
import { mailTokenHash } from '../../src/crypto/mail-token'
import { allow, settle } from './judge'
import { ALL_LINKS_BUT_UNDO, PENDING_LINKS, type Change, type Link, type Somebody } from './model'
import type { World } from './world'

const A = '/api/v1/auth'

type Proof = { token: string } | { password: string }

/** What shows that the account is one's own; nothing where it must be refused for want of that. */
function proofOf(world: World, who: Somebody): Proof | undefined {
  const [session] = world.liveSessions(who)
  const password = who.core?.password ?? null
  if (who.core?.isExpired || world.random.chance(0.15)) return undefined
  if (session && (password === null || world.random.chance(0.6))) return { token: session.token }
  return password === null ? undefined : { password }
}

export async function useChangeLink(world: World, who: Somebody, link: Link): Promise<void> {
  if (world.random.chance(0.2)) return decline(world, who, link)
  const proof = proofOf(world, who)
  const isIn = proof !== undefined && 'token' in proof
  const ask = {
    method: 'POST',
    path: `${A}/confirm-email-change`,
    body: { token: link.token, ...(proof && !isIn && { password: proof.password }) },
    token: isIn ? proof.token : undefined,
  }
  const change: Change = {
    to: (was) => ({ ...was, email: link.address }),
    voids: ALL_LINKS_BUT_UNDO,
  }
  const mayWork = proof !== undefined && isGood(who, link)
  const givingWay = world.people.filter(
    (other) => other !== who && canBeReplaced(other, link.address),
  )
  const replies = await world.askAll(world.random.chance(0.4) ? [ask, ask, ask] : [ask])
  const good = replies.filter(({ status }) => status < 300)
  refuseWrong(link, good.length, mayWork)
  const isTaken = world.people.some((other) => other !== who && other.addresses.has(link.address))
  // A session may be of an account state that its object has not heard of yet.
  const isUnproved = proof === undefined || who.isUntold ? ['422 validation_failed'] : []
  const isThrottled = who.lost >= 5 ? ['429 too_many_attempts'] : []
  for (const reply of replies) {
    if (reply.status < 300) continue
    const mustWork = mayWork && link.state === 'open' && good.length === 0 && !world.isStruck
    const refusals = mustWork && !isTaken && !world.isSetBack ? [] : ['400 invalid_token']
    if (isTaken) refusals.push('409 email_taken')
    allow(world, reply, ...refusals, ...isUnproved, ...isThrottled)
    if (reply.status === 503) who.lost += 1
  }
  const told = good[0] ?? replies.find(({ status }) => status === 503)
  if (!told || !mayWork || who.core === null) return
  if (await settle(world, who, told, change)) {
    link.state = 'used'
    await reconsiderUndos(world, who, link)
    for (const other of givingWay) await settle(world, other, told, { to: () => null })
    if (told.status < 300)
      world.count(`reached change of address ${isIn ? 'in a session' : 'by password'}`)
  }
}

/**
 * A change keeps the older undo links as long as its own; one back to an address that such a link keeps
 * revokes it and later ones, and which those are is not modelled.
 */
async function reconsiderUndos(world: World, who: Somebody, { address }: Link): Promise<void> {
  const undos = world.links.filter(
    ({ userId, purpose }) => userId === who.id && purpose === 'undo_email_change',
  )
  const isReturn = undos.some((undo) => undo.address === address)
  for (const undo of undos) {
    if (isReturn && undo.state === 'open') undo.state = 'perhaps'
    const stored = await env.DB.prepare('SELECT expires_at FROM one_time_tokens WHERE hash = ?')
      .bind(await mailTokenHash(undo.token))
      .first<number>('expires_at')
    undo.expiresAt = stored ?? undo.expiresAt
  }
}

const isGood = ({ core }: Somebody, link: Link): boolean =>
  core?.status === 'active' && link.expiresAt > Date.now()

/** A registration that nobody verified is removed where another user proves that the mailbox is theirs. */
const canBeReplaced = ({ core }: Somebody, address: string): boolean =>
  core?.email === address && core.status === 'pending' && core.origin === 'registered'

function refuseWrong(link: Link, good: number, mayWork: boolean): void {
  if (good > 1) throw new Error(`${link.purpose} worked twice at once`)
  if (good === 1 && link.state === 'used') throw new Error(`${link.purpose} worked again`)
  if (good === 1 && (link.state === 'dead' || !mayWork))
    throw new Error(`${link.purpose} worked though it is void, or unproved`)
}

/** "This isn’t my account": the account keeps what it has. */
async function decline(world: World, who: Somebody, link: Link): Promise<void> {
  const mayWork = isGood(who, link)
  const path = `${A}/decline-email-change`
  const reply = await world.ask({ method: 'POST', path, body: { token: link.token } })
  refuseWrong(link, reply.status < 300 ? 1 : 0, mayWork)
  const mustWork = mayWork && link.state === 'open' && !world.isStruck && !world.isSetBack
  allow(world, reply, '200', ...(mustWork ? [] : ['400 invalid_token']))
  if (!mayWork || who.core === null) return
  const change: Change = { to: (was) => was, isLocal: true, voids: PENDING_LINKS }
  await settle(world, who, reply, change)
  if (reply.status < 300) world.count('reached change of address declined')
}
