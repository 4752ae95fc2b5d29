import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { mailsTo, mailTo } from '../../support/mailbox'
import { onlyAdmins } from '../../support/roles'
import { eventsAbout, freshEmail, makeUser, rowOf, signedInUser, signIn } from '../../support/users'
import { alertOf, flashOf, makeStaffRoles, visitor, type Visit } from './site'

let admin: Visit
let support: Visit

beforeAll(async () => {
  await makeStaffRoles()
  admin = await visitor('admin')
  support = await visitor('support')
})

/** The second factor on, as far as the pages see it. */
const turnFactorOn = (id: number) =>
  env.DB.prepare(
    'UPDATE users SET two_factor_enabled_at = 1, two_factor_secret = full_name WHERE id = ?',
  )
    .bind(id)
    .run()

/** Presses a button and goes where it leads. */
async function press(who: Visit, path: string, fields: Parameters<Visit['submit']>[1] = {}) {
  const reply = await who.submit(path, fields)
  if (reply.status !== 303) throw new Error(`${path}: ${reply.status} ${alertOf(reply)}`)
  return { to: reply.headers.get('location'), said: flashOf(await who.follow(reply)) }
}

describe('the list of users', () => {
  it('escapes names, and finds by words, status and role', async () => {
    const name = `<img src=x onerror="alert(1)">&'"`
    const odd = await makeUser({ fullName: name, status: 'pending' })
    const found = await support.open(`/admin/users?search=${encodeURIComponent('onerror=')}`)
    expect(found.body).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;')
    expect(found.body).not.toContain('<img')
    expect(found.body).toContain(`/admin/users/${odd.id}"`)
    const others = await support.open('/admin/users?search=onerror&status=active')
    expect(others.body).toContain('No users found')
    const role = await support.open(`/admin/users?role=admin`)
    expect(role.body).toContain(admin.who.email)
    expect(role.body).not.toContain(odd.email)
  })

  it('takes an address that makes no sense for one that asks for everybody', async () => {
    const query = 'status=odd&role=%3Cx%3E&sort=up&page=-4&cursor=%00&search=%FF'
    const reply = await support.open(`/admin/users?${query}`)
    expect(reply.status).toBe(200)
  })

  it('goes on to the next page and back', async () => {
    for (let n = 0; n < 22; n++) await makeUser({ fullName: `Paged Person ${n}` })
    const first = await support.open('/admin/users?search=paged')
    expect(first.body).toContain('22 users')
    expect(first.body).toContain('href="/admin/users?search=paged&amp;page=2"')
    const second = await support.open('/admin/users?search=paged&page=2')
    expect(second.body).toContain('Page 2 of 2')
    expect(second.body.match(/name="ids"/g)).toHaveLength(2)
    expect(second.body).toMatch(/href="\/admin\/users\?search=paged" rel="prev"/)
  })
})

describe('an invitation', () => {
  it('makes the account, mails it, and shows the account', async () => {
    const email = freshEmail()
    const fields = { email, full_name: 'Ada Byron', roles: ['moderator'] }
    const { to, said } = await press(admin, '/admin/users/new', fields)
    expect(said).toBe('We’ve sent the invitation to Ada Byron.')
    expect((await admin.open(to ?? '')).body).toContain('moderator')
    expect((await mailTo(email)).text).toContain('/accept-invitation?token=')
  })

  it('keeps what was typed beside what is wrong with it', async () => {
    const fields = { email: 'nonsense', full_name: '<b>', roles: ['moderator'] }
    const reply = await admin.submit('/admin/users/new', fields)
    expect(reply.status).toBe(422)
    expect(reply.body).toContain('value="nonsense"')
    expect(reply.body).toContain('value="&lt;b&gt;"')
    expect(reply.body).toContain('Enter a valid email address.')
    expect(reply.body).toMatch(/value="moderator" checked/)
    const taken = { email: admin.who.email, full_name: 'Ada' }
    expect((await admin.submit('/admin/users/new', taken)).status).toBe(409)
  })

  it('offers and gives no role with more than one holds', async () => {
    expect((await support.open('/admin/users/new')).body).not.toContain('value="admin"')
    const fields = { email: freshEmail(), full_name: 'Ada Byron', roles: ['admin'] }
    const reply = await support.submit('/admin/users/new', fields)
    expect(reply.status).toBe(403)
    expect(alertOf(reply)).toBe('You don’t have permission to do this.')
  })
})

describe('the page of one user', () => {
  it('shows the facts, records the look, and is not there for an id that never was', async () => {
    const person = await makeUser({ fullName: 'Radia Perlman' })
    const { body } = await support.open(`/admin/users/${person.id}`)
    expect(body).toContain('Radia Perlman')
    expect(body).toContain(person.email)
    expect(await eventsAbout(person.id)).toEqual(['admin.user_viewed'])
    for (const id of ['999999', '0', '-1', '1e3', 'x', '99999999999999999999']) {
      expect((await support.open(`/admin/users/${id}`)).status, id).toBe(404)
    }
  })

  it('has a button for each action, and each does it', async () => {
    const person = await signedInUser()
    const at = `/admin/users/${person.id}`
    expect((await press(support, `${at}/deactivate`)).said).toContain('deactivated')
    expect((await person.asks('GET', '/auth/session')).status).toBe(401)
    expect((await press(support, `${at}/activate`)).said).toBe('The account has been activated.')
    await press(support, `${at}/require-password-change`)
    await press(support, `${at}/unlock`)
    await press(support, `${at}/reset-2fa`)
    await press(support, `${at}/send-password-reset`)
    await mailTo(person.email)
    expect(mailsTo(person.email).at(-1)?.text).toContain('/reset-password?token=')
    expect(await eventsAbout(person.id)).toEqual(
      expect.arrayContaining([
        'admin.user_deactivated',
        'admin.user_activated',
        'admin.password_change_required',
        'admin.user_unlocked',
        'admin.password_reset_sent',
      ]),
    )
    expect((await press(support, `${at}/delete`)).to).toBe('/admin/users')
    expect(await rowOf(person.id)).toBeNull()
  })

  it('mails a fresh link to a pending user, and says so where the status forbids it', async () => {
    const pending = await makeUser({ status: 'pending' })
    await press(support, `/admin/users/${pending.id}/resend-verification`)
    expect((await mailTo(pending.email)).text).toContain('/verify-email?token=')
    const active = await makeUser()
    const refused = await support.submit(`/admin/users/${active.id}/resend-verification`)
    expect(refused.status).toBe(409)
    expect(alertOf(refused)).toBe('The status of this account doesn’t allow this.')
  })

  it('gives and takes roles', async () => {
    const person = await makeUser()
    const at = `/admin/users/${person.id}`
    const given = await press(admin, `${at}/give-role`, { role: 'moderator' })
    expect(given.said).toBe('The role moderator has been added.')
    expect((await admin.open(at)).body).toContain('Remove the role moderator')
    await press(admin, `${at}/take-role`, { role: 'moderator' })
    expect((await admin.open(at)).body).not.toContain('Remove the role moderator')
    const refused = await support.submit(`${at}/give-role`, { role: 'admin' })
    expect([refused.status, alertOf(refused)]).toEqual([
      403,
      'You don’t have permission to do this.',
    ])
  })

  it('edits the profile, and shows what is wrong beside its field', async () => {
    const person = await makeUser()
    const at = `/admin/users/${person.id}/edit`
    const fields = { full_name: 'Neu Getauft', email: person.email, bio: '', avatar_url: '' }
    expect((await press(support, at, fields)).said).toBe('The profile has been saved.')
    expect(await rowOf(person.id)).toMatchObject({ full_name: 'Neu Getauft', bio: null })
    const refused = await support.submit(at, { ...fields, avatar_url: 'javascript:alert(1)' })
    expect(refused.status).toBe(422)
    expect(refused.body).toContain('starts with https://')
  })

  it('of oneself offers neither a new address nor the end of the second factor', async () => {
    const me = await visitor('admin')
    await turnFactorOn(me.who.id)
    const at = `/admin/users/${me.who.id}`
    const { body } = await me.open(at)
    expect(body).toContain('This is your own account. Be careful.')
    expect(body).not.toContain(`${at}/reset-2fa`)
    expect((await admin.open(at)).body).toContain(`${at}/reset-2fa`)
    expect((await me.open(`${at}/edit`)).body).not.toContain('type="email"')
    expect((await admin.open(`${at}/edit`)).body).toContain('type="email"')
    const fields = { full_name: 'Grace Murray', email: me.who.email, bio: '', avatar_url: '' }
    expect((await press(me, `${at}/edit`, fields)).said).toBe('The profile has been saved.')
    const moved = await me.submit(`${at}/edit`, { ...fields, email: freshEmail() })
    for (const refused of [moved, await me.submit(`${at}/reset-2fa`)])
      expect([refused.status, alertOf(refused)]).toEqual([
        403,
        'You don’t have permission to do this.',
      ])
  })

  it('says that somebody is outranked, and that the last admin must stay, on the page', async () => {
    const outranked = await support.submit(`/admin/users/${admin.who.id}/deactivate`)
    expect(outranked.status).toBe(403)
    expect(alertOf(outranked)).toBe('This user has permissions that you don’t have.')
    expect(outranked.body).toContain(admin.who.email)
    await onlyAdmins(admin.who.id)
    for (const act of ['deactivate', 'delete', 'take-role']) {
      const fields = act === 'take-role' ? { role: 'admin' } : {}
      const last = await admin.submit(`/admin/users/${admin.who.id}/${act}`, fields)
      expect(last.status, act).toBe(409)
      expect(alertOf(last), act).toBe('There must be at least one active administrator.')
    }
  })

  it('lists sessions and revokes one or all of them', async () => {
    const person = await makeUser()
    const [one, two] = [await signIn(person), await signIn(person)]
    const at = `/admin/users/${person.id}`
    expect((await support.open(`${at}/sessions`)).body).toContain(one.sessionId)
    const ended = await press(support, `${at}/end-session`, { session_id: one.sessionId })
    expect(ended).toEqual({ to: `${at}/sessions`, said: 'The session has ended.' })
    expect((await one.asks('GET', '/auth/session')).status).toBe(401)
    expect((await two.asks('GET', '/auth/session')).status).toBe(200)
    await press(support, `${at}/end-sessions`)
    expect((await two.asks('GET', '/auth/session')).status).toBe(401)
    const outranked = await support.submit(`/admin/users/${admin.who.id}/end-sessions`)
    expect(alertOf(outranked)).toBe('This user has permissions that you don’t have.')
  })

  it('shows what happened as a timeline', async () => {
    const person = await makeUser()
    await press(admin, `/admin/users/${person.id}/give-role`, { role: 'moderator' })
    const { body } = await admin.open(`/admin/users/${person.id}/activity`)
    expect(body).toContain('Role added')
    expect(body).toContain('by you')
    expect(body).toContain('role: moderator')
  })
})

describe('several users at once', () => {
  it('asks first and names them, then does it', async () => {
    const people = [await makeUser({ fullName: 'First <One>' }), await makeUser()]
    const ids = people.map(({ id }) => String(id))
    const asked = await support.submit('/admin/users/bulk', { ids, do: 'deactivate' })
    expect(asked.status).toBe(200)
    expect(asked.body).toContain('Deactivate 2 users?')
    expect(asked.body).toContain('First &lt;One&gt;')
    for (const { id } of people) expect(await rowOf(id)).toMatchObject({ status: 'active' })
    const sure = { ids, do: 'deactivate', is_confirmed: 'true' }
    expect((await press(support, '/admin/users/bulk', sure)).said).toBe('Users deactivated: 2.')
    for (const { id } of people) expect(await rowOf(id)).toMatchObject({ status: 'deactivated' })
  })

  it('does what it may and names who could not be touched', async () => {
    const other = await makeUser()
    const ids = [String(other.id), String(admin.who.id)]
    const fields = { ids, do: 'deactivate', is_confirmed: 'true' }
    const reply = await support.submit('/admin/users/bulk', fields)
    expect(reply.status).toBe(403)
    expect(alertOf(reply)).toContain('Changed 1 of 2 users')
    expect(reply.body).toContain('This user has permissions that you don’t have.')
    expect(await rowOf(other.id)).toMatchObject({ status: 'deactivated' })
    expect(await rowOf(admin.who.id)).toMatchObject({ status: 'active' })
  })

  it('needs somebody chosen', async () => {
    const reply = await support.submit('/admin/users/bulk', { do: 'activate' })
    expect(reply.status).toBe(422)
    expect(alertOf(reply)).toBe('Select at least one user first.')
  })

  it('exports the others when somebody chosen is gone meanwhile', async () => {
    const [gone, person] = [await makeUser(), await makeUser()]
    await press(support, `/admin/users/${gone.id}/delete`)
    const ids = [String(gone.id), String(person.id)]
    const chosen = await support.submit('/admin/users/bulk', { ids, do: 'export' })
    expect(chosen.status).toBe(200)
    expect(JSON.parse(chosen.body)).toMatchObject({ id: person.id })
  })

  it('exports the chosen ones, and everybody as NDJSON and CSV', async () => {
    const person = await makeUser()
    const ids = [String(person.id)]
    const chosen = await support.submit('/admin/users/bulk', { ids, do: 'export' })
    expect(JSON.parse(chosen.body)).toMatchObject({ id: person.id, email: person.email })
    expect(await eventsAbout(person.id)).toEqual(['admin.user_viewed'])
    for (const [format, type] of [
      ['csv', 'text/csv'],
      ['ndjson', 'application/x-ndjson'],
    ] as const) {
      const all = await support.submit('/admin/users/export', { format })
      expect(all.headers.get('content-type')).toContain(type)
      expect(all.headers.get('content-disposition')).toMatch(/^attachment; filename="users-/)
    }
  })
})
