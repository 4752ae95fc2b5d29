/** What must hold when a run is over and everything has had its time. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { sessionHash } from '../../src/crypto/session-hash'
import { said } from '../faults/injected'
import { broken } from '../faults/invariants'
import { appsWereTold, compareApps } from './apps'
import { arrive, heal } from './background'
import { compare, compareSessions } from './judge'
import type { World } from './world'

export async function theEnd(world: World): Promise<void> {
  await heal(world)
  await arrive(world)
  await heal(world)
  // What has expired meanwhile.
  await arrive(world)
  await compare(world)
  for (const who of world.people) {
    await compareSessions(world, who)
    await compareApps(world, who)
  }
  const faults = await broken()
  if (faults.length > 0) throw new Error(faults.join('; '))
  await signInsAreCounted(world)
  await appsWereTold(world)
  mailsLeftOnce(world)
  await nothingIsTold(world)
}

/** Every session that was opened has its sign-in in the audit log, once; the erased are passed over. */
async function signInsAreCounted(world: World): Promise<void> {
  const { results } = await env.DB.prepare(
    "SELECT data ->> 'session_id' AS sid FROM audit_log WHERE event = 'auth.signed_in'",
  ).all<{ sid: string }>()
  const recorded = new Set(results.map(({ sid }) => sid))
  if (recorded.size < results.length) throw new Error('a sign-in is in the audit log twice')
  for (const who of world.present)
    for (const { sid } of who.sessions)
      if (!world.isSetBack && !recorded.has(sessionHash(sid)))
        throw new Error('a sign-in is not in the audit log')
}

function mailsLeftOnce(world: World): void {
  for (const [id, times] of world.mails)
    if (times > 1 && !world.disturbed.has(id)) throw new Error('a mail left twice without a fault')
}

/** No secret is in any store or log: not in D1, not in an object, not in a message, not on the console. */
async function nothingIsTold(world: World): Promise<void> {
  const { results: tables } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'users_search%' AND name NOT LIKE 'kept\\_%' ESCAPE '\\'",
  ).all<{ name: string }>()
  const dumps = await env.DB.batch(
    tables.map(({ name }) => env.DB.prepare(`SELECT * FROM ${name}`)),
  )
  const texts = [...said.splice(0), JSON.stringify(dumps.map(({ results }) => results))]
  for (const { subject } of world.people)
    texts.push(
      await runInDurableObject(env.USER_SESSIONS.getByName(subject), (_, { storage }) => {
        const names = storage.sql
          .exec<{ name: string }>(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
          )
          .toArray()
        return JSON.stringify(
          names.map(({ name }) => storage.sql.exec(`SELECT * FROM "${name}"`).toArray()),
        )
      }),
    )
  const everything = texts.join('\n')
  for (const secret of world.secrets)
    if (secret.length > 5 && everything.includes(secret))
      throw new Error(`a secret is told: ${secret}`)
}
