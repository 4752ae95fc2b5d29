/** Preferences as they are stored: merged by RFC 7396, within limits, and in parallel. */
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { named } from '../support/named'
import { change, patchPreferences, profile, profileAudits } from '../support/profile'
import { type SignedInUser, signedInUser } from '../support/users'

const times = <T>(count: number, make: (i: number) => T) =>
  Array.from({ length: count }, (_, i) => make(i))
const keys = (count: number, prefix: string) =>
  Object.fromEntries(times(count, (i) => [`${prefix}${i}`, 1]))

describe('a patch', () => {
  let ada: SignedInUser
  beforeAll(async () => {
    ada = await signedInUser()
  })

  it('is merged as the example of RFC 7396 is', async () => {
    const author = { given: 'John', family: 'Doe' }
    await patchPreferences(ada, { title: 'Bye', author, tags: ['a', 'b'], content: 'x' })
    const patch = { title: 'Hello!', phone: '+01-123', author: { family: null }, tags: ['a'] }
    expect(await patchPreferences(ada, patch)).toEqual({
      title: 'Hello!',
      author: { given: 'John' },
      tags: ['a'],
      content: 'x',
      phone: '+01-123',
    })
  })

  it('is merged as RFC 7396 says, whatever it holds', async () => {
    const key = fc.oneof(
      fc.constantFrom('a', 'b', 'c', '', '"', '\\', '$.a', '\u0001', '\u2028', '\u{1f600}'),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
    )
    const leaf = fc.constantFrom(null, true, 0, -1.5, 1e21, 'x', '"\\\n', [], [null, {}], {})
    const { object } = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 2, depthIdentifier: 'p' }, leaf, tie('object')),
      object: fc.dictionary(key, tie('value'), { maxKeys: 4, depthIdentifier: 'p' }),
    }))
    await fc.assert(
      fc.asyncProperty(fc.array(object, { minLength: 2, maxLength: 4 }), async (patches) => {
        // A session of its own: one may write only so often.
        Object.assign(ada, await signedInUser())
        await patchPreferences(ada, null)
        let expected: unknown = {}
        for (const patch of patches) {
          expected = merge(expected, patch)
          expect(await patchPreferences(ada, patch)).toEqual(expected)
        }
      }),
      { numRuns: 25 },
    )
  })

  it('of null clears them all', async () => {
    await patchPreferences(ada, { a: 1 })
    expect(await patchPreferences(ada, null)).toEqual({})
  })
})

describe('limits', () => {
  it('of 16 KiB hold after merging, with nothing changed by what would pass them', async () => {
    const ada = await signedInUser()
    const half = 'x'.repeat(8000)
    await patchPreferences(ada, { a: half, b: half })
    const over = { bio: 'lost', preferences: { c: 'x'.repeat(400) } }
    expect(named(await change(ada, over))).toEqual(['preferences too_large'])
    expect(await profile(ada)).toMatchObject({ bio: null, preferences: { a: half, b: half } })
    expect(await profileAudits(ada)).toHaveLength(1)
    expect(await patchPreferences(ada, { b: null, c: half })).toEqual({ a: half, c: half })
  })

  it('of 100 keys hold after merging, inner ones counted', async () => {
    const ada = await signedInUser()
    await patchPreferences(ada, { a: keys(59, 'x') })
    const over = { bio: 'lost', preferences: keys(41, 'y') }
    expect(named(await change(ada, over))).toEqual(['preferences too_many_keys'])
    expect((await profile(ada)).bio).toBeNull()
    await patchPreferences(ada, keys(40, 'y'))
    expect(Object.keys((await patchPreferences(ada, { a: null, z: 1 })) as object)).toHaveLength(41)
  })

  it('of 5 levels hold after merging', async () => {
    const ada = await signedInUser()
    const five = { a: { b: { c: { d: { e: 1 } } } } }
    await patchPreferences(ada, five)
    expect(await patchPreferences(ada, five)).toEqual(five)
    const six = { a: { b: { c: { d: { e: { f: 1 } } } } } }
    expect(named(await change(ada, { preferences: six }))).toEqual(['preferences too_deep'])
  })

  it('refuse what is nested thousands of levels deep', async () => {
    const ada = await signedInUser()
    const deep: unknown = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`)
    const form = { preferences: `{"a":${'['.repeat(9000)}${']'.repeat(9000)}}` }
    expect(named(await change(ada, { preferences: { a: deep } }))).toEqual(['preferences too_deep'])
    expect(named(await change(ada, form, { form: true }))).toEqual(['preferences too_deep'])
  })
})

describe('20 parallel edits', () => {
  it('of different keys all survive, in PUT and PATCH, beside other fields', async () => {
    const ada = await signedInUser()
    const edit = (i: number) => ({
      preferences: { [`k${i}`]: i, shared: { [`s${i}`]: true } },
      ...(i === 7 && { bio: 'seven' }),
    })
    const replies = await Promise.all(
      times(20, (i) => change(ada, edit(i), { method: i % 2 ? 'PUT' : 'PATCH' })),
    )
    expect(replies.map(({ status }) => status)).toEqual(times(20, () => 200))
    const after = await profile(ada)
    expect(after.bio).toBe('seven')
    expect(after.preferences).toEqual({
      ...Object.fromEntries(times(20, (i) => [`k${i}`, i])),
      shared: Object.fromEntries(times(20, (i) => [`s${i}`, true])),
    })
    expect(await profileAudits(ada)).toHaveLength(20)
  })

  it('never pass a limit together: those that fit are kept, the others refused whole', async () => {
    const ada = await signedInUser()
    const replies = await Promise.all(
      times(20, (i) => change(ada, { preferences: { [`k${i}`]: 'x'.repeat(1000) } })),
    )
    const kept = times(20, (i) => `k${i}`).filter((_, i) => replies[i]?.status === 200)
    expect(kept).toHaveLength(16)
    expect(Object.keys((await profile(ada)).preferences).sort()).toEqual(kept.sort())
    expect(await profileAudits(ada)).toHaveLength(16)
  })
})

/** RFC 7396 section 2, word for word. */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const isObject = typeof target === 'object' && target !== null && !Array.isArray(target)
  const result = new Map<string, unknown>(isObject ? Object.entries(target) : [])
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name)
    else result.set(name, merge(result.get(name), value))
  }
  return Object.fromEntries(result)
}
