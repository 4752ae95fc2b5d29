/**
 * The last step for every system: checks the lines with the import's own rules, so that the import
 * refuses none of them. A field that breaks a rule is dropped and reported. An address that does so
 * excludes the line, as does an address of another record, whose line the import would skip.
 */
import { isGarbled } from './garbled.ts'
import { oneOfEach, type Usable } from './one-of-each.ts'
import type { Converted, ImportLine, Person } from './person.ts'
import type { LeftOut } from './source.ts'

/** `readLines` of src/user-admin/import-lines.ts, as far as it is needed here. */
export type ReadLines = (
  ndjson: string,
  knownRoles: ReadonlySet<string>,
  reading?: { config: { ALLOW_INTERNATIONAL_LOCAL_PARTS: boolean } },
) => {
  users: { email: { key: string } }[]
  errors: { path: string; code: string; message: string }[]
}

export interface Settled {
  readonly people: readonly Person[]
  readonly leftOut: readonly LeftOut[]
  readonly warnings: readonly string[]
}

/**
 * Checks all records. `roles` maps the other system's roles to one or more of ours. A role that is
 * not in the map is reported, never granted.
 */
export function settle(
  converted: Converted,
  roles: ReadonlyMap<string, readonly string[]>,
  readLines: ReadLines,
): Settled {
  const records = converted.people.map((person) => {
    const settled = settleOne(withGarbledTold(withRoles(person, roles)), readLines)
    return 'key' in settled ? settled : { person, unusable: settled }
  })
  const unusable = records.flatMap((each) => ('unusable' in each ? each.unusable : []))
  const { people, leftOut } = oneOfEach(records, converted.leftOut)
  return {
    people,
    leftOut: [...converted.leftOut, ...unusable, ...leftOut],
    warnings: converted.warnings,
  }
}

function withRoles(person: Person, roles: ReadonlyMap<string, readonly string[]>): Person {
  const ours = new Set(person.roles.flatMap((role) => roles.get(role) ?? []))
  const lost = [...new Set(person.roles)].filter((role) => !roles.has(role))
  return {
    ...person,
    line: { ...person.line, roles: ours.size > 0 ? [...ours] : undefined },
    notes: [...person.notes, ...lost.map((role) => `role ${role} not carried over: no --role`)],
  }
}

function withGarbledTold(person: Person): Person {
  const garbled = Object.entries(person.line)
    .filter(([, value]) => isGarbled(value))
    .map(([name]) => `${name} looks garbled in the export: see whether it can be mended there`)
  return { ...person, notes: [...person.notes, ...garbled] }
}

function settleOne(person: Person, readLines: ReadLines): Usable | LeftOut {
  const { at, notes } = person
  const line = named(person.line)
  const { users, errors } = readLines(JSON.stringify(line), new Set(line.roles))
  const [user] = users
  if (user) {
    const told = needsSetting(line, readLines) ? [...notes, NEEDS_SETTING] : notes
    return { person: { ...person, line, notes: told }, key: user.email.key }
  }
  const faults = new Map(errors.map(({ path, code }) => [path.split('.')[0] ?? '', code]))
  const email = faults.get('email')
  if (email !== undefined) return { at, reason: `the email address cannot be used: ${email}` }
  const fewer = {
    ...line,
    ...Object.fromEntries([...faults.keys()].map((name) => [name, undefined])),
  }
  // A name is required. Without one, the address is used.
  const next = { ...fewer, full_name: fewer.full_name ?? '' }
  const told = [...faults].map(([name, code]) => `${name} not carried over: ${code}`)
  const isStuck = JSON.stringify(next) === JSON.stringify(line)
  if (isStuck) return { at, reason: told.join('; ') }
  return settleOne({ ...person, line: next, notes: [...notes, ...told] }, readLines)
}

const NEEDS_SETTING =
  'the import accepts this email address only with the setting ALLOW_INTERNATIONAL_LOCAL_PARTS=true'

/** Whether the import refuses the address unless its operator changes the setting. */
function needsSetting(line: ImportLine, readLines: ReadLines): boolean {
  if (/^\p{ASCII}*$/u.test(line.email)) return false
  const config = { ALLOW_INTERNATIONAL_LOCAL_PARTS: false }
  const { errors } = readLines(JSON.stringify(line), new Set(line.roles), { config })
  return errors.some(({ code }) => code === 'unsupported_address')
}

const named = (line: ImportLine): ImportLine =>
  line.full_name === '' ? { ...line, full_name: line.email } : line
