/** docs/configuration.md and src/config.ts name the same settings, defaults and notifications. */
import { expect, test } from 'vitest'
import page from '../../docs/configuration.md?raw'
import { loadConfig } from '../../src/config'
// oxlint-disable-next-line import/default -- the file's text, as vite gives it
import source from '../../src/config.ts?raw'
import { NOTIFICATIONS } from '../../src/notifications'

const rows = [...page.matchAll(/^\| \**`([A-Z0-9_]+)`\** \| (?:`(.*?)` )?\| (.*) ?\|$/gm)].map(
  ([, name = '', standard, meaning = '']) => ({ name, standard, meaning }),
)
const documented = rows.map(({ name }) => name)
const declared = [
  ...(/^const Settings = z\.object\(\{\n([^]*?)^\}\)$/m
    .exec(source)?.[1]
    ?.matchAll(/^ {2}([A-Z0-9_]+):/gm) ?? []),
].map(([, name = '']) => name)

/** What nobody can leave open. */
const NEEDED = {
  PUBLIC_URL: 'http://localhost:8787',
  MAIL_FROM: 'no-reply@example.com',
  TOKEN_KEYS: 'k1:c0iNsZ6uHV9l9oW4hZrQ8C2mZ0Y3bqK7xT1vJm5PpQE',
  DATA_KEYS: 'k1:m3hUfYy0o8b2J1kqzDqTn5ZsX7w4r6VtLcGgEeBhaOs',
}

test('every setting stands in the documentation, once, and nothing else does', () => {
  expect(declared.length).toBeGreaterThan(30)
  expect(documented.toSorted()).toEqual(declared.toSorted())
})

test('every default is the one that holds', () => {
  const config: Record<string, unknown> = { ...loadConfig(NEEDED as unknown as Env) }
  const defaults = declared
    .filter((name) => !(name in NEEDED))
    .map((name) => [name, String(config[name] ?? '')])
  expect(Object.fromEntries(rows.map(({ name, standard = '' }) => [name, standard]))).toMatchObject(
    Object.fromEntries(defaults),
  )
  const undocumented = rows.filter(({ name }) => name in NEEDED)
  expect(undocumented.map(({ standard }) => standard)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})

test('every notification that can be switched off is named', () => {
  const meaning = rows.find(({ name }) => name === 'MAILS_OFF')?.meaning ?? ''
  const [list = ''] = meaning.split('.')
  expect([...list.matchAll(/`([a-z0-9-]+)`/g)].map(([, name]) => name)).toEqual([...NOTIFICATIONS])
})
