/** Searches with and without accents, and for internationalised addresses as they are typed. */
import { beforeAll, describe, expect, it } from 'vitest'
import { FOLDED_LETTERS } from '../../src/user-search/fold-letters'
import { parseEmailAddress } from '../../src/users/email-address'
import { makeUser, staff } from '../support/users'
import { idsIn, walk } from './listing'

let token: string
beforeAll(async () => {
  token = (await staff('admin')).token
})

const found = async (search: string): Promise<number[]> =>
  idsIn(await walk(token, { search, size: 100 }, 'cursor'))

describe('accents make no difference', () => {
  it.each([
    ['José Ferrer', ['jose', 'JOSÉ', 'josé ferrer', 'jose\u0301', 'jos', 'jo']],
    ['Jose Plain', ['josé', 'JOSÉ plain', 'jó']],
    ['Jürgen Müller', ['muller', 'MÜLLER', 'jurgen muller', 'ju', 'jürgen mü']],
    ['Hans Muller', ['müller', 'hans müller']],
    ['Øystein Ångström', ['oystein', 'angstrom', 'øystein', 'ø', 'oy']],
    ['Łukasz Wałęsa', ['lukasz', 'walesa', 'wałesa', 'łu', 'lu']],
    ['Đặng Nguyễn', ['dang nguyen', 'đặng', 'nguyễn', 'nguyen']],
    ['Günter Groß', ['gross', 'groß', 'GROẞ', 'gro']],
    ['Gross Plain', ['groß']],
    ['İpek Yılmaz', ['ipek', 'yilmaz', 'yılmaz', 'ip']],
    ['Þórður Ægisson', ['thordur', 'aegisson', 'þórður']],
    ['Алёна Королёва', ['алена', 'королева', 'алёна']],
    ['Γιώργος Νίκου', ['γιωργος', 'νικου', 'γιώργος']],
  ])('%s is found by %j', async (name, searches) => {
    const { id } = await makeUser({ fullName: name })
    for (const search of searches) expect(await found(search), search).toContain(id)
  })

  it.each([...FOLDED_LETTERS])('%s as %s, and the other way round', async (letter, plain) => {
    const [accented, bare] = [
      (await makeUser({ fullName: `Xq${letter}zv` })).id,
      (await makeUser({ fullName: `Xq${plain}zv` })).id,
    ]
    for (const search of [`xq${letter}zv`, `xq${plain}zv`]) {
      expect(await found(search)).toEqual(expect.arrayContaining([accented, bare]))
    }
  })

  it.each([
    ["Sean O'Brien", ['o\u2019brien', "o'brien", 'O\u02bcBrien', 'sean o\u2019brien']],
    ['Maeve O\u2019Connor', ["o'connor", 'o\u2019connor']],
    ['Anne-Marie Duval', ['anne\u2010marie', 'anne\u2011marie', 'anne-marie']],
    ['Jean\u2011Luc Picot', ['jean-luc', 'jean\u2011luc']],
    ['Fiona Plain', ['\ufb01ona', '\uff26\uff29\uff2f\uff2e\uff21']],
    ['\uff2d\uff29\uff2b\uff21', ['\uff2d\uff29\uff2b\uff21']],
  ])('nor do signs that are written for one another: %s is found by %j', async (name, searches) => {
    const { id } = await makeUser({ fullName: name })
    for (const search of searches) expect(await found(search), search).toContain(id)
  })

  it('and a search of nothing but such signs is answered', async () => {
    expect(await found("'-a '-b '-c '-d '-e '-f '-g '-h '-i '-j '-k '-l '-m")).toEqual([])
  })

  it('in addresses too', async () => {
    const { id } = await makeUser({ email: 'josé.groß@accents.example' })
    for (const search of ['jose.gross', 'josé.groß@accents.example', 'jose.gross@accents']) {
      expect(await found(search), search).toEqual([id])
    }
  })
})

describe('an address that was pasted', () => {
  it.each(['Ada <%s>', '<%s>', '<mailto:%s>', 'mailto:%s', '%s,', '%s.', '%s;'])(
    'is found as %j',
    async (form) => {
      const email = `pasted.${crypto.randomUUID()}@example.com`
      const { id } = await makeUser({ email })
      expect(await found(form.replace('%s', email))).toEqual([id])
    },
  )
})

describe('an internationalised address', () => {
  const typed = 'ü@müller.example'

  it('is found as it is typed, in any case, whole or in part', async () => {
    const email = parseEmailAddress(typed)?.email
    expect(email).toBe('ü@xn--mller-kva.example')
    const { id } = await makeUser({ fullName: 'Umlaut Person', email: email ?? '' })
    const searches = [
      typed,
      'Ü@MÜLLER.EXAMPLE',
      'u\u0308@mu\u0308ller.example',
      'ü@müller',
      '@müller.example',
      'müller.example',
      'müller。example',
      'umlaut müller.example',
      email ?? '',
    ]
    for (const search of searches) expect(await found(search), search).toContain(id)
    expect(await found('ü@mueller.example')).not.toContain(id)
  })
})
