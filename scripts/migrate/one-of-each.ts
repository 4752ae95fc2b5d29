/**
 * Several records of one user, or of one address: one record is used and the others are reported. If any
 * of them is blocked, the user is imported as blocked.
 */
import type { Person } from './person.ts'
import type { LeftOut } from './source.ts'

/** A person whose line the import takes, with what it compares addresses by. */
export interface Usable {
  readonly person: Person
  readonly key: string
}

/** Without a key where the line cannot be used: such a record still tells who is blocked. */
export interface PersonRecord {
  readonly person: Person
  readonly key?: string
}

/** `without` are the records that no person was made of. They still tell who is blocked, and who is gone. */
export function oneOfEach(
  records: readonly PersonRecord[],
  without: readonly LeftOut[],
): { people: Person[]; leftOut: LeftOut[] } {
  const usable = records.filter((each): each is Usable => each.key !== undefined)
  const gone = placesOf(without.filter((each) => each.isGone))
  const isGone = ({ person }: Usable) => gone.has(person.id)
  const users = firstOfEach(
    usable.filter((each) => !isGone(each)),
    ({ person }) => person.id,
  )
  const owners = firstOfEach(users.taken, ({ key }) => key)
  const blocked = records.filter(({ person }) => !person.line.is_active)
  const blockedUsers = placesOf([
    ...without.filter((each) => each.isBlocked),
    ...blocked.map(({ person }) => person),
  ])
  const blockedKeys = new Map(blocked.map(({ key, person }) => [key, person.at]))
  const byUser = Map.groupBy(records, ({ person }) => person.id)
  const hasSeveral = ({ id }: Person) =>
    new Set(byUser.get(id)?.map(({ key, person }) => key ?? person.line.email)).size > 1
  return {
    people: owners.taken.map(({ person, key }) =>
      withBlock(
        withoutDoubtfulPassword(person, hasSeveral(person)),
        blockedUsers.get(person.id),
        blockedKeys.get(key),
      ),
    ),
    leftOut: [
      ...usable.filter(isGone).map(({ person: { at, id } }) => ({
        at,
        reason: `the same user as at ${gone.get(id)}, who is left out there`,
      })),
      ...users.others.map(([at, taken]) => ({ at, reason: `the same user as at ${taken}` })),
      ...owners.others.map(([at, taken]) => ({
        at,
        reason: `the same e-mail address as at ${taken}`,
      })),
    ],
  }
}

/** Where each user stands, by id. */
const placesOf = (records: readonly Pick<LeftOut, 'at' | 'id'>[]): Map<string, string> =>
  new Map(records.flatMap(({ id, at }) => (id === undefined ? [] : [[id, at]])))

/** One of all that have the same key, in the order that they came in; the others with its place. */
function firstOfEach(records: readonly Usable[], keyOf: (each: Usable) => string) {
  const taken = new Map(
    [...Map.groupBy(records, keyOf)].map(([key, group]) => [key, group.toSorted(byRank)[0]]),
  )
  return {
    taken: records.filter((each) => taken.get(keyOf(each)) === each),
    others: records
      .filter((each) => taken.get(keyOf(each)) !== each)
      .map((each) => [each.person.at, taken.get(keyOf(each))?.person.at] as const),
  }
}

/** Records with a proved address come first, then those of accounts that are not SSO accounts. */
const byRank = (a: Usable, b: Usable): number => rankOf(a) - rankOf(b)
const rankOf = ({ person }: Usable): number =>
  (person.line.email_verified ? 0 : 2) + (person.isSso === true ? 1 : 0)

function withBlock(person: Person, user: string | undefined, key: string | undefined): Person {
  const at = user ?? key
  if (!person.line.is_active || at === undefined) return person
  const who = user === undefined ? 'another account with this address' : 'the same user'
  const note = `deactivated: ${who} is blocked at ${at}`
  return { ...person, line: { ...person.line, is_active: false }, notes: [...person.notes, note] }
}

/** With two addresses for one id nobody can say whose password it is. */
function withoutDoubtfulPassword(person: Person, isDoubtful: boolean): Person {
  if (!isDoubtful || person.line.hashed_password === undefined) return person
  const note = 'hashed_password not carried over: the id occurs with several addresses'
  const line = { ...person.line, hashed_password: undefined }
  return { ...person, line, notes: [...person.notes, note] }
}
