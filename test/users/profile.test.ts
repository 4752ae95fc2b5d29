import { beforeAll, describe, expect, it } from 'vitest'
import { named } from '../support/named'
import { change, profile, profileAudits, userRow } from '../support/profile'
import { type SignedInUser, signedInUser } from '../support/users'

let ada: SignedInUser
beforeAll(async () => {
  ada = await signedInUser()
})

const FULL = {
  full_name: 'Ada King',
  bio: 'Engines\nand more',
  avatar_url: 'https://example.com/ada.png',
  language: 'pt-BR',
}
/** What belongs to the account and not to the profile. */
const NOT_HIS = {
  id: 1,
  email: 'x@example.com',
  is_admin: true,
  is_active: true,
  roles: ['admin'],
  role: 'admin',
  status: 'active',
  password: 'x',
  hashed_password: 'x',
  two_factor_enabled: false,
  email_verified_at: null,
  login_count: 9,
  created_at: 0,
  subject: 'x',
  auth_version: 1,
  fullName: 'X',
}

describe.each(['PUT', 'PATCH'])('%s', (method) => {
  it('changes what is given and answers the whole profile', async () => {
    const bob = await signedInUser()
    const before = await profile(bob)
    const { status, body } = await change(bob, { ...FULL, preferences: { a: 1 } }, { method })
    expect(status).toBe(200)
    expect(body).toEqual({ ...before, ...FULL, preferences: { a: 1 }, updated_at: body.updated_at })
    expect(Date.parse(body.updated_at)).toBeGreaterThan(Date.parse(before.updated_at))
    expect(await profile(bob)).toEqual(body)
  })

  it.each(Object.entries(FULL))(
    'leaves everything else as it was: %s alone',
    async (name, value) => {
      await change(ada, { full_name: 'Ada', bio: 'b', avatar_url: null, language: 'en' })
      const before = await profile(ada)
      const { body } = await change(ada, { [name]: value }, { method })
      expect(body).toEqual({ ...before, [name]: value, updated_at: body.updated_at })
    },
  )

  it('clears bio, avatar and preferences by null, and never a name or a language', async () => {
    await change(ada, { ...FULL, preferences: { a: 1 } }, { method })
    const nothing = { bio: null, avatar_url: null, preferences: null }
    const cleared = await change(ada, nothing, { method })
    expect(cleared.body).toMatchObject({ ...FULL, bio: null, avatar_url: null, preferences: {} })
    const needed = { full_name: null, language: null }
    expect(named(await change(ada, needed, { method }))).toEqual([
      'full_name invalid_type',
      'language invalid_type',
    ])
  })

  it('of nothing answers the profile and writes nothing', async () => {
    const before = [await userRow(ada), await profileAudits(ada)]
    expect((await change(ada, {}, { method })).body).toEqual(await profile(ada))
    expect([await userRow(ada), await profileAudits(ada)]).toEqual(before)
  })

  it('refuses all that is not for the user to set, with nothing changed', async () => {
    const before = await userRow(ada)
    const all = await change(ada, { full_name: 'Eve', ...NOT_HIS }, { method })
    expect(named(all)).toEqual(
      Object.keys(NOT_HIS)
        .map((name) => `${name} unknown_field`)
        .sort(),
    )
    for (const [name, value] of Object.entries(NOT_HIS)) {
      const one = await change(ada, { full_name: 'Eve', [name]: value }, { method })
      expect(named(one)).toEqual([`${name} unknown_field`])
    }
    expect(await userRow(ada)).toEqual(before)
    expect(await profile(ada)).toMatchObject({ is_admin: false, roles: ['user'] })
  })

  it('names every failing field at once, with nothing changed', async () => {
    const before = await userRow(ada)
    const body = {
      full_name: 'A',
      bio: 'a\0',
      avatar_url: 'http://x',
      language: 'english',
      preferences: { constructor: 1 },
    }
    expect(named(await change(ada, body, { method }))).toEqual([
      'avatar_url invalid_url',
      'bio invalid_characters',
      'full_name too_short',
      'language invalid_format',
      'preferences forbidden_key',
    ])
    expect(named(await change(ada, { ...body, bio: 'fine' }, { method }))).toHaveLength(4)
    expect(await userRow(ada)).toEqual(before)
  })

  it('changes nobody else', async () => {
    const bob = await signedInUser()
    const before = await userRow(bob)
    await change(ada, FULL, { method })
    expect(await userRow(bob)).toEqual(before)
  })
})

describe('a form', () => {
  const form = true

  it('clears a field that it leaves empty', async () => {
    await change(ada, { ...FULL, preferences: { a: 1 } })
    const { body } = await change(ada, { bio: '', avatar_url: '', preferences: '' }, { form })
    expect(body).toMatchObject({ bio: null, avatar_url: null, preferences: {} })
  })

  it('does not clear a name or a language by leaving it empty', async () => {
    expect(named(await change(ada, { full_name: '', language: '' }, { form }))).toEqual([
      'full_name too_short',
      'language invalid_format',
    ])
  })

  it('carries texts that look like numbers, words or JSON as texts', async () => {
    for (const bio of ['7', 'true', 'null', '{"a":1}', '[]']) {
      expect((await change(ada, { bio }, { form })).body.bio).toBe(bio)
    }
  })

  it('carries preferences as JSON text', async () => {
    await change(ada, { preferences: null })
    const text = '{"a":{"b":[1,null]},"c":null}'
    const { body } = await change(ada, { preferences: text }, { form })
    expect(body.preferences).toEqual({ a: { b: [1, null] } })
  })

  it.each(['dark', '{', '[]', '7', '"x"', 'true'])(
    'with preferences that are no JSON object is refused: %s',
    async (preferences) => {
      const reply = await change(ada, { preferences }, { form })
      expect(named(reply)).toEqual(['preferences invalid_type'])
    },
  )

  it('with preferences that name a prototype is refused', async () => {
    const reply = await change(ada, { preferences: '{"__proto__":{"x":1}}' }, { form })
    expect(named(reply)).toEqual(['preferences forbidden_key'])
  })
})

describe('the audit', () => {
  it('tells which fields changed, never what they hold', async () => {
    const bob = await signedInUser()
    await change(bob, { full_name: 'Secret Name', bio: 'secret bio', preferences: { secret: 1 } })
    expect(await profileAudits(bob)).toEqual([{ fields: ['full_name', 'bio', 'preferences'] }])
  })
})
