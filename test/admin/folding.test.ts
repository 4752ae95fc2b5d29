/** Searches with and without accents, and for internationalised addresses as they are typed. */
import { beforeAll, describe, expect, it } from 'vitest'
import { FOLDED_LETTERS } from '../../src/admin/fold-letters'
import { parseEmailAddress } from '../../src/users/email-address'
import { signedInAdmin } from '../support/admin'
import { idsIn, person, walk } from './listing'

let token: string
beforeAll(async () => {
  token = (await signedInAdmin()).token
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
    const id = await person({ name })
    for (const search of searches) expect(await found(search), search).toContain(id)
  })

  it.each([...FOLDED_LETTERS])('%s as %s, and the other way round', async (letter, plain) => {
    const [accented, bare] = [
      await person({ name: `Xq${letter}zv` }),
      await person({ name: `Xq${plain}zv` }),
    ]
    for (const search of [`xq${letter}zv`, `xq${plain}zv`]) {
      expect(await found(search)).toEqual(expect.arrayContaining([accented, bare]))
    }
  })

  it('in addresses too', async () => {
    const id = await person({ email: 'josé.groß@accents.example' })
    for (const search of ['jose.gross', 'josé.groß@accents.example', 'jose.gross@accents']) {
      expect(await found(search), search).toEqual([id])
    }
  })
})

describe('an internationalised address', () => {
  const typed = 'ü@müller.example'

  it('is found as it is typed, in any case, whole or in part', async () => {
    const email = parseEmailAddress(typed)?.email
    expect(email).toBe('ü@xn--mller-kva.example')
    const id = await person({ name: 'Umlaut Person', email: email ?? '' })
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
