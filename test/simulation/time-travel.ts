/**
 * D1 set back while the objects stay, and what the runbook then does: new token and signing keys, so
 * everyone signs in again and no old link works; versions heal at the next sign-in or sync.
 */
import { env } from 'cloudflare:workers'
import type { Core, Somebody } from './model'
import { bringBack, keep } from './set-back'
import type { Operation } from './sign-in'

interface Kept {
  readonly core: Core | null
  readonly hash: string | null
  readonly credentialVersion: number
  readonly secret: string | null
  /** Credential ids of the passkeys that D1 had. */
  readonly passkeys: readonly string[]
}

export const takeSnapshot: Operation = async (world) => {
  await keep('snapshot')
  world.act()
  const people = world.people.map(({ id, core, hash, credentialVersion, secret, passkeys }) => {
    const there = passkeys.filter(({ state }) => state === 'live')
    const ids = there.map(({ credentialId }) => credentialId)
    return [id, { core, hash, credentialVersion, secret, passkeys: ids }] as const
  })
  world.snapshot = { people: new Map(people), roles: new Map(world.roles) }
}

export const restore: Operation = async (world) => {
  const { snapshot } = world
  if (!snapshot) return
  await bringBack('snapshot')
  await env.DB.prepare('DELETE FROM signing_keys').run()
  // What was sent since then is pending once more.
  for (const id of world.mails.keys()) world.disturbed.add(id)
  world.act()
  world.isSetBack = true
  world.restores += 1
  world.worker = world.newWorker({ TOKEN_KEYS: newKey(world.restores) })
  world.arm()
  for (const link of world.links) link.state = 'dead'
  // Users who came later are not in D1 any more, and their ids may be handed out again.
  const later = world.people.filter(({ id }) => !snapshot.people.has(id))
  for (const who of later) world.people.splice(world.people.indexOf(who), 1)
  for (const who of world.people) goBack(who, snapshot.people.get(who.id))
  world.roles = new Map(snapshot.roles)
  world.rolesChangedAt = Date.now()
  world.events.splice(0)
  world.notifications.splice(0)
}

function goBack(who: Somebody, kept: Kept | undefined): void {
  if (!kept) return
  who.isTombstone ||= who.isErased && !who.isUntold
  who.mayBeTombstone = who.isErased && !who.isTombstone
  who.isErased = false
  const { core, hash, credentialVersion, secret } = kept
  Object.assign(who, { core, hash, credentialVersion, secret })
  who.pendingSecret = null
  // Those made since then are gone. Those removed since then are back in D1, and their object refuses them.
  for (const passkey of who.passkeys)
    if (!kept.passkeys.includes(passkey.credentialId)) passkey.state = 'dead'
  for (const device of who.devices) device.state = 'dead'
  // Which of them were spent by then is not known any more.
  who.recovery = []
  who.spent = []
  who.isUntold = true
  // The user’s object may still have the sessions; none of their tokens works. It is told at the
  // next sign-in.
  for (const session of who.sessions) {
    session.token = ''
    session.refreshes.length = 0
    if (session.state === 'live' || session.state === 'pending') session.state = 'perhaps'
  }
}

const newKey = (n: number): string =>
  `after${n}:${new Uint8Array(32).map((_, i) => (i * 37 + n * 101) % 256).toBase64({ alphabet: 'base64url', omitPadding: true })}`
