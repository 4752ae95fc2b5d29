/**
 * Several records of one user, or of one address: one record is used and the others are reported. If any
 * of them is blocked, the user is imported as blocked.
 */
import type { Person } from './person.ts'
import type { LeftOut } from './source.ts'

/** A person whose line the import accepts, with the key by which it compares addresses. */
export interface Usable {
  readonly person: Person
  readonly key: string
}

/** Has no key if the line cannot be used. Such a record can still show that the user is blocked. */
export interface PersonRecord {
  readonly person: Person
  readonly key?: string
}

/**
 * Selects one record of each user and each address. `without` are records without a person, which
 * can still show that a user is blocked or deleted.
 */
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
        reason: `the same email address as at ${taken}`,
      })),
    ],
  }
}

/** Returns the location of each user, by id. */
const placesOf = (records: readonly Pick<LeftOut, 'at' | 'id'>[]): Map<string, string> =>
  new Map(records.flatMap(({ id, at }) => (id === undefined ? [] : [[id, at]])))

/**
 * Selects one of the records with the same key, in their original order. The others get its
 * location.
 */
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

/** Records with a verified address come first, then those of accounts that are not SSO accounts. */
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

/** If an id occurs with two addresses, we cannot tell whose password it is. */
function withoutDoubtfulPassword(person: Person, isDoubtful: boolean): Person {
  if (!isDoubtful || person.line.hashed_password === undefined) return person
  const note = 'hashed_password not carried over: the id occurs with several addresses'
  const line = { ...person.line, hashed_password: undefined }
  return { ...person, line, notes: [...person.notes, note] }
}
